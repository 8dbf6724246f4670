package report

import (
	"bytes"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// countWidth is the number of columns of a row's count. A longer count
// misaligns its own row only.
const countWidth = 6

// remarkIndent is the column of a remark on a line of its own.
const remarkIndent = countWidth + 3

// unchanged writes the mentions that are not changed, by reason.
func (t *textReport) unchanged() {
	if len(t.s.unchanged) == 0 {
		return
	}
	t.line(bold, t.s.run.Unchanged())
	label := 0
	for _, g := range t.s.unchanged {
		label = max(label, columns(string(g.reason)))
	}
	indent := countWidth + 1 + label + 2
	layout := rowLayout{columns: -1, verbose: t.o.Verbose}
	if t.width >= 0 {
		layout.columns = max(t.width-indent, 1)
	}
	var rows []reasonRow
	for _, g := range t.s.unchanged {
		rows = append(rows, reasonRows(g, layout)...)
	}
	if !t.o.Verbose {
		t.hintHidden(rows)
	}
	column := t.remarkColumn(rows, indent)
	for _, r := range rows {
		if len(r.all) == 0 {
			t.line(plain, pad(indent)+r.rest)
			continue
		}
		n := wording.Number(len(r.all))
		t.put(plain, pad(countWidth-len(n))+n+" ")
		t.put(plain, string(r.reason)+pad(label-columns(string(r.reason))+2))
		t.row(r, indent, column)
	}
}

// hintHidden says in rows how many mentions are not listed.
func (t *textReport) hintHidden(rows []reasonRow) {
	for i := range rows {
		r := &rows[i]
		if r.hidden > 0 {
			r.rest = t.more(r.hidden)
		}
		if r.hiddenNotes > 0 {
			r.rest += ", with " + wording.Number(r.hiddenNotes) + " other notes"
		}
	}
}

// remarkColumn returns the column, counted from indent, after which remarks are
// aligned: the end of the longest locations that leave room for the remark of
// their own row.
func (t *textReport) remarkColumn(rows []reasonRow, indent int) int {
	column := 0
	for _, r := range rows {
		if n := r.columns(); r.remark != "" && t.fits(indent+n+3+columns(r.remark)) {
			column = max(column, n)
		}
	}
	return column
}

// row writes the locations and the remark of r.
func (t *textReport) row(r reasonRow, indent, column int) {
	switch {
	case t.o.Verbose:
		t.paragraph(plain, r.remark, indent, indent)
		for _, x := range r.all {
			t.location(x)
			t.line(plain, x.Old+implicitMark(x)+"  "+outcome(x)+wording.Prefixed(" — ", x.Note)+wording.Prefixed(" — ", fieldOf(x)))
		}
	case r.remark == "":
		t.places(r, indent)
	case t.fits(indent+column+3+columns(r.remark)) && r.columns() <= column:
		t.put(dim, strings.Join(r.items(), "  "))
		t.line(plain, pad(column-r.columns()+3)+r.remark)
	default:
		t.places(r, indent)
		if !r.optional {
			t.paragraph(plain, r.remark, 0, remarkIndent)
		}
	}
}

// places writes the locations of r from column indent on. If one does not fit there, they
// are on lines of their own, further to the left.
func (t *textReport) places(r reasonRow, indent int) {
	for _, x := range r.items() {
		if !t.fits(indent+columns(x)) && remarkIndent < indent {
			t.b.Truncate(len(bytes.TrimRight(t.b.Bytes(), " ")))
			t.b.WriteByte('\n')
			t.wrapped(dim, r.items(), "  ", 0, remarkIndent)
			return
		}
	}
	t.wrapped(dim, r.items(), "  ", indent, indent)
}

// fieldOf returns the field and the object of x, "" outside of a structure.
func fieldOf(x fileFinding) string {
	return strings.TrimSpace(x.Place.Field + wording.Prefixed(" in ", x.Place.Object))
}
