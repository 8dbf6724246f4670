package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// ClusterFlags are the flags that only `regmigrate cluster` has.
type ClusterFlags struct {
	Kubeconfig           string
	Contexts, Namespaces []string
	Match                []string // paths of repositories
	Nodes, Helm, CRDs    bool
	OldOnly, Check       bool
	CheckOperators       bool
	RBAC, Watch          bool
	Interval             time.Duration // of Watch
	Labels               []string
	History              string
	Now                  func() time.Time // nil: time.Now
	Version              string           // of the program

}

// Cluster runs the command cluster.
func Cluster(ctx context.Context, s session.Streams, f *session.Flags, x *ClusterFlags) error {
	writer, err := report.FindCluster(f.Output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	f.Output = "" // session.New accepts formats of the root command only
	set, err := session.New(f, nil, nil)
	if err != nil {
		return err
	}
	if x.RBAC {
		_, err := fmt.Fprint(s.Out, cluster.Role(x.options(), s.ProgramName()+" "+strings.Join(f.Args, " ")))
		return err
	}
	clients, err := x.clients()
	if err != nil {
		return err
	}
	history, err := x.readHistory()
	if err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	run := clusterRun{s: s, f: f, x: x, set: set, bar: bar, writer: writer, clients: clients, history: history}
	repositories, err := run.readRepositories(ctx)
	if err != nil {
		bar.Clear()
		return session.InterruptedError(ctx, err)
	}
	list := run.list
	if x.Watch {
		list = run.watch
	}
	r, err := list(ctx)
	if err != nil {
		return err
	}
	if repositories != nil {
		r.Match(repositories)
	}
	return run.write(r)
}

// A clusterRun is a run of the command cluster.
type clusterRun struct {
	s          session.Streams
	f          *session.Flags
	x          *ClusterFlags
	set        *session.Session
	bar        *session.Progress
	writer     report.ClusterWriter
	clients    []*cluster.Client
	history    []cluster.Point
	incomplete bool // a repository could not be read whole
}

// clients returns the clients of all contexts.
func (x *ClusterFlags) clients() ([]*cluster.Client, error) {
	contexts := x.Contexts
	if len(contexts) == 0 {
		contexts = []string{""}
	}
	var out []*cluster.Client
	for _, name := range contexts {
		c, err := cluster.Connect(cluster.ConnectOptions{Kubeconfig: x.Kubeconfig, Context: name, UserAgent: "regmigrate/" + x.Version})
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// options returns the options of a list.
func (x *ClusterFlags) options() cluster.Options {
	return cluster.Options{Namespaces: x.Namespaces, CRDs: x.CRDs, Nodes: x.Nodes, Helm: x.Helm, Labels: x.Labels, Watch: x.Watch}
}

// readRepositories returns the images of the repositories of --match, with what charts
// and kustomizations render.
func (r *clusterRun) readRepositories(ctx context.Context) ([]cluster.Repository, error) {
	var out []cluster.Repository
	for _, path := range r.x.Match {
		set, err := session.New(r.f, []string{path}, nil)
		if err != nil {
			return nil, fmt.Errorf("--match: %w", err)
		}
		c := imageset.Collector{Flags: r.f, Session: set, Progress: r.bar}
		v := c.NewInventory()
		if err = v.AddFiles(ctx); err == nil {
			err = c.AddRendered(ctx, v, imageset.RootsOf(v))
		}
		if err != nil {
			return nil, err
		}
		r.bar.Clear()
		r.incomplete = r.incomplete || imageset.HasFailures(v)
		if err := imageset.PrintProblems(r.s, v); err != nil {
			return nil, session.Failed(err)
		}
		out = append(out, cluster.Repository{Name: path, Images: v.Images()})
	}
	return out, nil
}

// list lists all clusters.
func (r *clusterRun) list(ctx context.Context) (*cluster.Report, error) {
	out := cluster.NewReport(r.set.Rewrite.Rules)
	defer r.bar.Clear()
	for _, c := range r.clients {
		o := r.x.options()
		o.Custom = inventory.New(inventory.Options{Rules: r.set.Rewrite.Rules, Fields: r.set.Rewrite.Fields})
		o.Progress = func(objects, pods int) {
			r.bar.ShowFunc(func() string { return fmt.Sprintf("%s: %d objects read, %d of them pods", c.Context, objects, pods) })
		}
		if err := c.List(ctx, out, o); err != nil {
			if len(r.clients) == 1 {
				return nil, session.Failed(err)
			}
			out.Problems = append(out.Problems, cluster.Problem{Context: c.Context, Err: err})
		}
		if out.Interrupted {
			break
		}
	}
	return out, nil
}

// write writes the report and returns the error with its exit code.
func (r *clusterRun) write(rep *cluster.Report) error {
	all := rep.Images()
	var old []cluster.Image
	gates := false
	for i := range all {
		if all[i].New != "" {
			old = append(old, all[i])
			gates = gates || all[i].Gates()
		}
	}
	shown := all
	if r.x.OldOnly {
		shown = old
	}
	o := report.ClusterOptions{
		Options: report.Options{Color: session.UseColor(r.f.Color, r.s.Out), Width: session.Columns(r.s.Out), Quiet: r.f.Quiet, Verbose: r.f.Verbose, Version: r.x.Version, RuleSet: r.set.Rewrite.Rules},
		Advice:  cluster.Advise(shown), Labels: r.x.Labels,
		IsTarget: func(m *cluster.Image) bool { return cluster.IsTarget(m, r.set.Rewrite.Rules) },
		Point:    rep.NewPoint(r.x.now(), r.x.Namespaces),
	}
	if r.x.CheckOperators {
		o.Advice = append(cluster.AdviseOperators(all), o.Advice...)
	}
	if err := r.addHistory(&o); err != nil {
		return session.Failed(err)
	}
	if err := r.print(rep, shown, o); err != nil {
		return session.Failed(err)
	}
	switch {
	case rep.Interrupted:
		return session.Failed(errors.New("interrupted; the list is not complete"))
	case len(rep.Problems) > 0 || r.incomplete:
		return session.Failed(nil)
	case r.x.Check && gates:
		return session.Left(nil)
	}
	return nil
}

// print writes the report to standard output. What the format cannot contain goes to
// standard error.
func (r *clusterRun) print(rep *cluster.Report, shown []cluster.Image, o report.ClusterOptions) error {
	isTable := r.writer.Name == "table"
	if !r.f.Quiet || !isTable {
		out := bufio.NewWriter(r.s.Out)
		err := r.writer.Write(out, rep, shown, o)
		if err == nil {
			err = out.Flush()
		}
		if err != nil && !errors.Is(err, syscall.EPIPE) {
			return fmt.Errorf("writing to standard output: %w", err)
		}
	}
	if r.writer.Name == "plain" || r.writer.Name == "csv" || isTable && r.f.Quiet {
		problems := bufio.NewWriter(r.s.Err)
		report.WriteClusterProblems(problems, rep)
		return problems.Flush()
	}
	return nil
}
