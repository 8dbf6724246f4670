package helm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A union is the verdict over all value sets of a chart.
type union struct {
	verdict render.Verdict
	library bool
	objects map[string]bool
	moved   map[string]bool
	left    map[render.Leftover]bool
	failed  string
	why     string // unproven
}

func (u *union) notRendered(set string, err error) {
	u.verdict.NotRendered = append(u.verdict.NotRendered, render.NotRendered{Values: set, Why: strings.TrimSpace(err.Error())})
}

func (u *union) fail(set, why string) {
	if u.failed == "" {
		u.failed = set + ": " + why
	}
}

// unproven notes why nothing is known of the set.
func (u *union) unproven(set, why string) {
	if u.why == "" {
		u.why = set + ": " + why
	}
}

// add adds the verdict of one set.
func (u *union) add(set string, before, after *Rendered, v render.Verdict) {
	out := &u.verdict
	out.ValuesFiles++
	out.KubeVersion = before.KubeVersion
	out.Missing = before.Missing
	out.Checksums = max(out.Checksums, v.Checksums)
	out.RandomLines = max(out.RandomLines, v.RandomLines)
	out.Refolded = max(out.Refolded, v.Refolded)
	out.VersionChanges = 0
	for name, version := range before.Versions {
		if now, ok := after.Versions[name]; ok && now != version {
			out.VersionChanges++
		}
	}
	for _, d := range v.Diffs {
		d.Values = set
		out.AddDiff(d)
	}
	switch {
	case v.State == render.Failed && out.ValuesFiles > 1:
		u.fail(set, v.Reason)
	case v.State == render.Failed && u.failed == "":
		u.failed = v.Reason
	case v.State == render.Unproven && u.why == "":
		u.why = v.Reason
	}
	now := after.ByTemplate()
	for i := range before.Texts {
		t := &before.Texts[i]
		for j := range t.Objects {
			key := t.Template + "\x00" + t.Objects[j].String()
			u.objects[key] = true
			if a := now[t.Template]; a != nil && len(a.Objects) == len(t.Objects) {
				u.addMoved(key, t.Objects[j].Refs, a.Objects[j].Refs)
			}
		}
	}
	for _, l := range v.Leftovers {
		u.left[l] = true
	}
}

func (u *union) addMoved(object string, old, now []render.Ref) {
	for i := range min(len(old), len(now)) {
		if old[i].Text != now[i].Text {
			u.moved[fmt.Sprint(object, "\x00", old[i].Field, "\x00", i)] = true
		}
	}
}

// close makes the verdict.
func (u *union) close() render.Verdict {
	v := u.verdict
	v.Objects, v.Moved = len(u.objects), len(u.moved)
	for l := range u.left {
		v.Leftovers = append(v.Leftovers, l)
	}
	slices.SortFunc(v.Leftovers, render.Leftover.Compare)
	switch {
	case u.failed != "":
		v.State, v.Reason = render.Failed, u.failed
	case u.library:
	case v.ValuesFiles == 0 && u.why == "":
		v.State, v.Reason = render.Unproven, "it does not render"
		if len(v.NotRendered) > 0 {
			v.Reason = v.NotRendered[0].Why
		}
	case u.why != "":
		v.State, v.Reason = render.Unproven, u.why
	case len(v.Missing) > 0:
		v.State = render.Unproven
		v.Reason = fmt.Sprintf("not in charts/: %s; in what is there (%s) nothing but references changed", strings.Join(v.Missing, ", "), render.Count(v.Objects, "object"))
	default:
		v.State = render.Proven
	}
	return v
}
