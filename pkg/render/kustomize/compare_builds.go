package kustomize

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// compareBuilds is Compare for what a kustomization gives, object by object.
//
// kustomize adds a hash to the names of what it generates. Where the content
// moves, the name follows, and with it each mention of the name: no
// difference. Any that did not follow is one.
// Several of before are builds of the same, as Compare has them.
func compareBuilds(all []*render.Rendered, after *render.Rendered, move render.RewriteFunc) render.Verdict {
	before := all[0]
	renamed := renames(before, after)
	named := make([]*render.Rendered, len(all))
	for i, r := range all {
		named[i] = withNames(r, renames(r, after))
	}
	v := render.Compare(named, after, move)
	v.Renamed = len(renamed)
	for i := range v.Diffs {
		d := &v.Diffs[i]
		d.Object = "" // which the template is
		for _, w := range wordRE.FindAllString(d.After, -1) {
			if now, ok := renamed[w]; ok {
				d.Why = fmt.Sprintf("it still names %s, which is %s now", w, now)
			}
		}
	}
	switch {
	case len(v.Diffs) > 0:
		v.Reason = v.Diffs[0].String()
		if n := len(v.Diffs); n > 1 {
			v.Reason += " (and " + render.Count(n-1, "more difference") + ")"
		}
	case v.State == render.Proven && !slices.Equal(objectOrder(before), objectOrder(after)):
		v.State, v.Reason = render.Failed, "its objects come in another order"
	}
	return v
}

// withNames returns r with names replaced, old to new.
func withNames(r *render.Rendered, names map[string]string) *render.Rendered {
	if len(names) == 0 {
		return r
	}
	out := *r
	out.Texts = slices.Clone(r.Texts)
	for i := range out.Texts {
		out.Texts[i].Body = wordRE.ReplaceAllStringFunc(out.Texts[i].Body, func(w string) string {
			if now, ok := names[w]; ok {
				return now
			}
			return w
		})
	}
	return &out
}

var wordRE = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]`)

// renames are the objects that differ in the hash of their name, old to new.
func renames(before, after *render.Rendered) map[string]string {
	out := map[string]string{}
	now := after.ByTemplate()
	for i := range before.Texts {
		t := &before.Texts[i]
		a := now[t.Template]
		if a == nil || len(t.Objects) != 1 || len(a.Objects) != 1 {
			continue
		}
		if b, a := t.Objects[0].Name, a.Objects[0].Name; b != a && t.Hashed && now[t.Template].Hashed {
			out[b] = a
		}
	}
	return out
}

// objectOrder are the objects in their order, without those whose place may depend
// on a hash.
func objectOrder(r *render.Rendered) []string {
	var out []string
	for i := range r.Texts {
		if t := &r.Texts[i]; len(t.Objects) != 1 || !hashRE.MatchString(t.Objects[0].Name) {
			out = append(out, t.Template)
		}
	}
	return out
}

// A wrongRef is a reference that is another one than the rules say.
type wrongRef struct {
	template      string
	index         int // among the references of its objects
	before, after string
}

// wrongRefs are the references that changed otherwise than move says.
func wrongRefs(before, after *render.Rendered, move render.RewriteFunc) []wrongRef {
	var out []wrongRef
	now := after.ByTemplate()
	for i := range before.Texts {
		t := &before.Texts[i]
		a := now[t.Template]
		if a == nil {
			continue
		}
		b, n := refsOf(t), refsOf(a)
		for j := range min(len(b), len(n)) {
			want, ok := move(b[j].Text)
			if b[j].Text != n[j].Text && (!ok || want != n[j].Text) && b[j].Field == n[j].Field {
				out = append(out, wrongRef{t.Template, j, b[j].Text, n[j].Text})
			}
		}
	}
	return out
}

// refsOf returns the references of all objects of t.
func refsOf(t *render.Text) []render.Ref {
	var out []render.Ref
	for i := range t.Objects {
		out = append(out, t.Objects[i].Refs...)
	}
	return out
}

// refAt returns the reference of r at the place of c, "" for none.
func refAt(r *render.Rendered, c wrongRef) string {
	t := r.ByTemplate()[c.template]
	if t == nil {
		return ""
	}
	if refs := refsOf(t); c.index < len(refs) {
		return refs[c.index].Text
	}
	return ""
}

// sortedKeys are those of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
