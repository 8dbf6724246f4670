package report

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// An adviceGroup is one text of advice and the places that it is about.
type adviceGroup struct {
	note   bool   // a fact worth knowing; no action is required
	reason string // why mentions are not changed; "" for the plan's own advice
	text   string
	source string // a URL; may be empty

	ref    string        // the reference that all places have; "" if they differ
	places []advicePlace // at most maxReviewFiles
	hidden int           // places, or mentions, that are not in places
}

// An advicePlace is a place that advice is about.
type advicePlace struct {
	ref      string // "" if the group has one reference for all places, or none
	location string // path:line; may be empty
}

// kind returns the word that introduces the advice.
func (a *adviceGroup) kind() string {
	if a.note {
		return "note"
	}
	return "action required"
}

// adviceGroups returns the advice about mentions that are not changed, then that of
// the plan: the actions, then the notes. Advice with equal text and source is
// one group.
func adviceGroups(p *rewrite.Plan, s *summary) []adviceGroup {
	var out []adviceGroup
	for _, g := range s.unchanged {
		if text := g.reason.Advice(); text != "" {
			a := adviceGroup{reason: string(g.reason), text: text}
			items, hidden := locations(g.all, maxReviewFiles, -1)
			for _, x := range items {
				a.places = append(a.places, advicePlace{location: x})
			}
			a.hidden = hidden
			out = append(out, a)
		}
	}
	return append(out, planAdvice(p)...)
}

// planAdvice groups the advice of p: the actions, then the notes.
func planAdvice(p *rewrite.Plan) []adviceGroup {
	type key struct {
		text, source string
		note         bool
	}
	var out []adviceGroup
	index := map[key]int{}
	for _, x := range p.Advice {
		k := key{x.Text, x.Source, x.Note}
		i, ok := index[k]
		if !ok {
			i = len(out)
			index[k] = i
			out = append(out, adviceGroup{note: x.Note, text: x.Text, source: x.Source, ref: x.Ref})
		}
		out[i].add(advicePlace{x.Ref, location(x.Path, x.Line)})
	}
	slices.SortStableFunc(out, func(a, b adviceGroup) int {
		switch {
		case a.note == b.note:
			return 0
		case b.note:
			return -1
		}
		return 1
	})
	return out
}

// add adds a place to a. Its reference is kept with each place only if the
// places have different ones.
func (a *adviceGroup) add(x advicePlace) {
	if a.ref != "" && x.ref != a.ref {
		for i := range a.places {
			a.places[i].ref = a.ref
		}
		a.ref = ""
	}
	if a.ref != "" {
		x.ref = ""
	}
	switch {
	case x == advicePlace{}:
	case len(a.places) < maxReviewFiles:
		a.places = append(a.places, x)
	default:
		a.hidden++
	}
}

// advice writes the plan's own advice. The rows of the reasons contain the
// advice about them.
func (t *textReport) advice() {
	all := planAdvice(t.p)
	shown := firstN(all, t.limit(maxAdvice))
	for i := range shown {
		t.adviceGroup(&shown[i])
	}
	if rest := len(all) - len(shown); rest > 0 {
		t.line(plain, t.more(rest))
	}
}

func (t *textReport) adviceGroup(a *adviceGroup) {
	kind := a.kind() + ":"
	s := bold
	if a.note {
		s = cyan
	}
	t.put(s, kind)
	t.put(plain, " ")
	t.flow(plain, strings.Fields(a.text), " ", len(kind)+1, 4)
	places := firstN(a.places, t.limit(maxFiles))
	lines := [][]string{nil}
	if a.ref != "" {
		lines[0] = []string{a.ref}
	}
	for _, x := range places {
		if x.ref != "" { // on a line of its own
			lines = append(lines, slices.DeleteFunc([]string{x.ref, x.location}, func(s string) bool { return s == "" }), nil)
			continue
		}
		last := len(lines) - 1
		lines[last] = append(lines[last], x.location)
	}
	if hidden := len(a.places) - len(places) + a.hidden; hidden > 0 {
		last := len(lines) - 1
		lines[last] = append(lines[last], t.more(hidden))
	}
	for _, items := range lines {
		if len(items) > 0 {
			t.wrapped(dim, items, "  ", 0, 4)
		}
	}
	if a.source != "" {
		t.line(dim, "    "+a.source)
	}
}
