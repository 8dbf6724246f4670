package inventory

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// A chartSource is a registry of charts that other places refer to by name.
type chartSource struct {
	name format.SourceName
	url  string
	kind format.Kind
}

// A chartUse is a place that names a chart of a chartSource.
type chartUse struct {
	format.ChartUse
	use Use
}

// addChartUses adds the registries of charts and the uses of charts of a file.
func (v *Inventory) addChartUses(scanned format.ScanResult, lines *edit.Lines, base Use) {
	if len(scanned.ChartUses) == 0 && !slices.ContainsFunc(scanned.Occurrences, func(o format.Occurrence) bool { return o.Source.Name != "" }) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range scanned.Occurrences {
		if o := &scanned.Occurrences[i]; o.Source.Name != "" {
			v.sources = append(v.sources, chartSource{o.Source, o.Text(), o.Kind})
		}
	}
	for _, c := range scanned.ChartUses {
		u := base
		u.Field, u.Object = c.Place.Field, c.Place.Object
		if base.Line > 0 {
			u.Line, u.Column = lines.Position(c.Span.Start)
			u.Line += base.Line - 1
		}
		v.uses = append(v.uses, chartUse{c, u})
	}
}

// joinCharts adds to all the charts that are named apart from their registry:
// HelmRelease and HelmRepository. A chart whose registry is not known, or not
// certain because several objects have its name, is not added.
func (v *Inventory) joinCharts(all map[imageKey]*Image) {
	copied := map[imageKey]bool{}
	for _, u := range v.uses {
		url, ok := v.sourceOf(u.Source)
		if !ok {
			continue
		}
		o := format.Occurrence{Kind: format.Chart, Pieces: []format.Piece{{Text: url, Role: format.Registry}}, Tail: "/" + u.Chart, Tag: u.Tag}
		f, _ := v.newFoundRef(&o)
		if f == nil {
			continue
		}
		key := f.image.key()
		switch m := all[key]; {
		case m == nil:
			all[key] = &f.image
		case !copied[key]:
			c := *m
			c.Uses = slices.Clone(m.Uses)
			all[key] = &c
		}
		copied[key] = true
		all[key].Uses = append(all[key].Uses, u.use)
	}
}

// sourceOf returns the registry of charts called name.
func (v *Inventory) sourceOf(name format.SourceName) (url string, ok bool) {
	for _, s := range v.sources {
		if s.kind != format.Chart || s.name.Name != name.Name || s.name.File != name.File {
			continue
		}
		if a, b := s.name.Namespace, name.Namespace; a != "" && b != "" && a != b {
			continue
		}
		if ok && url != s.url {
			return "", false
		}
		url, ok = s.url, true
	}
	return url, ok
}
