package rewrite

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// catalogueAdvice returns the advice of the catalogue of renamed and removed
// images about the references that move. Each advice about a reference is
// listed once, at its first place.
func (p *planner) catalogueAdvice() []Advice {
	l := catalogueList{index: map[adviceKey]int{}, seen: map[advicePlace]bool{}}
	allowed := p.allowedPieces()
	for m := range movingMembers(p.groups) {
		if m.occ.IsRegistry() {
			continue
		}
		old := withTag(m.occ, m.occ.Text())
		for _, a := range rules.Advise(old, m.newRef()) {
			if a.ForCharts && allowed[link.IDOf(&m.occ.Pieces[len(m.occ.Pieces)-1])] {
				continue
			}
			l.add(m, strings.TrimSuffix(old, unknownTag), a)
		}
	}
	lines := map[string]*edit.Lines{}
	for k := range l.list {
		a := &l.list[k]
		f := p.files.at(a.Path)
		if f == nil {
			continue
		}
		if lines[a.Path] == nil {
			lines[a.Path] = edit.NewLines(f.file.Before)
		}
		a.Line, _ = lines[a.Path].Position(l.offsets[k])
	}
	return l.list
}

// A catalogueList collects the advice of the catalogue.
type catalogueList struct {
	list    []Advice
	offsets []int // offset of list[k] in its file
	index   map[adviceKey]int
	seen    map[advicePlace]bool
}

type adviceKey struct{ ref, text string }

type advicePlace struct {
	adviceKey
	path   string
	offset int
}

// add adds the advice a about the reference ref of m.
func (l *catalogueList) add(m *member, ref string, a rules.Advice) {
	piece := &m.occ.Pieces[len(m.occ.Pieces)-1]
	key := adviceKey{ref, a.Text}
	if a.ForCharts {
		if !isChartValue(m.occ, piece.Path) {
			return
		}
		key.ref = ""
	}
	place := advicePlace{key, piece.Path, piece.Span.Start}
	if l.seen[place] {
		return
	}
	l.seen[place] = true
	k, known := l.index[key]
	if !known {
		l.index[key] = len(l.list)
		l.list = append(l.list, Advice{Path: place.path, Ref: key.ref, Text: a.Text, Note: a.Note, Source: a.Source})
		l.offsets = append(l.offsets, place.offset)
		return
	}
	l.list[k].MorePlaces++
	if place.path < l.list[k].Path || place.path == l.list[k].Path && place.offset < l.offsets[k] {
		l.list[k].Path, l.offsets[k] = place.path, place.offset
	}
}

// isChartValue reports whether the occurrence o is a value for a chart.
func isChartValue(o *format.Occurrence, file string) bool {
	return strings.HasPrefix(o.Place.Object, "HelmRelease ") || strings.HasPrefix(o.Place.Object, "Application ") ||
		o.Place.Object == "" && strings.Contains(path.Base(file), "values")
}

// unknownTag replaces a tag that is written elsewhere. Conditions of the
// catalogue on tags do not match it.
const unknownTag = ":<tag>"

// withTag returns text, the reference of o, with the tag and digest of sibling
// keys.
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
	case o.Kind == format.Image && (o.InRepositoryKey || len(o.Pieces) > 1 || o.Tail != ""):
		return text + unknownTag
	}
	return text
}
