package helm

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// ExtraValues are added to each Values of a chart, after its own.
	ExtraValues Values

	Capabilities Capabilities

	// AddedKeys accepts keys that let charts use images of other registries: see
	// [render.WithoutAddedKeys].
	AddedKeys bool

	// Program renders the charts; nil means the library of Helm.
	Program *Program

	// Archives have dependencies that the trees do not have; nil for none.
	Archives *Archives

	// Known has verdicts that are taken, and gets the others; nil for none. It is not used
	// with Program.
	Known *KnownVerdicts

	// Dirs are the folders of the charts to verify; nil means all charts.
	Dirs []string

	// Within is the folder of the trees in which charts are searched; "" is all.
	Within string

	// Progress is called after each chart, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// Verify renders each chart of before, and the chart in the same folder of after,
// with each of its values files, and compares the outputs. It returns one verdict
// for each chart, sorted by folder. A chart that does not render gets a verdict,
// too. Verify returns an error when a tree cannot be read, and a
// [render.Incomplete] together with the known verdicts when it is interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	v := verifier{runner: r, options: &o}
	var err error
	if v.before, err = newChartIndex(before, o.Within); err != nil {
		return nil, err
	}
	if v.after, err = newChartIndex(after, o.Within); err != nil {
		return nil, err
	}
	v.before, v.after = v.before.withArchives(o.Archives), v.after.withArchives(o.Archives)
	dirs := o.Dirs
	if dirs == nil {
		dirs = v.before.dirs
	}
	return r.VerifyAll(ctx, dirs, o.Progress, func(dir string) (render.Verdict, error) { return v.verify(ctx, dir) })
}

// A verifier verifies the charts of a tree.
type verifier struct {
	runner        *render.Runner
	before, after *chartIndex
	options       *Options
}

// verify verifies the chart in the folder dir, unless its verdict is known.
func (x *verifier) verify(ctx context.Context, dir string) (render.Verdict, error) {
	before, after := x.before.read(dir), x.after.read(dir)
	if x.options.Known == nil || x.options.Program != nil || before.Err != nil || after.Err != nil {
		return x.verifyChart(ctx, dir, before, after)
	}
	key := keyOf(&before, &after, x.options)
	if v, ok := x.options.Known.find(key); ok {
		return v, nil
	}
	v, err := x.verifyChart(ctx, dir, before, after)
	if err == nil {
		x.options.Known.add(key, v)
	}
	return v, err
}

// verifyChart verifies the chart before and after the change, which is in the folder dir.
func (x *verifier) verifyChart(ctx context.Context, dir string, before, after Chart) (render.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return render.Verdict{}, err
	}
	v := render.Verdict{Dir: dir, DependencyDirs: before.DependencyDirs}
	if p := x.options.Program; p != nil {
		v.Renderer = "helm " + p.Version
	}
	switch {
	case before.Err != nil:
		v.State, v.Reason = render.Unproven, before.Err.Error()
		return v, nil
	case after.Err != nil:
		v.Reason = "after the change: " + after.Err.Error()
		return v, nil
	}
	c := chartVerdict{verdict: v, objects: map[string]bool{}, moved: map[string]bool{}, leftovers: map[render.Leftover]bool{}}
	c.verdict.Unchanged = sameFiles(before.Files, after.Files)
	for _, b := range before.Values {
		i := slices.IndexFunc(after.Values, func(a Values) bool { return a.Name == b.Name })
		if i < 0 {
			c.addFailed(b.Name, "the values file is gone after the change")
			continue
		}
		a := after.Values[i]
		unchanged := c.verdict.Unchanged && slices.EqualFunc(b.Files, a.Files, bytes.Equal)
		extra := x.options.ExtraValues
		cmp := comparison{x, &before, &after, b.with(extra), a.with(extra), unchanged}
		more, err := cmp.run(ctx, &c)
		if err != nil {
			return render.Verdict{}, err
		}
		if !more {
			break
		}
	}
	c.addStateComparison(&before, &after)
	return c.result(), nil
}

// with returns v followed by extra.
func (v Values) with(extra Values) Values {
	return Values{v.Name, slices.Concat(v.Files, extra.Files), slices.Concat(v.Set, extra.Set)}
}

func sameFiles(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// A comparison is a chart before and after the change, with one Values.
type comparison struct {
	*verifier
	before, after             *Chart
	valuesBefore, valuesAfter Values
	unchanged                 bool // no file of the chart and no values file changed
}

// run renders the chart before and after the change, compares the outputs, and
// adds the result to out. It returns false when the remaining values files need
// not be tried.
func (c *comparison) run(ctx context.Context, out *chartVerdict) (more bool, err error) {
	name := c.valuesBefore.Name
	before, err := c.renderBefore(ctx)
	if render.IsBackstop(err) {
		out.addBackstop(name, err.Error())
		return false, nil
	}
	if render.IsJobError(err) {
		out.addNotRendered(name, err)
		return !render.IsFatal(err), nil
	}
	if err != nil {
		return false, err
	}
	if before.Library {
		out.verdict.State, out.verdict.Reason = render.Unproven, "a library chart does not render by itself"
		out.library = true
		return false, nil
	}
	after := before
	if !c.unchanged {
		after, err = c.renderOne(ctx, &renderRequest{Chart: c.after, Values: c.valuesAfter, As: c.options.Capabilities, UseVersions: before.Versions})
		if render.IsJobError(err) {
			out.addAfterError(name, err)
			return !render.IsFatal(err), nil
		}
		if err != nil {
			return false, err
		}
	}
	v := c.compare(ctx, before, after)
	if v.State != render.Failed && !c.unchanged && (readsUpgrade(c.before) || readsUpgrade(c.after)) {
		if wrong, err := c.compareUpgrade(ctx); err != nil {
			return false, err
		} else if wrong.State == render.Failed {
			v = wrong
		}
	}
	c.add(out, before, after, v)
	return true, nil
}

// upgradeState matches what tells a template whether the release exists already.
var upgradeState = regexp.MustCompile(`\.Is(?:Upgrade|Install)\b|\.Revision\b`)

// readsUpgrade reports whether a template of c may print something else if the release exists
// already.
func readsUpgrade(c *Chart) bool {
	for name, src := range c.Files {
		if strings.Contains("/"+name, "/templates/") && upgradeState.Match(src) {
			return true
		}
	}
	return false
}

// compareUpgrade compares the outputs for a release that exists already. It returns an empty
// verdict if the chart does not render so before the change: many charts need a password then.
func (c *comparison) compareUpgrade(ctx context.Context) (render.Verdict, error) {
	options := *c.options
	options.Capabilities.IsUpgrade = true
	u := *c
	u.verifier = &verifier{runner: c.runner, before: c.verifier.before, after: c.verifier.after, options: &options}
	before, err := u.renderBefore(ctx)
	if render.IsJobError(err) {
		return render.Verdict{}, nil
	}
	if err != nil {
		return render.Verdict{}, err
	}
	after, err := u.renderOne(ctx, &renderRequest{Chart: u.after, Values: u.valuesAfter, As: options.Capabilities, UseVersions: before.Versions})
	if render.IsJobError(err) {
		return render.Verdict{State: render.Failed, Reason: "after the change, with --is-upgrade: " + err.Error()}, nil
	}
	if err != nil {
		return render.Verdict{}, err
	}
	v := u.compare(ctx, before, after)
	if v.Reason != "" {
		v.Reason = "with --is-upgrade: " + v.Reason
	}
	return v, nil
}

// add adds the verdict v for the outputs, and what the schemas say about the
// values, to out. With values that a schema rejects, helm does not render the
// chart.
func (c *comparison) add(out *chartVerdict, before, after *Rendered, v render.Verdict) {
	name := c.valuesBefore.Name
	if added := newViolations(before.Schema.Violations, after.Schema.Violations); len(added) > 0 {
		for _, x := range added {
			v.AddDiff(render.Diff{Template: x.schema(), Why: x.problem()})
		}
		v.State, v.Reason = render.Failed, "after the change "+describeViolations(added)
	}
	if err := before.Schema.err(); err != nil && v.State != render.Failed {
		out.addNotRendered(name, err)
		return
	}
	if v.Backstop {
		out.addBackstop(name, v.Reason)
	}
	out.add(name, before, after, v)
	if unread := slices.Concat(before.Schema.Unread, after.Schema.Unread); len(unread) > 0 && !c.unchanged {
		out.addUnproven(name, unread[0]+", which is not read; the other parts accept the values")
	}
}

// compare compares two outputs. While they differ, it renders the chart before
// the change again, to find out whether the difference is random. These
// renderings are later than after, so that output that depends on the clock
// differs in both directions.
func (c *comparison) compare(ctx context.Context, before, after *Rendered) render.Verdict {
	renderings := []*render.Rendered{&before.Rendered}
	text, keys := &after.Rendered, 0
	if c.options.AddedKeys {
		text, keys = render.WithoutAddedKeys(&before.Rendered, text, c.options.Rewrite)
	}
	v := render.Compare(renderings, text, c.options.Rewrite)
	for range retries(c.before) {
		if v.State != render.Failed {
			break
		}
		again, err := c.renderBefore(ctx)
		if render.IsBackstop(err) { // whether the difference is random is not known
			return render.Verdict{State: render.Unproven, Reason: err.Error(), Backstop: true}
		}
		if err != nil {
			break
		}
		renderings = append(renderings, &again.Rendered)
		v = render.Compare(renderings, text, c.options.Rewrite)
	}
	v.AddedKeys = keys
	return v
}

func (c *comparison) renderBefore(ctx context.Context) (*Rendered, error) {
	return c.renderOne(ctx, &renderRequest{Chart: c.before, Values: c.valuesBefore, As: c.options.Capabilities})
}
