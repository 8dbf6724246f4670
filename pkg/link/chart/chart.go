// Package chart links the files of a Helm chart.
package chart

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// Linker ties together the files of a Helm chart: the values that its
// templates make references of, its sub-charts' values, the annotations that
// list images, its README.
//
// Which values make up a reference is read off a rendering (link.Tree.Trace), so
// that keys may be called what they like. For values that no rendered
// reference shows, and for charts that do not render, names of keys decide.
func Linker(bump VersionBump) *link.Linker {
	return &link.Linker{
		Wants:         wantsChart,
		RunOnce:       true,
		HasHiddenRefs: func(name string) bool { return isValues(path.Base(name)) }, // a rendering tells what is an image
		Link:          linkCharts,
		Consequences:  func(t *link.Tree, moved []link.MovedPiece) []link.Consequence { return afterCharts(t, bump, moved) },
	}
}

func wantsChart(name string) bool {
	switch base := path.Base(name); base {
	case "Chart.yaml", "Chart.lock", "README.md":
		return true
	default:
		return isValues(base) || isChartTemplate(name)
	}
}

// isValues reports whether a file called base holds values of a chart.
func isValues(base string) bool {
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	return (ext == ".yaml" || ext == ".yml") && (strings.HasPrefix(stem, "values") || strings.HasSuffix(stem, "values"))
}

// A chart is one chart of the tree, and what was read of its values so far.
type chart struct {
	dir    string
	tree   *link.Tree
	err    error                   // why it does not
	made   []link.TracedRef        // what its rendered references are made of, when it renders
	values map[string]*syntax.Node // by path of the file in the tree; nil for one that is none
}

func linkCharts(t *link.Tree, move link.MoveFunc) []link.Group {
	var charts []*chart
	for _, dir := range chartsOf(t) {
		charts = append(charts, &chart{dir: dir, tree: t, values: map[string]*syntax.Node{}})
	}
	traceAll(t, charts)
	var groups []link.Group
	for _, c := range charts {
		if len(c.made) > 0 {
			groups = append(groups, c.traced(c.made, move)...)
		}
		groups = append(groups, c.overrides(move)...)
		groups = append(groups, c.dependencies(move)...)
	}
	return groups
}

// traceAll asks for the traces of the charts that hold a candidate, all at a
// time: how many are rendered at once is for link.Tree.Trace to bound. A chart that
// does not render has none; its values are told apart by the names of keys.
func traceAll(t *link.Tree, charts []*chart) {
	if t.TraceChart == nil {
		return
	}
	var wg sync.WaitGroup
	for _, c := range charts {
		if c.candidate() {
			wg.Go(func() { c.made, c.err = t.TraceChart(c.dir) })
		}
	}
	wg.Wait()
	for _, c := range charts {
		if c.err != nil {
			t.Unrendered = append(t.Unrendered, c.dir)
		}
	}
}

// candidate reports whether a file of values below the chart may hold
// something to move.
func (c *chart) candidate() bool {
	for _, f := range c.tree.Files {
		if isValues(path.Base(f.Path)) && c.holds(f.Path) {
			return true
		}
	}
	return false
}

// holds reports whether the file at name lies in the chart's folder.
func (c *chart) holds(name string) bool {
	return c.dir == "." || strings.HasPrefix(name, c.dir+"/")
}

// file returns the path in the tree of a file of the chart.
func (c *chart) file(name string) string { return path.Join(c.dir, name) }

// traced makes groups of the references that made says are rendered: those
// that move, and those that share a value with them.
func (c *chart) traced(made []link.TracedRef, move link.MoveFunc) []link.Group {
	var all []format.Occurrence
	seen := map[string]bool{}
	files := c.valueFiles(made)
	for i := range made {
		for _, file := range files {
			if o, ok := c.occurrence(&made[i], file); ok {
				if id := identity(&o); !seen[id] {
					seen[id] = true
					all = append(all, o)
				}
			}
		}
	}
	want := map[link.PieceID]bool{}
	for i := range all {
		if move.Moves(&all[i]) {
			for k := range all[i].Pieces {
				want[link.IDOf(&all[i].Pieces[k])] = true
			}
		}
	}
	groups := []link.Group{}
	of := map[link.PieceID]int{} // a piece -> the group that has it
	for i := range all {
		o := &all[i]
		shares := false
		for k := range o.Pieces {
			shares = shares || want[link.IDOf(&o.Pieces[k])]
		}
		if !shares {
			continue
		}
		at := len(groups)
		for k := range o.Pieces {
			if g, ok := of[link.IDOf(&o.Pieces[k])]; ok {
				at = g
			}
		}
		if at == len(groups) {
			groups = append(groups, link.Group{Why: "rendered by " + c.file(made[0].Template)})
		}
		groups[at].Occurrences = append(groups[at].Occurrences, *o)
		for k := range o.Pieces {
			if _, ok := of[link.IDOf(&o.Pieces[k])]; !ok {
				of[link.IDOf(&o.Pieces[k])] = at
			}
		}
	}
	c.named(groups, of, all, move)
	c.annotations(groups, made)
	groups = append(groups, c.sharing(all, of, move)...)
	return append(groups, c.behind(files, of, move)...)
}

// valueFiles returns the value files that the chart is rendered with: "" for
// the defaults alone, those that were added, and those beside values.yaml.
func (c *chart) valueFiles(made []link.TracedRef) []string {
	files := []string{""}
	seen := map[string]bool{"": true, "values.yaml": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			files = append(files, name)
		}
	}
	for i := range made {
		add(made[i].ValuesFile)
	}
	for _, name := range c.tree.NamesUnder(c.dir) {
		if path.Dir(name) == c.dir && isValues(path.Base(name)) {
			add(path.Base(name))
		}
	}
	return files
}

// occurrence makes the occurrence of a rendered reference, with the values of
// the file over those of the chart. It is false when file has none of them,
// or when they cannot be found.
func (c *chart) occurrence(m *link.TracedRef, file string) (format.Occurrence, bool) {
	// A scan of the file alone need not find it.
	o := format.Occurrence{IsImage: true, FoundByMark: true}
	if r, err := image.Parse(m.Ref); err == nil && m.ValuesFile == file {
		o.Tag, o.Digest = r.Tag, r.Digest
	}
	own := false
	name := false // a part of the path has been seen
	for i, p := range m.Parts {
		if p.Value == nil {
			if cut := strings.IndexAny(p.Text, ":@"); i > 0 && cut >= 0 && !strings.Contains(p.Text[cut:], "/") {
				return c.finish(o, p.Text[:cut], own || file == "")
			}
			if i == 0 {
				return o, false // a template's own text comes first: it is an occurrence there
			}
			if i+1 == len(m.Parts) || len(o.Pieces) == 0 || p.Text != "/" {
				return c.finish(o, p.Text, own || file == "")
			}
			o.Pieces[len(o.Pieces)-1].Sep = p.Text
			continue
		}
		piece, from, ok := c.value(p.Value, file)
		if !ok || !p.Whole || piece.Text != p.Text && from == "" {
			return o, false
		}
		own = own || from == file
		if i > 0 && name && !strings.HasSuffix(o.Pieces[len(o.Pieces)-1].Sep, "/") && !strings.HasSuffix(o.Pieces[len(o.Pieces)-1].Text, "/") {
			break // it stands behind a colon: a tag
		}
		switch {
		case i > 0:
			piece.Role = format.Repository
		case len(m.Parts) > 1 && image.IsHost(strings.TrimSuffix(piece.Text, "/")): // redis:7 alone is a name and a tag
			piece.Role = format.Registry
		}
		name = true
		o.Pieces = append(o.Pieces, piece)
	}
	return c.finish(o, "", own || file == "")
}

// finish closes an occurrence with what a template puts behind its last piece.
func (c *chart) finish(o format.Occurrence, tail string, own bool) (format.Occurrence, bool) {
	if len(o.Pieces) == 0 || !own {
		return o, false
	}
	if len(o.Pieces) > 1 && o.Pieces[0].Role == format.Whole {
		o.Pieces[0].Role = format.Registry // one that has a path, or is none that says so
	}
	o.Tail = tail
	o.Place.Field = o.Pieces[0].Field
	return o, true
}

// identity tells two occurrences of the same pieces for one.
func identity(o *format.Occurrence) string {
	id := o.Tail
	for i := range o.Pieces {
		id += fmt.Sprintf("|%s:%d%s", o.Pieces[i].Path, o.Pieces[i].Span.Start, o.Pieces[i].Sep)
	}
	return id
}
