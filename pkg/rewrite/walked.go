package rewrite

import (
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// chartFile is the file that every chart has.
const chartFile = "Chart.yaml"

// reportWalk calls Options.Walked if the walk that returned skipped visited all of the
// repository.
func (r *reader) reportWalk(skipped []walk.Skip) {
	if r.opts.Walked == nil || r.isPartial() {
		return
	}
	charts := slices.Clone(r.charts)
	var notVisited []string
	for _, x := range skipped {
		switch {
		case x.Dir:
			notVisited = append(notVisited, x.Path)
		case path.Base(x.Path) == chartFile:
			charts = append(charts, x.Path)
		}
	}
	r.opts.Walked(charts, notVisited)
}
