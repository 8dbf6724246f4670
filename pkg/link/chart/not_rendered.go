package chart

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepAll keeps everything in the files of the chart: a rendering has no result,
// and another machine may have one. Files of the charts in isChart that are in
// folders below the chart do not belong to it.
func (c *chart) keepAll(move link.MoveFunc, isChart map[string]bool) []link.Group {
	var groups []link.Group
	for _, f := range c.files() {
		if !c.owns(f.Path, isChart) {
			continue
		}
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; o.Keep == "" && move.Moves(o) {
				groups = append(groups, notRendered(o, c.backstop))
			}
		}
	}
	return groups
}

// owns reports whether the file at name is in the folder of the chart, and not in
// that of another one below, or belongs to a sub-chart that is not there.
func (c *chart) owns(name string, isChart map[string]bool) bool {
	if c.isOutside(name) {
		return true
	}
	if !isBelow(name, c.dir) {
		return false
	}
	for dir := path.Dir(name); dir != c.dir && dir != "."; dir = path.Dir(dir) {
		if isChart[dir] {
			return false
		}
	}
	return true
}

// keepUnshown keeps the references in the values files with which the chart does
// not render, unless a rendering shows how they are used, or the chart does not
// render with any values. The default values are those of the chart and of its
// sub-charts. The parameter rendered has the pieces of all rendered references.
func (c *chart) keepUnshown(rendered map[link.PieceID]bool, move link.MoveFunc) []link.Group {
	if len(c.failures) == 0 || !c.renders() {
		return nil
	}
	failed := map[string]*link.RenderFailure{}
	for i := range c.failures {
		f := &c.failures[i]
		failed[f.ValuesFile] = f
	}
	var groups []link.Group
	c.eachKeyNamed(func(o *format.Occurrence) {
		f := failed[c.valuesFileOf(o.Pieces[0].Path)]
		if f == nil || o.Keep != "" || !move.Moves(o) || c.prints(o) {
			return
		}
		for k := range o.Pieces {
			if rendered[link.IDOf(&o.Pieces[k])] {
				return
			}
		}
		groups = append(groups, notRendered(o, f))
	})
	return groups
}

// keepUnproven keeps the short names that only renderings without what is missing
// show: a registry that is missing may precede them. They are likely images, unless
// the templates or the name itself show that a registry precedes them. The parameter
// rendered has the pieces of all rendered references.
func (c *chart) keepUnproven(rendered map[link.PieceID]bool, move link.MoveFunc) []link.Group {
	known := maps.Clone(rendered)
	var groups []link.Group
	for i := range c.unproven {
		o := &c.unproven[i]
		if !move.Moves(o) || hasPiece(known, o) {
			continue
		}
		addPieces(known, []format.Occurrence{*o})
		g := link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.LikelyImage, Why: "the chart does not render, and a registry that is missing may precede the name"}
		if why := c.whyNotOnDockerHub(o); why != "" {
			g.Keep, g.Why = format.NotRendered, "the chart does not render, and "+why
		}
		groups = append(groups, g)
	}
	return groups
}

// whyNotOnDockerHub says why the short name o of a chart that does not render is
// probably no name on Docker Hub; "" if it may be one.
func (c *chart) whyNotOnDockerHub(o *format.Occurrence) string {
	key := o.Field(0)[strings.LastIndexByte(o.Field(0), '.')+1:]
	text := o.Text()
	if len(o.Pieces) > 1 || o.Tail != "" {
		if namesRegistry.MatchString(key) {
			return o.Pieces[0].Text + " stands for a registry"
		}
	} else if uses, dir := c.usesAfterText(o); len(uses) > 0 {
		i := slices.IndexFunc(uses, func(u textUse) bool { return !strings.HasSuffix(u.before, "/") || !c.mayBeHub(u.before, dir) })
		if i >= 0 {
			return uses[i].String()
		}
	}
	if !strings.Contains(text, "/") && !c.isLikely(o) {
		return "Docker Hub has no official image with this name: a registry that is missing may precede it"
	}
	return ""
}

// prints reports whether a rendering shows the reference o, which one value spells
// out with its registry.
func (c *chart) prints(o *format.Occurrence) bool {
	text := o.Text()
	if r, err := image.Parse(text); err != nil || r.Domain == "" || len(o.Pieces) > 1 {
		return false
	}
	return slices.ContainsFunc(c.refs, func(ref link.TracedRef) bool {
		rest, ok := strings.CutPrefix(ref.Ref, text)
		return ok && !ref.Incomplete && (rest == "" || isTagStart(rest[0]))
	})
}

// valuesFileOf returns the values file, a path in the chart, of which the file at
// name in the folder of the chart is a part: "" for the default values.
func (c *chart) valuesFileOf(name string) string {
	inChart := name
	if c.dir != "." {
		inChart = strings.TrimPrefix(name, c.dir+"/")
	}
	if path.Base(name) == "values.yaml" && (inChart == "values.yaml" || strings.HasPrefix(inChart, "charts/")) {
		return ""
	}
	return inChart
}

func notRendered(o *format.Occurrence, f *link.RenderFailure) link.Group {
	return link.Group{
		Occurrences: []format.Occurrence{*o},
		Keep:        format.NotRendered,
		Why:         "the chart does not render " + f.String(),
	}
}
