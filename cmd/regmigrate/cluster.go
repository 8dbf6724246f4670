package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// newClusterCommand returns `regmigrate cluster`. The parameter line holds the arguments
// that the user typed.
func newClusterCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var x app.ClusterFlags
	cmd := &cobra.Command{
		Use:   "cluster [flags]",
		Short: "list the images of clusters, their owners, and the files that they come from",
		Long: `cluster lists every image of a cluster: those of pods, and those that workloads
only declare. For each image it prints what would move, and whereto, the object at
the top of its owners (a Deployment, a CronJob, a custom resource, the node of a
static pod), and the Helm release, the application of Argo CD or the object of Flux
that put it there.

With --match it prints the file and the line of a repository that an image comes
from. It renders charts and builds kustomizations, and looks for an object of the
same kind and name with the same image. Without such an object, it prints the places
that have the same reference, or "nowhere here". --match and --context are repeatable: one
report has several clusters and repositories.

With --check the exit code is 1 if an image to move runs or would run: pods, and
workloads, also those scaled to zero. Finished pods and jobs and old ReplicaSets are
listed and do not count.

The command only reads. A kind that the user may not list is named, the rest is
listed, and the exit code is 3. --rbac prints the ClusterRole that the flags need.
Lists are read in pages. If one is interrupted, the command prints what it has.`,
		Example: `  regmigrate cluster                            # the current context, all namespaces
  regmigrate cluster --old-only --match .       # what would move, and from which file
  regmigrate cluster --context a --context b -n web --check
  regmigrate cluster --crds -o json > images.json && regmigrate registry check - < images.json
  regmigrate cluster --history state.jsonl -o html > state.html
  regmigrate cluster --watch -n web             # until nothing is left to move
  regmigrate cluster --rbac | kubectl apply -f -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("cluster: expected no argument, got %q; --match names a repository", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			for _, name := range []string{"values", "set", "kube-version", "api-versions", "jobs"} {
				if cmd.Flags().Changed(name) && len(x.Match) == 0 {
					return fmt.Errorf("--%s: expected with --match, which renders charts", name)
				}
			}
			if x.RBAC && cmd.Flags().Changed("output") {
				return errors.New("--output: --rbac prints YAML for kubectl apply, and has no other format")
			}
			if cmd.Flags().Changed("interval") && !x.Watch {
				return errors.New("--interval: expected with --watch")
			}
			if x.Interval <= 0 {
				return fmt.Errorf("--interval %v: expected more than 0", x.Interval)
			}
			x.Version, f.Args = version(), *line
			return app.Cluster(cmd.Context(), s, &f, &x)
		},
	}
	setExits(cmd, "--check: an image to move runs, or would run", "a kind could not be listed, or the command was interrupted; the rest was listed")
	addRuleFlags(cmd, &f)
	fl := cmd.Flags()
	if err := fl.MarkHidden("scope"); err != nil {
		panic(err)
	}
	fl.StringVar(&x.Kubeconfig, "kubeconfig", "", "read this `file` (default: $KUBECONFIG, then ~/.kube/config)")
	fl.StringArrayVar(&x.Contexts, "context", nil, "list the cluster of the context `name` (repeatable; default: the current context)")
	fl.StringArrayVarP(&x.Namespaces, "namespace", "n", nil, "list only the namespace `name` (repeatable; default: all)")
	fl.StringArrayVar(&x.Match, "match", nil, "look for the images in the repository at `PATH` (repeatable)")
	fl.BoolVar(&x.CRDs, "crds", false, "also list images of all custom resources")
	fl.BoolVar(&x.Nodes, "nodes", false, "also list images that nodes hold, as far as their status has them")
	fl.BoolVar(&x.Helm, "helm", false, "also list the hooks of Helm releases; this reads the secrets of Helm")
	fl.StringVarP(&f.Output, "output", "o", "table", "`format` of standard output: "+strings.Join(report.ClusterNames(), ", "))
	complete(cmd, "output", report.ClusterNames())
	fl.BoolVar(&x.OldOnly, "old-only", false, "list only images that a rule moves")
	fl.BoolVar(&x.Check, "check", false, "exit 1 if an image to move runs, or would run")
	fl.BoolVar(&x.CheckOperators, "check-operators", false, "also name custom resources whose operators create pods with images to move: such operators may undo a mutation again and again")
	fl.BoolVar(&x.RBAC, "rbac", false, "print the ClusterRole that the other flags need, and read nothing")
	fl.BoolVar(&x.Watch, "watch", false, "list again after each change in the cluster, until no image to move runs or would run; print each state to standard error")
	fl.DurationVar(&x.Interval, "interval", 30*time.Second, "with --watch: least `time` between two lists")
	fl.StringVar(&x.History, "history", "", "append the state of the migration to this `file`, one JSON object per line; -o html draws it as a chart")
	fl.StringArrayVar(&x.Labels, "label", []string{"team"}, "report this `label` of owners, such as that of the team (repeatable)")
	addRenderFlags(cmd, &f.Render)
	fl.IntVarP(&f.Jobs, "jobs", "j", 0, "with --match: `number` of files processed at a time (default: the number of CPUs)")
	addColorFlag(cmd, &f)
	fl.BoolVarP(&f.Quiet, "quiet", "q", false, "report failures only, and print no table: for scripts that use the exit code of --check")
	fl.BoolVarP(&f.Verbose, "verbose", "v", false, "list every use of every image")
	return cmd
}
