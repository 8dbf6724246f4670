package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// A reasonRow is a row of the list of mentions that are not changed: those of
// one reason or, for a reason whose notes differ, of one note.
type reasonRow struct {
	reason    format.Reason
	all       []fileFinding // none in the row that sums up hidden rows
	locations []string      // path:line, line
	hidden    int           // mentions that are not in locations
	rest      string        // the text that counts these mentions
	remark    string
	optional  bool // the remark may be omitted

	hiddenNotes int // number of hidden rows; 0 except in the row that sums them up
}

// items returns the locations of r and the words about the hidden ones.
func (r reasonRow) items() []string {
	if r.rest == "" {
		return r.locations
	}
	return append(slices.Clone(r.locations), r.rest)
}

// columns returns the width of the items on one line.
func (r reasonRow) columns() int { return columns(strings.Join(r.items(), "  ")) }

// A rowLayout limits rows.
type rowLayout struct {
	columns int  // for the locations of a row; negative: no limit
	verbose bool // no limit on the rows of a reason
}

// reasonRows returns the rows of a reason. A reason whose places a person has
// to look at one by one has a row for each note, with most locations. Any other
// reason has one row with few locations.
func reasonRows(g reasonGroup, layout rowLayout) []reasonRow {
	if !hasRowsByNote(g.reason) {
		r := reasonRow{reason: g.reason, all: g.all}
		r.remark, r.optional = remark(g)
		r.locations, r.hidden = fewLocations(g.all, layout)
		return []reasonRow{r}
	}
	rows := rowsByNote(g)
	if n := len(rows); n > maxNotes && !layout.verbose {
		sum := reasonRow{hiddenNotes: n - maxNotes + 1}
		for _, r := range rows[maxNotes-1:] {
			sum.hidden += len(r.all)
		}
		rows = append(rows[:maxNotes-1], sum)
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case len(r.all) == 0:
		case g.reason == format.SkippedFolder:
			r.locations, r.hidden = fewLocations(r.all, layout)
		case g.reason == format.Unavailable: // the list of verdicts has the images
			r.locations, r.hidden = fewLocations(r.all, layout)
			r.optional = r.hidden > 0
		default:
			r.locations, r.hidden = locations(r.all, maxReviewFiles, -1)
		}
	}
	return rows
}

// hasRowsByNote reports whether a reason has a row for each note.
func hasRowsByNote(r format.Reason) bool {
	switch r {
	case format.Conflict, format.NotEditedSafely, format.LikelyImage, format.Unavailable, format.SkippedFolder:
		return true
	}
	return false
}

// rowsByNote returns a row for each note of g, the most frequent first.
func rowsByNote(g reasonGroup) []reasonRow {
	var rows []reasonRow
	index := map[string]int{}
	for _, x := range g.all {
		i, ok := index[x.Note]
		if !ok {
			i = len(rows)
			index[x.Note] = i
			rows = append(rows, reasonRow{reason: g.reason, remark: x.Note})
			if x.Note == "" {
				rows[i].remark = cmp.Or(wording.Action(g.reason.Advice()), gist(g))
			}
		}
		rows[i].all = append(rows[i].all, x)
	}
	slices.SortStableFunc(rows, func(a, b reasonRow) int { return len(b.all) - len(a.all) })
	return rows
}

// fewLocations returns the locations of all that fit the layout, at least one,
// and how many mentions are not in them.
func fewLocations(all []fileFinding, layout rowLayout) ([]string, int) {
	out, hidden := locations(all, maxFiles, layout.columns)
	if hidden > 0 && layout.columns >= 0 {
		room := layout.columns - len("  and 10,000 more (-v lists all)")
		out, hidden = locations(all, maxFiles, max(room, 1))
	}
	return out, hidden
}

// remark explains a group in a few words: the note that all of its mentions
// share, and the action required. If the group has neither, the remark is the
// flag that changes the mentions or, optional, the meaning of the reason.
func remark(g reasonGroup) (s string, optional bool) {
	note := g.all[0].Note
	for _, x := range g.all {
		if x.Note != note {
			note = ""
		}
	}
	action := wording.Action(g.reason.Advice())
	switch {
	case note != "":
		return note + wording.Prefixed("; ", action), false
	case action != "":
		return action, false
	}
	if s := scopeHint(g); s != "" {
		return s, false
	}
	return gist(g), true
}

// scopeHint names the flag that changes all mentions of g, "" if no single
// scope does.
func scopeHint(g reasonGroup) string {
	s, ok := scopeOf(g.reason)
	if !ok || slices.ContainsFunc(g.all, func(x fileFinding) bool { return x.Scope != s }) {
		return ""
	}
	return "include " + wording.Plural(len(g.all), "it", "them") + " with " + scopeFlag(s)
}

// scopeFlag returns the flag that adds s to the default scope.
func scopeFlag(s format.Scope) string {
	return "--scope " + format.Manifests.String() + "," + s.String()
}

// scopeOf returns the scope that was not selected, false if r is not about
// scopes.
func scopeOf(r format.Reason) (format.Scope, bool) {
	switch r {
	case format.Comment:
		return format.Comments, true
	case format.Prose, format.DocsText:
		return format.Docs, true
	case format.ScriptText:
		return format.Scripts, true
	case format.CodeText:
		return format.Code, true
	}
	return 0, false
}

// gist is the scope hint of g or, for other reasons, the first clause of the
// sentence that explains the reason. It is "" where that clause only repeats
// the reason.
func gist(g reasonGroup) string {
	if s := scopeHint(g); s != "" {
		return s
	}
	s := g.reason.Doc()
	for _, end := range []string{": ", "; ", ". "} {
		s, _, _ = strings.Cut(s, end)
	}
	s = strings.TrimSuffix(s, ".")
	first, size := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[size:]); !unicode.IsUpper(second) {
		s = string(unicode.ToLower(first)) + s[size:]
	}
	if s == "the mention is in a "+string(g.reason) {
		return ""
	}
	return s
}
