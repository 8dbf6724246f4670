package rewrite

import (
	"cmp"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// catalogue is what the catalogue of renamed and removed images has to say of
// the references that move: one advice for each reference and text, at its
// first place.
func (g *gatherer) catalogue(groups []*group) []Advice {
	type about struct{ ref, text string }
	type place struct {
		about
		file string
		at   int
	}
	at := map[about]int{} // its index in out
	seen := map[place]bool{}
	var out []Advice
	var first []int // where the advice's first place begins, in bytes
	for _, x := range groups {
		if !x.moves() {
			continue
		}
		for i := range x.members {
			m := &x.members[i]
			if !m.matched || kindOf(m.occ) == rules.Registry {
				continue
			}
			p := &m.occ.Pieces[len(m.occ.Pieces)-1]
			old := withTag(m.occ, m.occ.Text())
			for _, a := range rules.Advise(old, withTag(m.occ, newText(m))) {
				key := about{strings.TrimSuffix(old, unknownTag), a.Text}
				if a.ForCharts {
					if !isChartValue(m.occ, p.Path) {
						continue
					}
					key.ref = ""
				}
				here := place{key, p.Path, p.Span.Start}
				if seen[here] {
					continue
				}
				seen[here] = true
				k, known := at[key]
				if !known {
					at[key] = len(out)
					out = append(out, Advice{Path: p.Path, Ref: key.ref, Text: a.Text, Note: a.Note, Source: a.Source})
					first = append(first, p.Span.Start)
					continue
				}
				out[k].MorePlaces++
				if p.Path < out[k].Path || p.Path == out[k].Path && p.Span.Start < first[k] {
					out[k].Path, first[k] = p.Path, p.Span.Start
				}
			}
		}
	}
	lines := map[string]*edit.Lines{}
	for k := range out {
		if c := g.candidate(out[k].Path); c != nil {
			if lines[out[k].Path] == nil {
				lines[out[k].Path] = edit.NewLines(c.file.Before)
			}
			out[k].Line, _ = lines[out[k].Path].Position(first[k])
		}
	}
	return out
}

// isChartValue reports whether the occurrence o is a value of a chart.
func isChartValue(o *format.Occurrence, file string) bool {
	return strings.HasPrefix(o.Place.Object, "HelmRelease ") || strings.HasPrefix(o.Place.Object, "Application ") ||
		o.Place.Object == "" && strings.Contains(path.Base(file), "values")
}

// unknownTag stands for a tag that is written somewhere else, in the form of
// a placeholder.
const unknownTag = ":<tag>"

// withTag is the reference text of o with what stands beside it.
func withTag(o *format.Occurrence, text string) string {
	r, err := image.Parse(text)
	if err != nil || r.Tag != "" || r.Digest != "" {
		return text
	}
	switch {
	case o.Tag != "" && o.Digest != "":
		return text + ":" + o.Tag + "@" + o.Digest
	case o.Digest != "":
		return text + "@" + o.Digest
	case o.Tag != "":
		return text + ":" + o.Tag
	case o.InRepositoryKey || len(o.Pieces) > 1 || o.Tail != "":
		return text + unknownTag
	}
	return text
}

func compareAdvice(a, b Advice) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Text, b.Text))
}
