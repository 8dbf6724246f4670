package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// An copyFailures is the images that could not be copied, by what was in the way:
// when the target does not answer, that is one thing and not as many as there
// are images.
type copyFailures struct {
	why    []string // in order
	images map[string][]string
	first  *registry.ConnectionError
}

func (f *copyFailures) add(image string, err error) {
	text := err.Error()
	if f.images == nil {
		f.images = map[string][]string{}
	}
	if f.images[text] == nil {
		f.why = append(f.why, text)
	}
	f.images[text] = append(f.images[text], image)
	t := (*registry.ConnectionError)(nil)
	if errors.As(err, &t) && (f.first == nil || f.first.Fault == registry.FaultMissing) {
		f.first = t
	}
}

// maxNamed is how many images are named that failed for one reason.
const maxNamed = 3

// print says what failed, and what to do about the first thing that is in the
// way.
func (f *copyFailures) print(s session.Streams, all bool) {
	for _, why := range f.why {
		names := f.images[why]
		if len(names) == 1 {
			fmt.Fprintf(s.Err, "%s: %s\n", names[0], why)
			continue
		}
		fmt.Fprintf(s.Err, "%s: %s\n", session.Plural(len(names), "image"), why)
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
		fmt.Fprintf(s.Err, "next: docker login %s\n        %s\n", host, "or ask for the right to push to it, or to pull from it")
	default:
		fmt.Fprintf(s.Err, "next: regmigrate registry ping %s\n        says what is in the way, and what to do\n", strings.TrimSuffix(host, ":443"))
	}
}
