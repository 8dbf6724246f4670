package kustomize

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// compareBuilds compares builds of a kustomization object by object, as
// [render.Compare] does. builds are builds before the change.
//
// kustomize adds a hash of the content to the names of generated objects. When the
// content changes as the rules say, the name and all mentions of the name change
// with it. A mention that does not change is a difference.
func compareBuilds(builds []*render.Rendered, after *render.Rendered, rewrite render.RewriteFunc) render.Verdict {
	before := builds[0]
	renamed := renames(before, after)
	withNewNames := make([]*render.Rendered, len(builds))
	for i, r := range builds {
		withNewNames[i] = renameObjects(r, renames(r, after))
	}
	v := render.Compare(withNewNames, after, rewrite)
	v.Renamed = len(renamed)
	for i := range v.Diffs {
		d := &v.Diffs[i]
		d.Object = "" // equals Template
		for _, word := range wordRE.FindAllString(d.After, -1) {
			if newName, ok := renamed[word]; ok {
				d.Why = fmt.Sprintf("the line still contains the old name %s; the new name is %s", word, newName)
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
		v.State, v.Reason = render.Failed, "the order of the objects changed"
	}
	return v
}

// renameObjects returns r with names replaced, both in objects and in mentions.
// The keys of names are the old names.
func renameObjects(r *render.Rendered, names map[string]string) *render.Rendered {
	if len(names) == 0 {
		return r
	}
	out := *r
	out.Texts = slices.Clone(r.Texts)
	for i := range out.Texts {
		out.Texts[i].Body = wordRE.ReplaceAllStringFunc(out.Texts[i].Body, func(word string) string {
			if name, ok := names[word]; ok {
				return name
			}
			return word
		})
	}
	return &out
}

// wordRE matches a word that can be the name of an object.
var wordRE = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]`)

// renames returns, by old name, the new names of the objects whose names differ
// only in the hash.
func renames(before, after *render.Rendered) map[string]string {
	out := map[string]string{}
	textsAfter := after.ByTemplate()
	for i := range before.Texts {
		b := &before.Texts[i]
		a := textsAfter[b.Template]
		if a == nil || len(b.Objects) != 1 || len(a.Objects) != 1 {
			continue
		}
		if oldName, newName := b.Objects[0].Name, a.Objects[0].Name; oldName != newName && b.Hashed && a.Hashed {
			out[oldName] = newName
		}
	}
	return out
}

// objectOrder returns the templates of r in their order, without those whose
// position can depend on a hash.
func objectOrder(r *render.Rendered) []string {
	var out []string
	for i := range r.Texts {
		if t := &r.Texts[i]; len(t.Objects) != 1 || !hashRE.MatchString(t.Objects[0].Name) {
			out = append(out, t.Template)
		}
	}
	return out
}

// A wrongRef is a reference that did not change as the rules say.
type wrongRef struct {
	template      string
	index         int // in the references of all objects of the template
	before, after string
}

// wrongRefs returns the references that did not change as rewrite says.
func wrongRefs(before, after *render.Rendered, rewrite render.RewriteFunc) []wrongRef {
	var out []wrongRef
	textsAfter := after.ByTemplate()
	for i := range before.Texts {
		t := &before.Texts[i]
		if textsAfter[t.Template] == nil {
			continue
		}
		b, a := refsOf(t), refsOf(textsAfter[t.Template])
		for j := range min(len(b), len(a)) {
			want, ok := rewrite(b[j].Text)
			if b[j].Text != a[j].Text && (!ok || want != a[j].Text) && b[j].Field == a[j].Field {
				out = append(out, wrongRef{t.Template, j, b[j].Text, a[j].Text})
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

// refAt returns the reference of r at the place of w, "" for none.
func refAt(r *render.Rendered, w wrongRef) string {
	t := r.ByTemplate()[w.template]
	if t == nil {
		return ""
	}
	if refs := refsOf(t); w.index < len(refs) {
		return refs[w.index].Text
	}
	return ""
}
