package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

//go:embed page/cluster.html
var clusterPage string

//go:embed page/cluster.css
var clusterStyle string

// maxPageUses is the number of uses on the page at most.
const maxPageUses = 2000

// A clusterPageData is what the page shows. It has no script: html/template escapes all
// texts.
type clusterPageData struct {
	Title, Read string
	Style       template.CSS
	StyleHash   string
	Cards       []clusterCard
	Chart       *stateChart
	Advice      []cluster.Advice
	Groups      []clusterGroup
	Uses        []clusterPageUse
	Hidden      string
	Problems    []string
	Notes       []string
}

type clusterCard struct{ N, Words, Class string }

// A clusterGroup counts uses by one property.
type clusterGroup struct {
	ID, Name string
	Rows     []clusterRow
}

type clusterRow struct {
	Name                       string
	ToMove, Pods, Moved, Other int
}

type clusterPageUse struct {
	Owner, Field, Old, New, State, Managers, Match string
	Sources                                        []string
}

func writeClusterHTML(w io.Writer, r *cluster.Report, images []cluster.Image, o ClusterOptions) error {
	t, err := template.New("cluster").Parse(clusterPage)
	if err != nil {
		return err
	}
	if err := t.Execute(w, newClusterPage(r, images, o)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func newClusterPage(r *cluster.Report, images []cluster.Image, o ClusterOptions) *clusterPageData {
	p := o.Point
	d := &clusterPageData{
		Title: fmt.Sprintf("%s to move in %s", wording.Count(p.ToMove, "use"), clusterNames(r)),
		Read:  fmt.Sprintf("%s, %s of them pods; %s", wording.Count(r.Objects, "object"), wording.Number(r.Pods), p.Time.Format("2 January 2006 15:04 MST")),
		Style: template.CSS(pageStyle + clusterStyle), StyleHash: sourceHash(pageStyle + clusterStyle), Advice: o.Advice, Chart: newStateChart(clusterPoints(o.History), "use"),
		Cards: []clusterCard{
			{wording.Number(p.ToMove), "uses to move", "bad"}, {wording.Number(p.Pods), "containers run from old names", ""},
			{wording.Number(p.Moved), "uses have moved", "good"}, {wording.Number(p.Uses - p.ToMove - p.Moved), "uses of other images", ""},
		},
	}
	if p.ToMove+p.Moved > 0 {
		d.Cards = append(d.Cards, clusterCard{fmt.Sprintf("%d %%", 100*p.Moved/(p.ToMove+p.Moved)), "of the migration is done", ""})
	}
	type property struct {
		name string
		of   func(m *cluster.Image, u *cluster.Use) string
	}
	properties := []property{
		{"registry", func(m *cluster.Image, _ *cluster.Use) string { return m.Registry }},
		{"namespace", func(_ *cluster.Image, u *cluster.Use) string { return u.Owner.Namespace }},
		{"owner", func(_ *cluster.Image, u *cluster.Use) string { return u.Owner.Kind }},
		{"manager", func(_ *cluster.Image, u *cluster.Use) string { return managerKind(u) }},
	}
	if len(r.Contexts) > 1 {
		properties = append([]property{{"cluster", func(_ *cluster.Image, u *cluster.Use) string { return u.Context }}}, properties...)
	}
	for _, label := range o.Labels {
		properties = append(properties, property{label, func(_ *cluster.Image, u *cluster.Use) string { return u.Labels[label] }})
	}
	for i, x := range properties {
		g := clusterGroup{ID: fmt.Sprint("by-", i), Name: x.name, Rows: groupUses(images, o.IsTarget, x.of)}
		if len(g.Rows) > 1 || len(g.Rows) == 1 && g.Rows[0].Name != noValue {
			d.Groups = append(d.Groups, g)
		}
	}
	d.addUses(images)
	for _, x := range r.Problems {
		d.Problems = append(d.Problems, problemPlace(x)+": "+x.Err.Error())
	}
	if r.Interrupted {
		d.Problems = append(d.Problems, "interrupted: the lists are not complete")
	}
	for _, n := range r.Notes {
		d.Notes = append(d.Notes, strings.TrimPrefix(n.Context+": "+n.Text, ": "))
	}
	return d
}

func clusterNames(r *cluster.Report) string {
	switch {
	case len(r.Contexts) == 1 && r.Contexts[0] == "":
		return "the cluster"
	case len(r.Contexts) > 3:
		return wording.Count(len(r.Contexts), "cluster")
	}
	return wording.List(r.Contexts, "and")
}

// managerKind returns the kind of the first manager of a use.
func managerKind(u *cluster.Use) string {
	if len(u.Managers) == 0 {
		return ""
	}
	return u.Managers[0].Kind
}

// noValue is the name of the group of uses without a value.
const noValue = "(none)"

// groupUses counts the uses that run or would run, those with the most to move first.
func groupUses(images []cluster.Image, isTarget func(*cluster.Image) bool, of func(*cluster.Image, *cluster.Use) string) []clusterRow {
	rows := map[string]*clusterRow{}
	for i := range images {
		m := &images[i]
		moved := m.New == "" && isTarget(m)
		for k := range m.Uses {
			u := &m.Uses[k]
			if !u.State.Gates() {
				continue
			}
			name := of(m, u)
			if name == "" {
				name = noValue
			}
			row := rows[name]
			if row == nil {
				row = &clusterRow{Name: name}
				rows[name] = row
			}
			switch {
			case m.New != "":
				row.ToMove++
				row.Pods += u.Pods
			case moved:
				row.Moved++
			default:
				row.Other++
			}
		}
	}
	var out []clusterRow
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	slices.SortStableFunc(out, func(a, b clusterRow) int { return b.ToMove - a.ToMove })
	return out
}

// addUses adds the uses that move.
func (d *clusterPageData) addUses(images []cluster.Image) {
	hidden := 0
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			if m.New == "" {
				continue
			}
			if len(d.Uses) == maxPageUses {
				hidden++
				continue
			}
			x := clusterPageUse{u.Context + " " + u.Owner.String(), u.Field, m.Ref, m.New, stateWords(u), managerWords(u), "", sourceWords(u)}
			if u.SourceStatus != cluster.Exact {
				x.Match = string(u.SourceStatus)
			}
			d.Uses = append(d.Uses, x)
		}
	}
	if hidden > 0 {
		d.Hidden = wording.Count(hidden, "more use") + ": -o csv and -o json list all"
	}
}

// clusterPoints returns the points of the chart.
func clusterPoints(history []cluster.Point) []chartPoint {
	var out []chartPoint
	for _, p := range history {
		out = append(out, chartPoint{p.Time, p.ToMove, p.Moved})
	}
	return out
}
