package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

func (x *ClusterFlags) now() time.Time {
	if x.Now != nil {
		return x.Now()
	}
	return time.Now()
}

// maxHistory is the size of the file of --history at most, in bytes: a state every five
// minutes for a year.
const maxHistory = 64 << 20

// readHistory reads the file of --history. All errors are usage errors.
func (x *ClusterFlags) readHistory() ([]cluster.Point, error) {
	if x.History == "" {
		return nil, nil
	}
	src, err := repofile.ReadOutput(x.History, "", maxHistory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--history: %w", err)
	}
	points, err := cluster.ReadHistory(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("--history: %s: %w", x.History, err)
	}
	return points, nil
}

// addHistory appends the state to the file of --history, and sets the history of a report.
// An interrupted list is no state.
func (r *clusterRun) addHistory(o *report.ClusterOptions) error {
	for _, p := range r.history {
		if p.SameSubject(&o.Point) {
			o.History = append(o.History, p)
		}
	}
	o.History = append(o.History, o.Point)
	if r.x.History == "" || o.Point.Incomplete {
		return nil
	}
	if err := cluster.AppendHistory(r.x.History, o.Point); err != nil {
		return fmt.Errorf("--history: %w", err)
	}
	return nil
}

// watch lists the clusters, again after each change, until nothing to move runs or would
// run, and says on standard error what changed. It returns the last report.
func (r *clusterRun) watch(ctx context.Context) (*cluster.Report, error) {
	var last *cluster.Point
	tick := time.NewTicker(r.x.Interval)
	defer tick.Stop()
	told := false
	for {
		rep, err := r.list(ctx)
		if err != nil {
			return nil, err
		}
		p := rep.NewPoint(r.x.now(), r.x.Namespaces)
		if last == nil || p.ToMove != last.ToMove || p.Pods != last.Pods || p.Moved != last.Moved {
			fmt.Fprintln(r.s.Err, watchLine(&p, last))
		}
		if p.ToMove == 0 || rep.Interrupted || p.Incomplete && last == nil {
			return rep, nil
		}
		last = &p
		if err := rep.WaitForChange(ctx); err != nil && ctx.Err() == nil && !told {
			told = true
			fmt.Fprintf(r.s.Err, "note: listing again every %v: the cluster cannot be watched: %s\n", r.x.Interval, report.EscapeText(err.Error()))
		}
		select {
		case <-ctx.Done():
			rep.Interrupted = true
			return rep, nil
		case <-tick.C:
		}
	}
}

// watchLine describes a state, and how it differs from the last one.
func watchLine(p, last *cluster.Point) string {
	text := fmt.Sprintf("%s  %s to move, %s running, %s moved", p.Time.Format(time.RFC3339), wording.Count(p.ToMove, "use"), wording.Count(p.Pods, "container"), wording.Number(p.Moved))
	if last != nil && p.ToMove != last.ToMove {
		text += fmt.Sprintf(" (%+d)", p.ToMove-last.ToMove)
	}
	if p.Incomplete {
		text += "; some kinds could not be listed"
	}
	return text
}
