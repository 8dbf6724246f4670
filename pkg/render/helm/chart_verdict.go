package helm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A chartVerdict combines the verdicts of a chart for each of its values files.
type chartVerdict struct {
	verdict   render.Verdict
	library   bool
	objects   map[string]bool
	moved     map[string]bool
	leftovers map[render.Leftover]bool
	failed    string // the first reason why the verdict is Failed
	unproven  string // the first reason why the verdict is Unproven
}

func (c *chartVerdict) addNotRendered(values string, err error) {
	c.verdict.NotRendered = append(c.verdict.NotRendered, render.NotRendered{Values: values, Why: strings.TrimSpace(err.Error())})
}

func (c *chartVerdict) addFailed(values, why string) {
	if c.failed == "" {
		c.failed = values + ": " + why
	}
}

func (c *chartVerdict) addUnproven(values, why string) {
	if c.unproven == "" {
		c.unproven = values + ": " + why
	}
}

// addBackstop adds that a backstop ended a rendering.
func (c *chartVerdict) addBackstop(values, why string) {
	c.verdict.Backstop = true
	c.addUnproven(values, why)
}

// addAfterError adds the error of a job that rendered the chart after the change.
// A backstop proves nothing.
func (c *chartVerdict) addAfterError(values string, err error) {
	if render.IsBackstop(err) {
		c.addBackstop(values, "after the change "+err.Error())
		return
	}
	c.addFailed(values, "the chart does not render after the change: "+err.Error())
}

// add adds the verdict for one values file.
func (c *chartVerdict) add(values string, before, after *Rendered, v render.Verdict) {
	out := &c.verdict
	out.ValuesFiles++
	out.KubeVersion = before.KubeVersion
	out.Missing = before.Missing
	out.Checksums = max(out.Checksums, v.Checksums)
	out.RandomLines = max(out.RandomLines, v.RandomLines)
	out.AddedKeys = max(out.AddedKeys, v.AddedKeys)
	out.Refolded = max(out.Refolded, v.Refolded)
	out.VersionChanges = 0
	for name, version := range before.Versions {
		if newVersion, ok := after.Versions[name]; ok && newVersion != version {
			out.VersionChanges++
		}
	}
	for _, d := range v.Diffs {
		d.Values = values
		out.AddDiff(d)
	}
	switch {
	case v.State == render.Failed && out.ValuesFiles > 1:
		c.addFailed(values, v.Reason)
	case v.State == render.Failed && c.failed == "":
		c.failed = v.Reason
	case v.State == render.Unproven && c.unproven == "":
		c.unproven = v.Reason
	}
	c.addObjects(before, after)
	for _, l := range v.Leftovers {
		c.leftovers[l] = true
	}
}

// addObjects adds the objects and the references that changed.
func (c *chartVerdict) addObjects(before, after *Rendered) {
	textsAfter := after.ByTemplate()
	for i := range before.Texts {
		t := &before.Texts[i]
		for j := range t.Objects {
			key := t.Template + "\x00" + t.Objects[j].String()
			c.objects[key] = true
			if a := textsAfter[t.Template]; a != nil && len(a.Objects) == len(t.Objects) {
				c.addMoved(key, t.Objects[j].Refs, a.Objects[j].Refs)
			}
		}
	}
}

func (c *chartVerdict) addMoved(object string, before, after []render.Ref) {
	for i := range min(len(before), len(after)) {
		if before[i].Text != after[i].Text {
			c.moved[fmt.Sprint(object, "\x00", before[i].Field, "\x00", i)] = true
		}
	}
}

// result returns the combined verdict.
func (c *chartVerdict) result() render.Verdict {
	v := c.verdict
	v.Objects, v.Moved = len(c.objects), len(c.moved)
	for l := range c.leftovers {
		v.Leftovers = append(v.Leftovers, l)
	}
	slices.SortFunc(v.Leftovers, render.Leftover.Compare)
	switch {
	case c.failed != "":
		v.State, v.Reason = render.Failed, c.failed
	case c.library:
	case v.ValuesFiles == 0 && c.unproven == "":
		v.State, v.Reason = render.Unproven, "the chart does not render"
		if len(v.NotRendered) > 0 {
			v.Reason = v.NotRendered[0].Why
		}
	case c.unproven != "":
		v.State, v.Reason = render.Unproven, c.unproven
	case len(v.Missing) > 0:
		v.State = render.Unproven
		change := "changed in references only"
		if v.Unchanged {
			change = "did not change"
		}
		v.Reason = fmt.Sprintf("dependencies are missing from charts/: %s; the chart without them (%s) %s", strings.Join(v.Missing, ", "), render.Count(v.Objects, "object"), change)
	default:
		v.State = render.Proven
	}
	return v
}
