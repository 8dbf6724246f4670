package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// planCopies returns the copies, and the references that cannot be copied. Two
// images with the same target are an error.
func planCopies(list []*imageset.Image, m *MirrorFlags) ([]registry.Copy, []*imageset.Image, error) {
	to := m.To
	var copies []registry.Copy
	var skipped []*imageset.Image
	known := map[string]registry.Copy{}
	for _, w := range list {
		if w.SkipReason != "" || strings.ContainsAny(w.New, "{}$<>%()") {
			if w.SkipReason == "" {
				w.SkipReason = "contains a variable"
			}
			skipped = append(skipped, w)
			continue
		}
		host, rest, err := registry.SplitHost(w.New)
		if err != nil {
			w.SkipReason = "not a complete reference"
			skipped = append(skipped, w)
			continue
		}
		if len(m.From) > 0 && !slices.Contains(m.From, host) {
			continue
		}
		if host == hostOf(to) {
			w.SkipReason = "already on " + host + ""
			skipped = append(skipped, w)
			continue
		}
		c := registry.Copy{From: host + "/" + rest, Fallback: w.Old, To: mirrorRef(to, host, rest, m.WithHost)}
		if _, _, err := registry.SplitHost(c.To); err != nil {
			return nil, nil, fmt.Errorf("%s cannot be copied to %s: %w\n  use a shorter path in --to, or select other registries with --from", c.From, c.To, err)
		}
		if tagged := tagTarget(w.New, c.To); tagged != "" && known[tagged].From == "" {
			c.To = tagged // registries may delete images without a tag
		}
		before, twice := known[c.To]
		switch {
		case !twice:
			known[c.To] = c
			copies = append(copies, c)
		case before.From != c.From:
			return nil, nil, fmt.Errorf("%s and %s would both become %s\n  use --with-host to keep them apart, or --from to copy the images of one registry", before.From, c.From, c.To)
		}
	}
	slices.SortFunc(copies, func(a, b registry.Copy) int { return cmp.Compare(a.To, b.To) })
	return copies, skipped, nil
}

// tagTarget replaces the digest in the target to by the tag of the reference. It
// returns "" unless the reference has both.
func tagTarget(reference, to string) string {
	ref, err := image.Parse(reference)
	name, ok := strings.CutSuffix(to, "@"+ref.Digest)
	if err != nil || ref.Tag == "" || ref.Digest == "" || !ok {
		return ""
	}
	return name + ":" + ref.Tag
}

// mirrorRef returns the target of host/rest on the mirror to. The parameter rest may
// be empty.
func mirrorRef(to, host, rest string, withHost bool) string {
	if withHost {
		to += "/" + hostAsPath(host)
	}
	if rest == "" {
		return to
	}
	return to + "/" + rest
}

func hostOf(to string) string { host, _, _ := strings.Cut(to, "/"); return host }

// hostAsPath replaces the colon of a host, which a path must not contain.
func hostAsPath(host string) string { return strings.ReplaceAll(host, ":", "-") }
