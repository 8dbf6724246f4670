package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/pkg/fleet"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

//go:embed page/fleet.html
var fleetPage string

//go:embed page/fleet.css
var fleetStyle string

// Limits of the page. The CSV and the JSON have everything.
const (
	maxPageSubjects = 2000 // subjects of one table
	maxPageRows     = 100  // owners or registries
)

// A fleetPageData is what the page shows. It has no script: html/template escapes all texts.
type fleetPageData struct {
	Title, Read string
	Style       template.CSS
	StyleHash   string
	Cards       []clusterCard
	Percent     int // of the subjects that are done
	Chart       *stateChart
	HasMoved    bool // in the chart
	Failed      []fleetFailed
	Groups      []fleetGroup
	Nouns       string // what the subjects of a group are
	Subjects    []fleetSubject
	Hidden      string
	Done        []fleetSubject
	HiddenDone  string
	Notes       []string
}

// A fleetFailed is a failed subject.
type fleetFailed struct {
	Name, File string // File is "" if Name says it
	Reasons    []string
}

// A fleetGroup counts references by one property.
type fleetGroup struct {
	ID, Name string
	HasMoved bool
	Rows     []fleetRow
	Hidden   string
}

type fleetRow struct {
	fleet.Row
	Left int
}

type fleetSubject struct {
	*fleet.Subject
	Owners, Registries string
	Left               int
	Words, Day         string // of the commit or the list
	Pull, Link         string // of a pull request with an address: what was done, and the address
}

func writeFleetHTML(w io.Writer, s *fleet.State, o FleetOptions) error {
	t, err := template.New("fleet").Funcs(template.FuncMap{"number": wording.Number}).Parse(fleetPage)
	if err != nil {
		return err
	}
	if err := t.Execute(w, newFleetPage(s, o)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func newFleetPage(s *fleet.State, o FleetOptions) *fleetPageData {
	x := &s.Totals
	style := pageStyle + clusterStyle + fleetStyle
	d := &fleetPageData{
		Title: fmt.Sprintf("%s left in %s", wording.Count(x.References.Left(), "reference"), fleetNoun(x)),
		Read:  "state of " + pageTime(s.Time) + wording.Prefixed(", regmigrate ", s.Program),
		Style: template.CSS(style), StyleHash: sourceHash(style), Chart: newStateChart(fleetPoints(o.History), "reference"), Notes: fleetNotes(s),
		Cards: []clusterCard{
			{wording.Number(x.Done), "done", "good"}, {wording.Number(x.ToMove), "with references left", badIf(x.ToMove)}, {wording.Number(x.Failed), "failed", badIf(x.Failed)},
			{wording.Number(x.References.ToMove), "references to move", badIf(x.References.ToMove)}, {wording.Number(x.References.Likely), "likely images", ""},
			{wording.Number(x.References.ByHand), "to change by hand", ""}, {wording.Number(x.References.NotChanged), "other mentions not changed", ""},
		},
	}
	if x.Subjects > 0 {
		d.Percent = 100 * x.Done / x.Subjects
	}
	switch {
	case x.Clusters == 0:
		d.Nouns = "repositories"
	case x.Repositories == 0:
		d.Nouns = "clusters"
	default:
		d.Nouns = "repositories, clusters"
	}
	d.HasMoved = slices.ContainsFunc(o.History, func(p fleet.Point) bool { return p.Totals.References.Moved > 0 })
	for _, f := range s.Of(fleet.Failed) {
		x := fleetFailed{f.Name, f.File, f.Reasons}
		if f.Kind == fleet.Unknown {
			x.File = ""
		}
		d.Failed = append(d.Failed, x)
	}
	d.addGroup("registry", s.By(func(c *fleet.Cell) string { return c.Registry }, fleet.Repository, fleet.Cluster))
	d.addGroup("owner", s.By(func(c *fleet.Cell) string { return c.Owner }, fleet.Repository, fleet.Cluster))
	d.Subjects, d.Hidden = pageSubjects(s.Of(fleet.ToMove))
	d.Done, d.HiddenDone = pageSubjects(s.Of(fleet.Done))
	return d
}

// badIf returns the class of a card for a number that should be 0.
func badIf(n int) string {
	if n > 0 {
		return "bad"
	}
	return ""
}

// pageTime returns a time in words.
func pageTime(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.Format("2 January 2006 15:04 MST")
}

// fleetPoints returns the points of the chart.
func fleetPoints(history []fleet.Point) []chartPoint {
	var out []chartPoint
	for _, p := range history {
		out = append(out, chartPoint{p.Time, p.Totals.References.Left(), p.Totals.References.Moved})
	}
	return out
}

// addGroup adds the rows of a property, unless there is only one without a name.
func (d *fleetPageData) addGroup(name string, rows []fleet.Row) {
	g := fleetGroup{ID: "by-" + name, Name: name}
	if len(rows) == 0 || len(rows) == 1 && rows[0].Name == "" {
		return
	}
	if n := len(rows) - maxPageRows; n > 0 {
		g.Hidden, rows = wording.Number(n)+" more: -o csv and -o json list all", rows[:maxPageRows]
	}
	for _, r := range rows {
		r.Name = nameOr(r.Name)
		g.HasMoved = g.HasMoved || r.Moved > 0
		g.Rows = append(g.Rows, fleetRow{r, r.Left()})
	}
	d.Groups = append(d.Groups, g)
}

// pageSubjects returns the subjects of a table, and how many are not in it.
func pageSubjects(all []*fleet.Subject) (out []fleetSubject, hidden string) {
	if n := len(all) - maxPageSubjects; n > 0 {
		all, hidden = all[:maxPageSubjects], wording.Number(n)+" more: -o csv and -o json list all"
	}
	for _, s := range all {
		x := fleetSubject{Subject: s, Left: s.Counts.Left()}
		var owners, registries []string
		for k := range s.Cells {
			if c := &s.Cells[k]; c.Left() > 0 {
				owners, registries = append(owners, nameOr(c.Owner)), append(registries, nameOr(c.Registry))
			}
		}
		x.Owners, x.Registries = uniqueWords(owners), uniqueWords(registries)
		if p := s.PullRequest; p != nil && (strings.HasPrefix(p.URL, "https://") || strings.HasPrefix(p.URL, "http://")) {
			x.Link, x.Pull = p.URL, "pull request "+p.Action
		}
		x.Words, x.Day = pageWords(s, x.Link != "")
		out = append(out, x)
	}
	return out, hidden
}

// pageWords returns what the page says about a subject beside its pull request, if that is a
// link, and the day.
func pageWords(s *fleet.Subject, isLinked bool) (words, day string) {
	rest := *s
	if isLinked {
		rest.PullRequest = nil
	}
	if len(s.Time) >= len(time.DateOnly) {
		day, rest.Time = s.Time[:len(time.DateOnly)], ""
	}
	return strings.Join(subjectWords(&rest), ", "), day
}

// maxUniqueWords is the number of owners or registries of one subject on the page.
const maxUniqueWords = 4

// uniqueWords returns each word once, in the order of the list.
func uniqueWords(all []string) string {
	seen := map[string]bool{}
	var out []string
	for _, w := range all {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	if n := len(out) - maxUniqueWords; n > 0 {
		out = append(out[:maxUniqueWords:maxUniqueWords], fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, ", ")
}
