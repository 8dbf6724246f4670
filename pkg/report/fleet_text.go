package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/fleet"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// maxFleetRows is the number of rows of one section of the text, without --verbose.
const maxFleetRows = 10

// writeFleetText writes the sums, what failed, and what is left by registry, owner and
// repository.
func writeFleetText(w io.Writer, s *fleet.State, o FleetOptions) error {
	t := &fleetText{bufio.NewWriter(w), s, o}
	if !o.Quiet {
		t.headline()
	}
	t.failed()
	if !o.Quiet {
		t.rows("registry", s.By(func(c *fleet.Cell) string { return c.Registry }, fleet.Repository, fleet.Cluster))
		t.rows("owner", s.By(func(c *fleet.Cell) string { return c.Owner }, fleet.Repository, fleet.Cluster))
		t.subjects()
		notes := fleetNotes(s)
		if len(notes) > 0 {
			fmt.Fprintln(t.b)
		}
		for _, note := range notes {
			fmt.Fprintln(t.b, wrap("note: "+escape(note), o.columns(), 0, 2))
		}
	}
	return t.b.Flush()
}

type fleetText struct {
	b *bufio.Writer
	s *fleet.State
	o FleetOptions
}

// headline writes the sums.
func (t *fleetText) headline() {
	x := &t.s.Totals
	fmt.Fprintf(t.b, "%s: %s done, ", fleetNoun(x), wording.Number(x.Done))
	fmt.Fprintf(t.b, "%s, ", paint(t.o.Color && x.ToMove > 0, red, wording.Number(x.ToMove)+" with references left"))
	fmt.Fprintln(t.b, paint(t.o.Color && x.Failed > 0, red, wording.Number(x.Failed)+" failed"))
	r := &x.References
	fmt.Fprintf(t.b, "%s left: %s\n", wording.Count(r.Left(), "reference"), leftWords(r))
	if first := firstPoint(t.o.History); first != nil {
		fmt.Fprintf(t.b, "%s left on %s\n", wording.Count(first.Totals.References.Left(), "reference"), first.Time.Format("2006-01-02"))
	}
}

// firstPoint returns the oldest point before the state now, nil without one.
func firstPoint(history []fleet.Point) *fleet.Point {
	if len(history) < 2 {
		return nil
	}
	return &history[0]
}

// fleetNoun counts the subjects: "3 repositories and 1 cluster".
func fleetNoun(x *fleet.Totals) string {
	var parts []string
	if x.Repositories > 0 || x.Subjects == 0 {
		parts = append(parts, wording.Number(x.Repositories)+" "+wording.Plural(x.Repositories, "repository", "repositories"))
	}
	if x.Clusters > 0 {
		parts = append(parts, wording.Count(x.Clusters, "cluster"))
	}
	if n := x.Subjects - x.Repositories - x.Clusters; n > 0 {
		parts = append(parts, wording.Count(n, "unreadable report"))
	}
	return wording.List(parts, "and")
}

// leftWords describes counts: "5 to move, 1 likely image, 2 to change by hand; 3 not changed".
func leftWords(c *fleet.Counts) string {
	out := wording.Number(c.ToMove) + " to move, " + wording.Count(c.Likely, "likely image") + ", " + wording.Number(c.ByHand) + " to change by hand; " + wording.Count(c.NotChanged, "other mention") + " not changed"
	if c.Moved > 0 {
		out += "; " + wording.Number(c.Moved) + " moved"
	}
	return out
}

// failed lists the subjects that failed.
func (t *fleetText) failed() {
	all := t.s.Of(fleet.Failed)
	if len(all) == 0 {
		return
	}
	if !t.o.Quiet {
		fmt.Fprintln(t.b, "\n"+paint(t.o.Color, bold, "failed"))
	}
	for i, x := range all {
		if i == maxFleetRows && !t.o.Verbose && !t.o.Quiet {
			fmt.Fprintf(t.b, "  and %s more (--verbose lists all)\n", wording.Number(len(all)-i))
			return
		}
		for _, reason := range x.Reasons {
			fmt.Fprintln(t.b, wrap("  "+paint(t.o.Color, red, escape(x.Name))+": "+escape(reason), t.o.columns(), 0, 4))
		}
	}
}

// rows writes a table of counts by a property. Rows without anything left are not shown.
func (t *fleetText) rows(title string, rows []fleet.Row) {
	var table [][]string
	for _, r := range rows {
		if r.Left() > 0 {
			table = append(table, []string{nameOr(r.Name), wording.Number(r.Left()), wording.Number(r.Subjects) + " " + t.noun(r.Subjects)})
		}
	}
	if len(table) > 0 {
		t.table([]string{"left by " + title, "references", "in"}, table)
	}
}

// noun returns the word for n subjects.
func (t *fleetText) noun(n int) string {
	if t.s.Totals.Clusters > 0 {
		return wording.Plural(n, "repository or cluster", "repositories and clusters")
	}
	return wording.Plural(n, "repository", "repositories")
}

// nameOr returns a name, noValue if it is empty.
func nameOr(name string) string {
	if name == "" {
		return noValue
	}
	return name
}

// subjects writes the subjects with the most left.
func (t *fleetText) subjects() {
	var table [][]string
	for _, x := range t.s.Of(fleet.ToMove) {
		table = append(table, []string{x.Name, wording.Number(x.Counts.Left()), strings.Join(subjectWords(x), ", ")})
	}
	if len(table) > 0 {
		t.table([]string{"with references left", "references", ""}, table)
	}
	if t.o.Verbose {
		table = nil
		for _, x := range t.s.Of(fleet.Done) {
			table = append(table, []string{x.Name, wording.Number(x.Counts.Left()), strings.Join(subjectWords(x), ", ")})
		}
		if len(table) > 0 {
			t.table([]string{"done", "references", ""}, table)
		}
	}
}

// subjectWords returns what to know about a subject: its kind unless it is a repository, its
// pull request, its rules, its proofs, and the day of its commit.
func subjectWords(x *fleet.Subject) []string {
	var out []string
	if x.Kind != fleet.Repository {
		out = append(out, string(x.Kind))
	}
	if p := x.PullRequest; p != nil {
		out = append(out, strings.TrimSpace("pull request "+p.Action+" "+p.URL))
	}
	if x.Proofs > 0 {
		out = append(out, wording.Count(x.Proofs, "proof")+" failed")
	}
	if x.OtherRules {
		out = append(out, "other rules")
	}
	if len(x.Time) >= len("2006-01-02") {
		out = append(out, x.Time[:len("2006-01-02")])
	}
	return out
}

// table writes rows below a heading. The second column is a number.
func (t *fleetText) table(heading []string, rows [][]string) {
	hidden := 0
	if !t.o.Verbose && len(rows) > maxFleetRows+1 {
		hidden, rows = len(rows)-maxFleetRows, rows[:maxFleetRows]
	}
	width := []int{length(heading[0]), length(heading[1])}
	for _, r := range rows {
		r[0] = escape(r[0])
		width[0], width[1] = max(width[0], length(r[0])+2), max(width[1], length(r[1]))
	}
	line := func(cells []string) string {
		return cells[0] + pad(width[0]-length(cells[0])) + "  " + pad(width[1]-length(cells[1])) + cells[1] + "  " + escape(cells[2])
	}
	fmt.Fprintln(t.b, "\n"+paint(t.o.Color, bold, strings.TrimRight(line(heading), " ")))
	for _, r := range rows {
		fmt.Fprintln(t.b, strings.TrimRight(line([]string{"  " + r[0], r[1], r[2]}), " "))
	}
	if hidden > 0 {
		fmt.Fprintf(t.b, "  and %s more (--verbose lists all)\n", strconv.Itoa(hidden))
	}
}

// maxSuperseded is the number of superseded reports that one note names.
const maxSuperseded = 5

// fleetNotes returns what a reader of the state must know: reports that do not count, and
// reports with different rules.
func fleetNotes(s *fleet.State) []string {
	var out []string
	if n := len(s.Superseded); n > 0 {
		var names []string
		for _, x := range s.Superseded[:min(n, maxSuperseded)] {
			names = append(names, x.Name+" ("+x.File+")")
		}
		text := wording.Count(n, "report") + " " + wording.Plural(n, "does", "do") + " not count, because another report about the same subject is newer or has more left: " + strings.Join(names, ", ")
		if n > maxSuperseded {
			text += " and " + wording.Number(n-maxSuperseded) + " more"
		}
		out = append(out, text)
	}
	if len(s.Rules) > 1 {
		other := 0
		for _, r := range s.Rules[1:] {
			other += r.Subjects
		}
		out = append(out, fmt.Sprintf("the reports were made with %s different sets of rules: %s %s other rules than most (%s)",
			wording.Number(len(s.Rules)), wording.Count(other, "report"), wording.Plural(other, "has", "have"), shortDigest(s.Rules[0].Digest)))
	}
	return out
}

// shortDigest returns the beginning of a digest.
func shortDigest(d string) string { return d[:min(len(d), len("sha256:")+12)] }
