package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// A copyFailures groups the images that could not be copied by cause, so that a
// target that does not respond is reported once.
type copyFailures struct {
	causes []string                  // error messages, in order of occurrence
	images map[string][]string       // by cause
	first  *registry.ConnectionError // the first one, preferably not for a missing image
}

func (f *copyFailures) add(image string, err error) {
	text := err.Error()
	if f.images == nil {
		f.images = map[string][]string{}
	}
	if f.images[text] == nil {
		f.causes = append(f.causes, text)
	}
	f.images[text] = append(f.images[text], image)
	t := (*registry.ConnectionError)(nil)
	if errors.As(err, &t) && (f.first == nil || f.first.Fault == registry.FaultMissing) {
		f.first = t
	}
}

// maxNamed is the maximum number of images listed per cause without -v.
const maxNamed = 3

// print lists the failures, and what to do about the first cause.
func (f *copyFailures) print(s session.Streams, all bool) {
	for _, cause := range f.causes {
		names := f.images[cause]
		if len(names) == 1 {
			fmt.Fprintf(s.Err, "%s: %s\n", names[0], cause)
			continue
		}
		fmt.Fprintf(s.Err, "%s: %s\n", session.Plural(len(names), "image"), cause)
		for i, name := range names {
			if i == maxNamed && !all && len(names) > maxNamed+1 {
				fmt.Fprintf(s.Err, "    and %d more (-v lists them)\n", len(names)-i)
				break
			}
			fmt.Fprintf(s.Err, "    %s\n", name)
		}
	}
	if f.first == nil {
		return
	}
	switch host := f.first.Host; f.first.Fault {
	case registry.FaultNone, registry.FaultMissing, registry.FaultBusy:
	case registry.FaultAuth:
		fmt.Fprintf(s.Err, "next: docker login %s\n        %s\n", host, "or request the permission to push to it or pull from it")
	default:
		fmt.Fprintf(s.Err, "next: regmigrate registry ping %s\n        shows the cause and what to do\n", strings.TrimSuffix(host, ":443"))
	}
}
