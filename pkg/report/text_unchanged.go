package report

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A reasonRow is what a summary shows of mentions that stay for one reason and, if
// it is one that has to be looked at place by place, with one note.
type reasonRow struct {
	reason format.Reason
	all    []fileFinding
	places []string // path:line, line
	hidden int      // mentions that places leaves out
	causes int      // in a row without mentions: the notes of what is hidden
	rest   string   // how many that are, in words
	remark string

	optional bool // the remark is shown only if there is room for it
}

// kept writes what stays, and why.
func (t *textReport) kept() {
	if len(t.s.kept) == 0 {
		return
	}
	c := t.s.counts
	words := count(c.NotChanged, "mention") + some(c.NotChanged, " stays", " stay")
	switch {
	case c.NotChangedImplicit > 0 && c.NotChanged > 0:
		words += ", and " + count(c.NotChangedImplicit, "reference") + " that no text search would find"
	case c.NotChangedImplicit > 0:
		words = count(c.NotChangedImplicit, "reference") + some(c.NotChangedImplicit, " stays", " stay") + " that no text search would find"
	}
	t.line(bold, words)

	label := 0
	for _, k := range t.s.kept {
		label = max(label, columns(string(k.reason)))
	}
	const numbers = 6 // columns for a count; a greater one moves its own line
	indent := numbers + 1 + label + 2

	var rows []reasonRow
	for _, k := range t.s.kept {
		rows = append(rows, t.rowsOf(k, indent)...)
	}
	if !t.o.Verbose {
		for i := range rows {
			r := &rows[i]
			if r.hidden > 0 {
				r.rest = t.more(r.hidden)
			}
			if r.causes > 0 {
				r.rest += ", for " + number(r.causes) + " other causes"
			}
		}
	}
	// Remarks stand below each other, behind the longest places that leave
	// enough room for the remark of their own row.
	column := 0
	for _, r := range rows {
		if n := r.columns(); r.remark != "" && t.fits(indent+n+3+columns(r.remark)) {
			column = max(column, n)
		}
	}
	for _, r := range rows {
		if len(r.all) == 0 {
			t.line(plain, strings.Repeat(" ", indent)+r.rest)
			continue
		}
		n := number(len(r.all))
		t.put(plain, strings.Repeat(" ", max(0, numbers-len(n)))+n+" ")
		t.put(plain, string(r.reason)+strings.Repeat(" ", label-columns(string(r.reason))+2))
		t.row(r, indent, column)
	}
}

// row writes r from its places on.
func (t *textReport) row(r reasonRow, indent, column int) {
	switch {
	case t.o.Verbose:
		t.wrapped(plain, strings.Fields(r.remark), " ", indent, indent)
		for _, x := range r.all {
			t.place(x)
			t.line(plain, x.Old+implied(x)+"  kept: "+string(x.Reason)+after(" — ", x.Note)+where(x))
		}
	case r.remark == "":
		t.wrapped(dim, r.withRest(), "  ", indent, indent)
	case t.fits(indent+column+3+columns(r.remark)) && r.columns() <= column:
		t.put(dim, strings.Join(r.withRest(), "  "))
		t.line(plain, strings.Repeat(" ", column-r.columns()+3)+r.remark)
	default:
		t.wrapped(dim, r.withRest(), "  ", indent, indent)
		if r.optional {
			return
		}
		t.wrapped(plain, strings.Fields(r.remark), " ", 0, indent)
	}
}

// withRest returns the places of r and what they leave out.
func (r reasonRow) withRest() []string {
	if r.rest == "" {
		return r.places
	}
	return append(slices.Clone(r.places), r.rest)
}

// columns is what the places take on one line.
func (r reasonRow) columns() int { return columns(strings.Join(r.withRest(), "  ")) }

// after returns s behind mark, nothing when s is empty.
func after(mark, s string) string {
	if s == "" {
		return ""
	}
	return mark + s
}

// where says what x stands in.
func where(x fileFinding) string {
	return after(" — ", strings.TrimSpace(x.Place.Field+after(" in ", x.Place.Object)))
}

// rowsOf makes the rows of one reason. What asks for a look at each place has
// a row for each note, and most of its places; any other reason has one row,
// with a few, and so has what registries do not have, which stands in a list of
// its own.
func (t *textReport) rowsOf(k reasonGroup, indent int) []reasonRow {
	if k.reason != format.Conflict && k.reason != format.NotEditedSafely && k.reason != format.Unavailable {
		r := reasonRow{reason: k.reason, all: k.all}
		r.remark, r.optional = remark(k)
		r.places, r.hidden = t.fewPlaces(k.all, t.width-indent)
		return []reasonRow{r}
	}
	var rows []reasonRow
	byNote := map[string]int{}
	for _, x := range k.all {
		i, ok := byNote[x.Note]
		if !ok {
			i = len(rows)
			byNote[x.Note] = i
			rows = append(rows, reasonRow{reason: k.reason, remark: x.Note})
			if x.Note == "" {
				rows[i].remark = gist(k)
			}
		}
		rows[i].all = append(rows[i].all, x)
	}
	slices.SortStableFunc(rows, func(a, b reasonRow) int { return len(b.all) - len(a.all) })
	if n := len(rows); n > maxNotes && !t.o.Verbose {
		rest := 0
		for _, r := range rows[maxNotes-1:] {
			rest += len(r.all)
		}
		rows = append(rows[:maxNotes-1], reasonRow{hidden: rest, causes: n - maxNotes + 1})
	}
	for i := range rows {
		switch {
		case len(rows[i].all) == 0:
		case k.reason == format.Unavailable: // the list of what registries say names the images
			rows[i].places, rows[i].hidden = t.fewPlaces(rows[i].all, t.width-indent)
			rows[i].optional = rows[i].hidden > 0
		default:
			rows[i].places, rows[i].hidden = locations(rows[i].all, maxAllFiles, -1)
		}
	}
	return rows
}

// fewPlaces returns what of the places of all fits room columns, which is at
// least one, and how many mentions that leaves out.
func (t *textReport) fewPlaces(all []fileFinding, room int) ([]string, int) {
	if t.width < 0 {
		return locations(all, maxFiles, -1)
	}
	out, hidden := locations(all, maxFiles, max(room, 1))
	if hidden > 0 {
		out, hidden = locations(all, maxFiles, max(room-len("  and 10,000 more (-v lists all)"), 1))
	}
	return out, hidden
}
