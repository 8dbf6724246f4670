package render

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// A union is the verdict over all value sets of a chart.
type union struct {
	verdict Verdict
	library bool
	objects map[string]bool
	moved   map[string]bool
	left    map[Leftover]bool
	failed  string
	why     string // unproven
}

func (u *union) notRendered(set string, err error) {
	u.verdict.NotRendered = append(u.verdict.NotRendered, NotRendered{set, strings.TrimSpace(err.Error())})
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
func (u *union) add(set string, before, after *Rendered, v Verdict) {
	out := &u.verdict
	out.Sets++
	out.KubeVersion = v.KubeVersion
	out.Missing = before.Missing
	out.Checksums = max(out.Checksums, v.Checksums)
	out.Masked = max(out.Masked, v.Masked)
	out.Folded = max(out.Folded, v.Folded)
	out.Versions = 0
	for name, version := range before.Versions {
		if now, ok := after.Versions[name]; ok && now != version {
			out.Versions++
		}
	}
	for _, d := range v.Diffs {
		d.Set = set
		if len(out.Diffs) < maxDiffs {
			out.Diffs = append(out.Diffs, d)
		}
	}
	switch {
	case v.State == Failed && out.Sets > 1:
		u.fail(set, v.Reason)
	case v.State == Failed && u.failed == "":
		u.failed = v.Reason
	case v.State == Unproven && u.why == "":
		u.why = v.Reason
	}
	now := byTemplate(after)
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
	for _, l := range v.Left {
		u.left[l] = true
	}
}

func (u *union) addMoved(object string, old, now []Ref) {
	for i := range min(len(old), len(now)) {
		if old[i].Text != now[i].Text {
			u.moved[fmt.Sprint(object, "\x00", old[i].Field, "\x00", i)] = true
		}
	}
}

// close makes the verdict.
func (u *union) close() Verdict {
	v := u.verdict
	v.Objects, v.Moved = len(u.objects), len(u.moved)
	for l := range u.left {
		v.Left = append(v.Left, l)
	}
	sort.Slice(v.Left, func(i, j int) bool { return v.Left[i].less(v.Left[j]) })
	switch {
	case u.failed != "":
		v.State, v.Reason = Failed, u.failed
	case u.library:
	case v.Sets == 0 && u.why == "":
		v.State, v.Reason = Unproven, "it does not render"
		if len(v.NotRendered) > 0 {
			v.Reason = v.NotRendered[0].Why
		}
	case u.why != "":
		v.State, v.Reason = Unproven, u.why
	case len(v.Missing) > 0:
		v.State = Unproven
		v.Reason = fmt.Sprintf("not in charts/: %s; in what is there (%s) nothing but references changed", strings.Join(v.Missing, ", "), count(v.Objects, "object"))
	default:
		v.State = Proven
	}
	return v
}

func (l Leftover) less(o Leftover) bool {
	a, b := []string{l.Template, l.Object, l.Field, l.Ref}, []string{o.Template, o.Object, o.Field, o.Ref}
	return slices.Compare(a, b) < 0
}
