package prove

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/compose"
	"github.com/regmigrate/regmigrate/pkg/render/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/render/release"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var kubeVersion = regexp.MustCompile(`^v?\d+\.\d+(\.\d+)?([-+].*)?$`)

// A Prover renders charts and builds kustomizations in child processes.
type Prover struct {
	Runner       *render.Runner
	extraValues  helm.Values
	capabilities helm.Capabilities
	program      *helm.Program  // of --helm; nil for the library
	archives     *helm.Archives // of --chart-dir; nil for none
	Bar          *session.Progress

	// Repository is the folder of the repository of the plan, and Branch the branch that the plan
	// is of; "" stands for the root of the plan and for the branches that git knows.
	Repository, Branch string

	// Base is the commit whose files are compared with the current ones; "" compares the current
	// files with the plan.
	Base string

	// Within is the folder of the tree in which charts are searched; "" is all of
	// the tree. See rewrite.Options.
	Within string

	traced atomic.Int64 // charts rendered by the functions that Tracer returns

	// OnVerdict, if set, is called for each verdict, from one goroutine at a
	// time. New sets it to show progress.
	OnVerdict func(done, total int, v *render.Verdict)

	known sync.Map // of *helm.KnownVerdicts, by *rules.Set

	mu    sync.Mutex
	close []func() error // what Close closes
}

// knownOf returns the verdicts about charts that are known for set.
func (p *Prover) knownOf(set *rules.Set) *helm.KnownVerdicts {
	x, _ := p.known.LoadOrStore(set, &helm.KnownVerdicts{})
	return x.(*helm.KnownVerdicts)
}

// New returns a Prover. It starts child processes when they are needed; Close
// ends them.
func New(f *session.RenderFlags, jobs int, bar *session.Progress) (*Prover, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the program file to start child processes: %w", err)
	}
	p := &Prover{
		Runner:       &render.Runner{Self: []string{self, render.ChildCommand}, Jobs: jobs, Timeout: f.Timeout},
		extraValues:  helm.Values{Set: f.Set},
		capabilities: helm.Capabilities{KubeVersion: f.KubeVersion, APIVersions: f.APIVersions},
		Bar:          bar,
		OnVerdict:    bar.Proofs,
	}
	if f.Timeout < 0 {
		return nil, fmt.Errorf("--render-timeout %v: expected a positive duration\n  for example: --render-timeout 1m", f.Timeout)
	}
	if f.KubeVersion != "" && !kubeVersion.MatchString(f.KubeVersion) {
		return nil, fmt.Errorf("--kube-version %q: expected a Kubernetes version\n  for example: --kube-version 1.31", f.KubeVersion)
	}
	for _, x := range f.Set {
		if key, _, ok := strings.Cut(x, "="); !ok || key == "" {
			return nil, fmt.Errorf("--set %q: expected KEY=VALUE\n  for example: --set ingress.enabled=true", x)
		}
	}
	if f.ChartDir != "" {
		if p.archives, err = helm.OpenArchives(f.ChartDir); err != nil {
			return nil, fmt.Errorf("--chart-dir: %w", err)
		}
	}
	for _, name := range f.Values {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("--values: %w", err)
		}
		p.extraValues.Files = append(p.extraValues.Files, src)
	}
	return p, nil
}

// UseHelm lets charts be proved with the program name, the user's own helm.
func (p *Prover) UseHelm(ctx context.Context, name string) error {
	program, err := helm.FindProgram(ctx, name, p.Runner.Limits())
	if err != nil {
		return fmt.Errorf("--helm %q: %w", name, err)
	}
	p.program = program
	return nil
}

// Close ends the children and closes the trees.
func (p *Prover) Close() {
	p.Runner.Close()
	for _, closeIt := range p.close {
		_ = closeIt() // nothing was written
	}
}

// Prove renders the charts, builds the kustomizations, loads the Compose projects and
// reads the Dockerfiles of the plan before and after the change, and adds the verdicts to the plan; if changed is set, only
// those that the plan changes. It renders the releases of Flux and Argo CD that the change concerns. After an interruption it returns an Interrupted
// error; the plan has the verdicts so far.
func (p *Prover) Prove(ctx context.Context, plan *rewrite.Plan, before, after fs.FS, changed bool) error {
	move := render.ByRules(plan.Rules)
	dirs, err := p.chartsToProve(plan, before, changed)
	if err != nil {
		return fmt.Errorf("rendering charts: %w", err)
	}
	o := helm.Options{Rewrite: move, ExtraValues: p.extraValues, Capabilities: p.capabilities, AddedKeys: plan.AddsKeys, Program: p.program, Known: p.knownOf(plan.Rules), Archives: p.archives, Dirs: dirs, Within: p.Within, Progress: p.OnVerdict}
	verdicts, err := helm.Verify(ctx, p.Runner, before, after, o)
	addProofs(plan, verdicts)
	missing := &Interrupted{}
	if err := missing.add(err, "chart"); err != nil {
		return fmt.Errorf("rendering charts: %w", err)
	}
	built, err := kustomize.Verify(ctx, p.Runner, before, after, kustomize.Options{
		Rewrite: move, Capabilities: p.capabilities, AddedKeys: plan.AddsKeys, Dirs: kustomize.Dirs(plan.FamilyFiles), Changed: changed, Progress: p.OnVerdict,
	})
	addProofs(plan, built)
	if err := missing.add(err, "kustomization"); err != nil {
		return fmt.Errorf("building kustomizations: %w", err)
	}
	projects, err := compose.Verify(ctx, p.Runner, before, after, compose.Options{
		Rewrite: move, Plan: rewrite.EditTextIn(plan.Rules, before), HasLonger: plan.Rules.HasLonger, Files: withLinks(plan.ComposeFiles, plan.Skipped, format.IsCompose), Changed: changed, Progress: p.OnVerdict,
	})
	addProofs(plan, projects)
	if err := missing.add(err, "Compose file"); err != nil {
		return fmt.Errorf("comparing Compose files: %w", err)
	}
	compared, err := dockerfile.Verify(ctx, p.Runner, before, after, dockerfile.Options{
		Rewrite: move, Plan: rewrite.EditText(plan.Rules), Files: withLinks(plan.Dockerfiles, plan.Skipped, format.IsDockerfile), Changed: changed, Progress: p.OnVerdict,
	})
	addProofs(plan, compared)
	if err := missing.add(err, "Dockerfile"); err != nil {
		return fmt.Errorf("comparing Dockerfiles: %w", err)
	}
	releases, err := release.Verify(ctx, p.Runner, before, after, p.releaseOptions(ctx, plan, after))
	addProofs(plan, releases)
	if err := missing.add(err, "release"); err != nil && ctx.Err() == nil {
		return fmt.Errorf("rendering releases: %w", err)
	} else if err != nil {
		missing.missing = append(missing.missing, "the releases") // how many is not known
	}
	if len(missing.missing) > 0 {
		return missing
	}
	return nil
}

func addProofs(plan *rewrite.Plan, verdicts []render.Verdict) {
	for i := range verdicts {
		plan.Proofs = append(plan.Proofs, proofOf(&verdicts[i]))
	}
}

// Interrupted is the error of an interrupted proof.
type Interrupted struct{ missing []string }

func (u *Interrupted) Error() string {
	return "interrupted: no verdict on " + strings.Join(u.missing, " and on ")
}

// add records how many verdicts are missing if err reports an interruption. It
// returns any other error.
func (u *Interrupted) add(err error, what string) error {
	m := (*render.Incomplete)(nil)
	if !errors.As(err, &m) || !errors.Is(err, context.Canceled) {
		return err
	}
	n := m.Missing
	switch {
	case n == 0:
	case n == m.Total:
		u.missing = append(u.missing, "the "+session.Plural(n, what))
	default:
		u.missing = append(u.missing, fmt.Sprintf("%d of %s", n, session.Plural(m.Total, what)))
	}
	return nil
}

// proofOf converts a verdict to the type of a plan.
func proofOf(v *render.Verdict) rewrite.Proof {
	states := map[render.State]rewrite.ProofState{render.Proven: rewrite.Proven, render.Failed: rewrite.Failed, render.Unproven: rewrite.Unproven}
	out := rewrite.Proof{Path: v.Dir, Object: v.Object, Kind: "chart", State: states[v.State], Summary: v.Summary(), Unchanged: v.Unchanged, Backstop: v.Backstop}
	shows := "no changed reference is rendered with these values; --set or --values may show them"
	switch {
	case v.Kustomization:
		out.Kind, shows = "kustomization", "no changed reference is in the output"
	case v.Kind == render.Release:
		out.Kind, shows = string(v.Kind), "no changed reference is rendered with the values of the release"
	case v.Kind != "":
		out.Kind, shows = string(v.Kind), "no changed reference is in a field that is compared"
	}
	if v.State == render.Proven && !v.Unchanged && v.Moved == 0 {
		// The outputs are equal, but they contain none of the changes.
		out.State, out.Summary = rewrite.Unproven, shows
	}
	if v.Renderer != "" {
		out.Summary += " (" + v.Renderer + ")"
	}
	out.Details = append(out.Details, v.Notes...)
	for i, d := range v.Diffs {
		if i == 0 && v.Kind != "" && strings.HasPrefix(v.Reason, d.String()) {
			continue // the summary has it
		}
		out.Details = append(out.Details, d.String())
	}
	for _, l := range v.Leftovers {
		if l.Field == "" {
			out.Details = append(out.Details, "the images field does not move this reference of a base: "+l.Ref)
			continue
		}
		if v.Kind != "" && v.Kind != render.Release {
			out.Details = append(out.Details, fmt.Sprintf("not changed: %s in %s", l.Ref, l.Field))
			continue
		}
		if d := fmt.Sprintf("still rendered: %s, by %s", l.Ref, l.Template); !slices.Contains(out.Details, d) { // the same line can occur with several values files
			out.Details = append(out.Details, d)
		}
	}
	for _, x := range v.Omitted {
		out.Details = append(out.Details, "not built: "+x)
	}
	if len(v.Missing) > 0 && v.State != render.Unproven { // else the summary says it
		out.Details = append(out.Details, "not rendered, because they are not in charts/: "+strings.Join(v.Missing, ", "))
	}
	return out
}

// Tree returns the file system of the folder root, as package repofile reads it. It
// stays open until Close.
func (p *Prover) Tree(root string) fs.FS {
	r, err := repofile.OpenDir(root)
	if err != nil {
		return unreadable{err}
	}
	p.onClose(r.Close)
	return r
}

// onClose adds a function that Close calls.
func (p *Prover) onClose(closeIt func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close = append(p.close, closeIt)
}

// unreadable is the file system of a folder that cannot be opened.
type unreadable struct{ err error }

func (u unreadable) Open(string) (fs.File, error) { return nil, u.err }

// Overlay returns the tree after the change of the plan.
func (p *Prover) Overlay(plan *rewrite.Plan) fs.FS {
	files := map[string][]byte{}
	for i := range plan.Files {
		if f := &plan.Files[i]; len(f.Edits) > 0 {
			files[f.Path] = f.After()
		}
	}
	return render.Overlay(p.Tree(plan.Root), files)
}

// chartsToProve returns the folders of the charts of the plan, or only of those in
// which the plan changes a file. It adds the charts of the tree that use a changed
// one as a sub-chart.
func (p *Prover) chartsToProve(plan *rewrite.Plan, tree fs.FS, changed bool) ([]string, error) {
	isChanged := func(dir string) bool {
		return slices.ContainsFunc(plan.Files, func(f rewrite.File) bool {
			return len(f.Edits) > 0 && (dir == "." || strings.HasPrefix(f.Path, dir+"/"))
		})
	}
	dirs := append([]string{}, chart.Dirs(plan.FamilyFiles)...)
	if changed {
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !isChanged(dir) })
	}
	if !isChanged(".") {
		return dirs, nil
	}
	charts, err := helm.OpenTree(tree, p.Within)
	if err != nil {
		return nil, err
	}
	for dir, subs := range charts.OutsideSubcharts() {
		if slices.ContainsFunc(slices.Collect(maps.Values(subs)), isChanged) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
}

// CountStates counts the proofs of a plan by their state.
func CountStates(plan *rewrite.Plan) map[rewrite.ProofState]int {
	n := map[rewrite.ProofState]int{}
	for _, p := range plan.Proofs {
		n[p.State]++
	}
	return n
}
