package inventory

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// ReadReference returns the image that text names in an image field of a container, as
// AddObjects finds it there, without uses. If text is not a reference, Ref is the text
// and everything else is empty. Without rules, a nil set, no image moves.
func ReadReference(text string, set *rules.Set) Image {
	m := Image{Ref: text, Kind: format.Image}
	r, err := image.Parse(text)
	if err != nil {
		return m
	}
	m.Domain, m.Path, m.Tag, m.Digest = r.Domain, r.Path, r.Tag, r.Digest
	m.Registry, m.Repository = image.Normalize(m.Domain, m.Path)
	if set == nil {
		return m
	}
	if match, ok := set.Match(text, rules.ShortForm); ok {
		if match.Rule != nil {
			m.Rule = match.Rule.Name
		}
		if m.Keep = match.Keep; m.Keep == "" {
			m.New = match.New + text[match.Len:]
		}
	}
	m.Advice = advise(&m, false)
	return m
}

// ReadObject returns the images of a Kubernetes object in JSON, as AddObjects finds
// them, each with one use. The inventory does not change.
func (v *Inventory) ReadObject(src []byte) ([]Image, error) {
	s := v.scan("stream.json", src, Use{Origin: InObject, Path: Stream})
	var out []Image
	for i := range s.refs {
		m := s.refs[i].image.clone()
		m.Advice = advise(m, s.refs[i].mayHaveTag)
		u := s.refs[i].use
		u.Field, u.Object = strings.Clone(u.Field), strings.Clone(u.Object)
		m.Uses = []Use{u}
		out = append(out, *m)
	}
	return out, s.err
}
