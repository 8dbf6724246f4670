package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// maxInput is how many bytes of standard input are read as references.
const maxInput = 256 << 20

// A wanted is a reference before and after, and where it stands.
type wanted struct {
	registry.Pair
	places []string // PATH:LINE, sorted; none for what was piped in
	part   string   // why it is not asked about, "" when it is
}

// A wish list gathers references, each pair once: those that are asked about,
// and for each reason those that are not.
type wishList struct {
	all   []*wanted
	known map[wish]*wanted
}

type wish struct {
	registry.Pair
	part string
}

func (l *wishList) add(old, new, place, part string) {
	k := wish{registry.Pair{Old: old, New: new}, part}
	w := l.known[k]
	if w == nil {
		if l.known == nil {
			l.known = map[wish]*wanted{}
		}
		w = &wanted{Pair: k.Pair, part: part}
		l.known[k], l.all = w, append(l.all, w)
	}
	if place != "" && (len(w.places) == 0 || w.places[len(w.places)-1] != place) {
		w.places = append(w.places, place)
	}
}

// sorted returns the list by new reference.
func (l *wishList) sorted() []*wanted {
	slices.SortStableFunc(l.all, func(a, b *wanted) int {
		return cmp.Or(strings.Compare(a.New, b.New), strings.Compare(a.Old, b.Old), strings.Compare(a.part, b.part))
	})
	return l.all
}

// wantedOf reads what args name: the references of files, or with - what is
// piped in. Those that no rule moves are there only if all is asked for; they
// have no old name. What could not be read is said on standard error, and makes
// the list partial; an error has its exit code.
func wantedOf(ctx context.Context, s streams, f *flags, args []string, all bool) (list []*wanted, set *setup, partial bool, err error) {
	l := &wishList{}
	if slices.Contains(args, "-") {
		if len(args) > 1 {
			return nil, nil, false, errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
		}
		if f.wholly {
			return nil, nil, false, errors.New("--render: expected with a PATH; for what is piped in, regmigrate images --render -o json lists what is printed")
		}
		if set, err = prepare(f, nil, nil); err != nil {
			return nil, nil, false, err
		}
		if partial, err = l.read(ctx, s, set, all); err != nil {
			return nil, nil, false, fmt.Errorf("reading standard input: %w", err)
		}
		return l.sorted(), set, partial, nil
	}
	if set, err = prepare(f, args, nil); err != nil {
		return nil, nil, false, err
	}
	bar := newProgress(s.err, f.quiet)
	v := newInventory(set, bar)
	c, err := compose(ctx, v, f, set, bar, f.wholly)
	bar.clear()
	if err != nil {
		return nil, nil, false, stopped(ctx, err)
	}
	l.inventory(v.Images(), c, all, f.wholly)
	if !f.wholly {
		v.Unrendered = nil // what of them matters is said with the names
	}
	return l.sorted(), set, incomplete(v), tellProblems(s, v)
}

// unread is the outcome of a run that did all but what it could not read.
func unread() error {
	return failed(errors.New("not all could be read, so that images may be missing here"))
}

// inventory adds the references of an inventory. Of what is printed, only what
// a name stands for whose tag stands elsewhere, unless wholly is set.
func (l *wishList) inventory(images []inventory.Image, c *composer, all, wholly bool) {
	add := func(m *inventory.Image, place, part string) {
		switch {
		case m.New != "":
			l.add(m.Ref, m.New, place, part)
		case all:
			l.add("", m.Ref, place, part)
		}
	}
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			if isRendered(*u) && !wholly {
				continue
			}
			place := u.Object
			if u.Origin == inventory.InFile {
				place = fmt.Sprintf("%s:%d", u.Path, u.Line)
			} else if isRendered(*u) {
				place = u.Path + " (rendered)"
			}
			part := c.partOf(m, u)
			if part != elsewhere {
				add(m, place, part)
				continue
			}
			whole, why := c.whole(m, u.Path)
			for j := range whole {
				add(&whole[j], place, "")
			}
			if why != "" {
				add(m, place, why)
			}
		}
	}
}

// partOf says why a text that moves is not a whole reference, "" when it is
// one. In a field such as `image` what has no tag is `latest`; elsewhere the
// tag stands beside it.
func partOf(text, to, field string) string {
	ref, err := image.Parse(text)
	switch {
	case text == to || image.IsHost(text):
		return "the name of a registry alone"
	case err == nil && ref.Tag == "" && ref.Digest == "" && field != "" && !strings.HasSuffix(field, "image"):
		return elsewhere
	}
	return ""
}
