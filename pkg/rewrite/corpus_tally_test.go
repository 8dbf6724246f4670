package rewrite_test

import (
	"fmt"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A tally is a table of figures with one row per run.
type tally struct {
	rows map[string]map[string]int
}

func newTally() *tally { return &tally{map[string]map[string]int{}} }

func (s *tally) add(o *tally) {
	for run, row := range o.rows {
		if s.rows[run] == nil {
			s.rows[run] = map[string]int{}
		}
		for k, n := range row {
			s.rows[run][k] += n
		}
	}
}

// run adds the figures of one run.
func (s *tally) run(name string, tree map[string]entry, plan *rewrite.Plan) {
	row := map[string]int{}
	s.rows[name] = row
	for file := range tree {
		row["files"]++
		if ext := path.Ext(file); ext == ".yaml" || ext == ".yml" {
			row["yaml"]++
		}
	}
	c := plan.Count()
	row["mentions"], row["rewritten"], row["implicit"], row["changed"] = c.Mentions(), c.Rewritten, c.RewrittenImplicit, c.ChangedFiles
	for r, n := range c.Reasons {
		row["not changed: "+string(r)] = n
	}
	for i := range plan.Files {
		f := &plan.Files[i]
		row["edits"] += len(f.Edits)
		switch {
		case f.Err != nil:
			row["errors"]++
		case len(f.Edits) > 0 && f.Unverified:
			row["unverified"]++
		case len(f.Edits) > 0:
			row["verified"]++
		}
	}
}

func (s *tally) String() string {
	columns := []string{"files", "yaml", "mentions", "rewritten", "implicit", "edits", "changed", "verified", "unverified", "errors"}
	var runs []string
	for _, run := range corpusRuns {
		runs = append(runs, run.name)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "run\t%s\t\n", strings.Join(columns, "\t"))
	for _, name := range runs {
		fmt.Fprintf(w, "%s\t", name)
		for _, c := range columns {
			fmt.Fprintf(w, "%d\t", s.rows[name][c])
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	for _, name := range runs {
		fmt.Fprintf(&b, "%s, not changed:", name)
		for _, r := range format.Reasons {
			if n := s.rows[name]["not changed: "+string(r.Reason)]; n > 0 {
				fmt.Fprintf(&b, " %d %s,", n, r.Reason)
			}
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}
