package imageset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// An Image is a reference before and after the move.
type Image struct {
	registry.Pair
	Places     []string // PATH:LINE, sorted; empty for references from standard input
	IsArtifact bool     // it is a chart or another artifact
	SkipReason string   // why registries are not queried for it; "" if they are
}

// A Set holds pairs of references. A pair occurs once, and once more for each
// reason to skip it.
type Set struct {
	images []*Image
	byKey  map[imageKey]*Image
}

type imageKey struct {
	registry.Pair
	skipReason string
}

// add adds a place to the pair, and the pair if it is new. It returns the pair.
func (l *Set) add(old, new, place, skipReason string) *Image {
	k := imageKey{registry.Pair{Old: old, New: new}, skipReason}
	x := l.byKey[k]
	if x == nil {
		if l.byKey == nil {
			l.byKey = map[imageKey]*Image{}
		}
		x = &Image{Pair: k.Pair, SkipReason: skipReason}
		l.byKey[k], l.images = x, append(l.images, x)
	}
	if place != "" && (len(x.Places) == 0 || x.Places[len(x.Places)-1] != place) {
		x.Places = append(x.Places, place)
	}
	return x
}

// sorted returns the images sorted by new reference.
func (l *Set) sorted() []*Image {
	slices.SortStableFunc(l.images, func(a, b *Image) int {
		return cmp.Or(strings.Compare(a.New, b.New), strings.Compare(a.Old, b.Old), strings.Compare(a.SkipReason, b.SkipReason))
	})
	return l.images
}

// Load reads the references of the files args, or of standard input if args is
// "-". References that no rule moves are included only if all is set; their old
// name is empty. Load lists the inputs that cannot be read on standard error and
// then reports the list as partial.
func Load(ctx context.Context, s session.Streams, f *session.Flags, args []string, all bool) (list []*Image, set *session.Session, partial bool, err error) {
	if slices.Contains(args, "-") {
		return loadStdin(ctx, s, f, args, all)
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	FindRegistries(ctx, f, bar)
	if set, err = session.New(f, args, nil); err != nil {
		return nil, nil, false, err
	}
	c := Collector{f, set, bar}
	v := c.NewInventory()
	tags, err := c.resolveTags(ctx, v, f.RenderAll)
	c.Progress.Clear()
	if err != nil {
		return nil, nil, false, session.InterruptedError(ctx, err)
	}
	l := &Set{}
	l.addInventory(v.Images(), tags, inventoryOptions{all: all, rendered: f.RenderAll})
	if !f.RenderAll {
		v.Unrendered = nil // the reasons to skip names without a tag report these failures
	}
	return l.sorted(), set, HasFailures(v), PrintProblems(s, v)
}

func loadStdin(ctx context.Context, s session.Streams, f *session.Flags, args []string, all bool) (list []*Image, set *session.Session, partial bool, err error) {
	if len(args) > 1 {
		return nil, nil, false, errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	}
	if f.RenderAll {
		return nil, nil, false, errors.New("--render: expected with a PATH\n  to pass rendered references to standard input, use regmigrate images --render -o json")
	}
	if set, err = session.New(f, nil, nil); err != nil {
		return nil, nil, false, err
	}
	l := &Set{}
	if partial, err = l.addStdin(ctx, s, set, all); err != nil {
		return nil, nil, false, fmt.Errorf("reading standard input: %w", err)
	}
	return l.sorted(), set, partial, nil
}

// IncompleteError returns the error of a run that could not read all inputs.
func IncompleteError() error {
	return session.Failed(errors.New("some inputs could not be read: images may be missing from the list"))
}

// inventoryOptions select the references of an inventory.
type inventoryOptions struct {
	all      bool // also references that no rule moves
	rendered bool // also references that only a rendering contains
}

// addInventory adds the references of an inventory. It replaces a name without a
// tag by the references that charts and kustomizations render from that name.
func (l *Set) addInventory(images []inventory.Image, tags *tagResolver, o inventoryOptions) {
	add := func(m *inventory.Image, place, skipReason string) {
		switch {
		case m.New != "":
			l.add(m.Ref, m.New, place, skipReason).IsArtifact = m.Kind != format.Image
		case o.all:
			l.add("", m.Ref, place, skipReason).IsArtifact = m.Kind != format.Image
		}
	}
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			if isRendered(*u) && !o.rendered {
				continue
			}
			place := u.Object
			if u.Origin == inventory.InFile {
				place = fmt.Sprintf("%s:%d", u.Path, u.Line)
			} else if isRendered(*u) {
				place = u.Path + " (rendered)"
			}
			if m.Kind != format.Image {
				if m.Kind != format.ChartRepository {
					add(m, place, artifactReason(m))
				}
				continue
			}
			reason := tags.incompleteReason(m, u)
			if reason != tagUnknown {
				add(m, place, reason)
				continue
			}
			complete, unknown := tags.complete(m, u.Path)
			for j := range complete {
				add(&complete[j], place, "")
			}
			if unknown != "" {
				add(m, place, unknown)
			}
		}
	}
}

// artifactReason returns why m, which is no image, is not a complete reference,
// "" if it is.
func artifactReason(m *inventory.Image) string {
	switch {
	case m.IsSource:
		return "a registry of charts"
	case m.Tag != "" || m.Digest != "":
		return ""
	case m.Kind == format.Chart:
		return "a chart whose version is a range or is not set"
	}
	return tagUnknown
}

// incompleteReason returns why text is not a complete reference, "" if it is
// complete. The parameter toPrefix is the target of the rule that produced text,
// "" for none. A text without a tag is complete if the name of its field ends in
// "image": the tag is latest. In other fields, the tag is in a sibling key.
func incompleteReason(text, toPrefix, field string) string {
	ref, err := image.Parse(text)
	switch {
	case text == toPrefix || image.IsHost(text):
		return "a registry without a repository"
	case err == nil && ref.Tag == "" && ref.Digest == "" && field != "" && !strings.HasSuffix(field, "image"):
		return tagUnknown
	}
	return ""
}
