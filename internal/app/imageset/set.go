package imageset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// maxInput is how many bytes of standard input are read as references.
const maxInput = 256 << 20

// An Image is a reference before and after the move, with the places that hold it.
type Image struct {
	registry.Pair
	Places     []string // PATH:LINE, sorted; none for what was piped in
	SkipReason string   // why it is not asked about, "" when it is
}

// A Set holds references, each pair once: those to query, and for each reason
// to skip a reference, those skipped.
type Set struct {
	all   []*Image
	known map[key]*Image
}

type key struct {
	registry.Pair
	skipReason string
}

func (l *Set) add(old, new, place, part string) {
	k := key{registry.Pair{Old: old, New: new}, part}
	w := l.known[k]
	if w == nil {
		if l.known == nil {
			l.known = map[key]*Image{}
		}
		w = &Image{Pair: k.Pair, SkipReason: part}
		l.known[k], l.all = w, append(l.all, w)
	}
	if place != "" && (len(w.Places) == 0 || w.Places[len(w.Places)-1] != place) {
		w.Places = append(w.Places, place)
	}
}

// sorted returns the list by new reference.
func (l *Set) sorted() []*Image {
	slices.SortStableFunc(l.all, func(a, b *Image) int {
		return cmp.Or(strings.Compare(a.New, b.New), strings.Compare(a.Old, b.Old), strings.Compare(a.SkipReason, b.SkipReason))
	})
	return l.all
}

// Load reads what args name: the references of files, or with - what is
// piped in. Those that no rule moves are there only if all is asked for; they
// have no old name. What could not be read is said on standard error, and makes
// the list partial; an error has its exit code.
func Load(ctx context.Context, s session.Streams, f *session.Flags, args []string, all bool) (list []*Image, set *session.Session, partial bool, err error) {
	l := &Set{}
	if slices.Contains(args, "-") {
		if len(args) > 1 {
			return nil, nil, false, errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
		}
		if f.RenderAll {
			return nil, nil, false, errors.New("--render: expected with a PATH; for what is piped in, regmigrate images --render -o json lists what is printed")
		}
		if set, err = session.New(f, nil, nil); err != nil {
			return nil, nil, false, err
		}
		if partial, err = l.addStdin(ctx, s, set, all); err != nil {
			return nil, nil, false, fmt.Errorf("reading standard input: %w", err)
		}
		return l.sorted(), set, partial, nil
	}
	if set, err = session.New(f, args, nil); err != nil {
		return nil, nil, false, err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	v := NewInventory(set, bar)
	c, err := newResolver(ctx, v, f, set, bar, f.RenderAll)
	bar.Clear()
	if err != nil {
		return nil, nil, false, session.InterruptedError(ctx, err)
	}
	l.addInventory(v.Images(), c, all, f.RenderAll)
	if !f.RenderAll {
		v.Unrendered = nil // what of them matters is said with the names
	}
	return l.sorted(), set, HasFailures(v), PrintProblems(s, v)
}

// IncompleteError is the outcome of a run that did all but what it could not read.
func IncompleteError() error {
	return session.Failed(errors.New("not all could be read, so that images may be missing here"))
}

// addInventory adds the references of an inventory. Of what is printed, only what
// a name stands for whose tag stands elsewhere, unless wholly is set.
func (l *Set) addInventory(images []inventory.Image, c *tagResolver, all, wholly bool) {
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
			part := c.incompleteReason(m, u)
			if part != tagUnknown {
				add(m, place, part)
				continue
			}
			whole, why := c.completeRefs(m, u.Path)
			for j := range whole {
				add(&whole[j], place, "")
			}
			if why != "" {
				add(m, place, why)
			}
		}
	}
}

// incompleteReason says why a text that moves is not a whole reference, "" when it is
// one. In a field such as `image` what has no tag is `latest`; elsewhere the
// tag stands beside it.
func incompleteReason(text, to, field string) string {
	ref, err := image.Parse(text)
	switch {
	case text == to || image.IsHost(text):
		return "the name of a registry alone"
	case err == nil && ref.Tag == "" && ref.Digest == "" && field != "" && !strings.HasSuffix(field, "image"):
		return tagUnknown
	}
	return ""
}
