// Package release proves the releases of Flux and Argo CD whose chart is in the repository.
//
// A release is an object HelmRelease or Application. It is proven if it is known which chart
// and which values reach the cluster, if nothing of its objects, values and chart changed but
// for what regmigrate itself would change, and if the chart, rendered with exactly these
// values, prints the same but for references that changed as the rules require. Everything
// that this package does not know makes a release unproven.
package release

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Plan returns the file called name with the edits that regmigrate would make. Required.
	Plan func(ctx context.Context, name string, src []byte) ([]byte, error)

	// Repository is what is known of the repository that the trees are of.
	Repository Repository

	Capabilities helm.Capabilities

	// Within is the folder whose releases are verified; "" is all of the tree.
	Within string

	// Progress is called after each release, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// Limits. What exceeds them is unproven.
const (
	maxReleases  = 500 // that are rendered
	maxFileSize  = 16 << 20
	maxTotalSize = 256 << 20 // of the files that are searched for objects
	maxObjects   = 50000
)

// Verify returns a verdict for each release that the change concerns: its objects, its values
// or its chart differ between the trees. It returns a [render.Incomplete] together with the
// known verdicts when it is interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	x := &verifier{ctx: ctx, runner: r, options: &o, before: readTree(ctx, before, &o.Repository), after: readTree(ctx, after, &o.Repository), planned: map[string][]byte{}, plannedTrees: map[string]*tree{}, stopped: map[string]string{}}
	x.charts = newChartPairs(before, after)
	var jobs []*job
	for _, id := range x.ids() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if j := x.pair(id, len(jobs) > maxReleases); j != nil && isBelow(j.verdict.Dir, o.Within) {
			jobs = append(jobs, j)
		}
	}
	slices.SortFunc(jobs, func(a, b *job) int {
		return cmp.Or(strings.Compare(a.verdict.Dir, b.verdict.Dir), strings.Compare(a.verdict.Object, b.verdict.Object))
	})
	if n := len(jobs) - maxReleases; n > 0 {
		rest := &job{verdict: jobs[maxReleases].verdict}
		rest.verdict.Object = fmt.Sprintf("%s and %d more", rest.verdict.Object, n-1)
		rest.doubt(fmt.Sprintf("more than %d releases change: these are not rendered", maxReleases))
		rest.isUnknown = true
		jobs = append(jobs[:maxReleases], rest)
	}
	keys := make([]string, len(jobs))
	for i := range jobs {
		keys[i] = strconv.Itoa(i)
	}
	return r.VerifyAll(ctx, keys, o.Progress, func(key string) (render.Verdict, error) {
		i, _ := strconv.Atoi(key)
		return x.verify(ctx, jobs[i])
	})
}

func isBelow(name, dir string) bool {
	return dir == "" || dir == "." || strings.HasPrefix(name, dir+"/")
}

// A verifier verifies releases.
type verifier struct {
	ctx           context.Context
	runner        *render.Runner
	options       *Options
	before, after *tree
	charts        *chartPairs
	planned       map[string][]byte // the files as regmigrate would write them
	plannedTrees  map[string]*tree  // and their objects

	mu      sync.Mutex
	stopped map[string]string // charts whose rendering a backstop ended
}

// A job is one release to verify.
type job struct {
	verdict       render.Verdict
	before, after *release
	isUnknown     bool // it is not rendered
	differences   []string
	doubts        []string
}

func (j *job) doubt(why string)   { j.doubts = append(j.doubts, why) }
func (j *job) differs(why string) { j.differences = append(j.differences, why) }

// unknown adds why the release cannot be rendered.
func (j *job) unknown(why string) {
	j.isUnknown = true
	j.doubts = append(j.doubts, why)
}

// ids returns the names of all releases of the two trees.
func (x *verifier) ids() []objectName {
	seen := map[objectName]bool{}
	var out []objectName
	for _, t := range []*tree{x.before, x.after} {
		for _, k := range []kind{helmRelease, application, applicationSet} {
			for _, o := range t.ofKind[k] {
				if id := (objectName{k, o.namespace, o.name}); o.isTop && !seen[id] {
					seen[id] = true
					out = append(out, id)
				}
			}
		}
	}
	return out
}

// verify returns the verdict of a release.
func (x *verifier) verify(ctx context.Context, j *job) (render.Verdict, error) {
	v := j.verdict
	if err := ctx.Err(); err != nil {
		return v, err
	}
	if len(j.differences) == 0 && !j.isUnknown {
		rendered, err := x.render(ctx, j)
		if err != nil {
			return v, err
		}
		rendered.Dir, rendered.Object, rendered.Kind = v.Dir, v.Object, v.Kind
		v = rendered
	}
	list := j.doubts
	if len(j.differences) > 0 {
		list = j.differences
	}
	if len(list) == 0 || v.State == render.Failed && len(j.differences) == 0 && !j.isUnknown {
		return v, nil
	}
	v.State, v.Reason, v.Diffs = render.Unproven, list[0], nil
	if len(j.differences) > 0 {
		v.State = render.Failed
	}
	v.Notes = append(v.Notes, list[1:min(len(list), maxNotes)]...)
	return v, nil
}

// maxNotes bounds the reasons that a verdict lists.
const maxNotes = 10

// render renders the chart of a release before and after the change.
func (x *verifier) render(ctx context.Context, j *job) (render.Verdict, error) {
	dir := j.before.chart
	x.mu.Lock()
	why, stopped := x.stopped[dir]
	x.mu.Unlock()
	if stopped {
		return render.Verdict{State: render.Unproven, Reason: why, Backstop: true}, nil
	}
	caps := x.options.Capabilities
	caps.Release, caps.Namespace = j.before.name, j.before.targetNamespace
	b, a := x.charts.read(dir)
	v, err := helm.VerifyRelease(ctx, x.runner, [2]helm.Chart{b, a}, [2]helm.Values{j.before.values, j.after.values},
		helm.Options{Rewrite: x.options.Rewrite, Capabilities: caps})
	if err == nil && v.Backstop {
		x.mu.Lock()
		x.stopped[dir] = v.Reason
		x.mu.Unlock()
	}
	return v, err
}
