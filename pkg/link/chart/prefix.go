package chart

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A front is what a chart prints before and behind a value in a reference.
type front struct {
	before, after string
	template      string
}

// behind keeps values that names of keys say to be images on Docker Hub while
// the chart prints something before them, such as a registry of its own:
// {{ .registry | default "quay.io" }}/{{ .repository }}. Where a rule moves
// such a reference, what stands before the value carries it, or nothing can.
// known are the pieces that a rendering showed to move.
func (c *chart) behind(files []string, known map[link.PieceID]int, move link.MoveFunc) []link.Group {
	fronts := c.fronts(files)
	var groups []link.Group
	for _, f := range c.tree.Files {
		if !c.holds(f.Path) || !isValues(path.Base(f.Path)) {
			continue
		}
		for i := range f.Scanned.Occurrences {
			o := f.Scanned.Occurrences[i]
			if !o.IsImage || o.Unconfirmed || len(o.Pieces) != 1 || !move.Moves(&o) {
				continue
			}
			if _, is := known[link.IDOf(&o.Pieces[0])]; is {
				continue
			}
			around := fronts[link.IDOf(&o.Pieces[0])]
			if len(around) == 0 {
				around = c.unread(o.Pieces[0].Text)
			}
			for _, a := range around {
				if a.wrong(&o, move) {
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{o}, Keep: format.DifferentName, Why: c.file(a.template) + " puts " + a.before + " before it"})
					break
				}
			}
		}
	}
	return groups
}

// wrong reports whether the reference would become another one than the rules
// say if only the value o moved.
func (a *front) wrong(o *format.Occurrence, move link.MoveFunc) bool {
	return a.before+moved(o, move)+a.after != moved(&format.Occurrence{IsImage: true, Pieces: []format.Piece{{Text: a.before + o.Text() + a.after}}}, move)
}

// moved returns what the text of o becomes.
func moved(o *format.Occurrence, move link.MoveFunc) string {
	text := o.Text()
	if m, ok := move(o); ok {
		return m.New + text[m.Len:]
	}
	return text
}

// fronts returns what is printed around the values that stand first in no
// reference, by where they stand.
func (c *chart) fronts(files []string) map[link.PieceID][]front {
	out := map[link.PieceID][]front{}
	for i := range c.made {
		m := &c.made[i]
		for _, file := range files {
			texts := make([]string, len(m.Parts))
			pieces := make([]*format.Piece, len(m.Parts))
			for k, p := range m.Parts {
				texts[k] = p.Text
				if p.Value == nil || !p.Whole {
					continue
				}
				if piece, from, ok := c.value(p.Value, file); ok && (piece.Text == p.Text || from != "") {
					texts[k], pieces[k] = piece.Text, &piece
				}
			}
			for k := 1; k < len(pieces); k++ {
				if pieces[k] != nil {
					at := link.IDOf(pieces[k])
					out[at] = append(out[at], front{strings.Join(texts[:k], ""), strings.Join(texts[k+1:], ""), m.Template})
				}
			}
		}
	}
	return out
}

// unread finds text in the references of which nothing is known but what they
// are: behind a registry, up to the tag.
func (c *chart) unread(text string) []front {
	var out []front
	for i := range c.made {
		m := &c.made[i]
		if len(m.Parts) > 0 {
			continue
		}
		r, err := image.Parse(m.Ref)
		if err != nil || r.Domain == "" {
			continue
		}
		before, ok := strings.CutSuffix(r.Domain+"/"+r.Path, "/"+text)
		if ok && strings.HasPrefix(m.Ref, before+"/"+text) {
			out = append(out, front{before + "/", m.Ref[len(before)+1+len(text):], m.Template})
		}
	}
	return out
}
