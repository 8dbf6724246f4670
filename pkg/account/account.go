// Package account decides which references a run accounts for: those that a
// rule selects and that are certainly or likely images.
//
// The inventory and the engine use the same functions, so that every reference
// that the command images lists and that a rule selects has a finding in a plan.
package account

import (
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Class says how certain it is that a text is a reference.
type Class uint8

const (
	// Unknown texts may be anything: a name of one word, such as ubuntu-22.04 in
	// the field image of a file that no tool is known to read. No report has them.
	Unknown Class = iota

	// Likely images have a key that names an image, and a tag, a digest or a pull
	// policy in the value or beside it, or a namespace that a rule names. A name of
	// one word is the name of an official image, or a rule names it. They are not
	// changed unless the user asks for it.
	Likely

	// Certain references spell out their registry, or are in a field that the
	// documentation of a tool, a rendering or a build shows to be an image.
	Certain
)

// ClassOf returns the class of o under the rules of set.
func ClassOf(o *format.Occurrence, set *rules.Set) Class {
	switch {
	case o.Unconfirmed && o.LikelyImage:
		return Likely
	case o.Unconfirmed:
		return Unknown
	case o.IsImage, o.Pieces[0].Role == format.Registry, hasDomain(o.Text()):
		return Certain
	case o.LikelyImage && (!o.IsUntagged || set.NamesNamespace(o.Text())) && mayBeOnDockerHub(o.Text(), set):
		return Likely
	}
	return Unknown
}

// IsLikely reports whether a rule of set selects the short name o, if its key names an
// image and it has a tag.
func IsLikely(o *format.Occurrence, set *rules.Set) bool {
	x := *o
	x.IsImage, x.LikelyImage, x.IsUntagged, x.Unconfirmed = false, true, false, false
	_, ok := Match(&x, set)
	return ok && ClassOf(&x, set) == Likely
}

// hasDomain reports whether the reference in text spells out its domain.
func hasDomain(text string) bool {
	text, _ = image.TrimTransport(text)
	r, err := image.Parse(text)
	return err != nil || r.Domain != ""
}

// KindOf returns the kind of text that o is for the rules of set.
func KindOf(o *format.Occurrence, set *rules.Set) rules.Kind {
	switch {
	case o.Kind == format.ChartRepository:
		return rules.ChartRepository
	case o.IsRegistry():
		return rules.Registry
	case o.Pieces[0].Role == format.Registry:
		return rules.Reference
	case o.IsImage || ClassOf(o, set) == Likely:
		return rules.ShortForm
	}
	return rules.Reference
}

// Match returns what the rules of set say about o; false if no rule selects it.
func Match(o *format.Occurrence, set *rules.Set) (rules.Match, bool) {
	m, ok := set.MatchTag(o.Text(), KindOf(o, set), tagOf(o))
	if ok && m.IsForImage && o.Kind != format.Image && m.Tag != rules.NoImage {
		m.Tag, m.NewTag, m.Keep = rules.NoImage, "", "the rule is for an image, and this is the name of a "+o.Kind.String()
	}
	return m, ok
}

// tagOf returns the tag and the digest of o that are not in its text; nil if there are
// none. The tag is not known if it is that of another image: an entry of a kustomization
// with a newName sets the tag of the new name.
func tagOf(o *format.Occurrence) *rules.Tag {
	switch {
	case o.TagUnknown != "":
		return &rules.Tag{Why: o.TagUnknown}
	case o.IsOpen, o.IsSelector && o.TagPiece == nil:
		return &rules.Tag{}
	case o.Tag+o.Digest == "":
		return nil
	}
	return &rules.Tag{Text: o.Tag, Digest: o.Digest}
}

// Joined returns the occurrences of a file that are a part of another one: a
// repository, if an occurrence joins it with the registry of an outer mapping.
func Joined(all []format.Occurrence) map[*format.Occurrence]bool {
	var spans map[edit.Span]bool // of such repositories
	for i := range all {
		if o := &all[i]; o.Unconfirmed && o.LikelyImage {
			if spans == nil {
				spans = map[edit.Span]bool{}
			}
			spans[o.Pieces[len(o.Pieces)-1].Span] = true
		}
	}
	if spans == nil {
		return nil
	}
	out := map[*format.Occurrence]bool{}
	for i := range all {
		if o := &all[i]; !o.Unconfirmed && len(o.Pieces) == 1 && spans[o.Pieces[0].Span] {
			out[o] = true
		}
	}
	return out
}
