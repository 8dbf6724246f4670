package kustomize

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A proofOrder divides the folders of kustomizations into those that are built, and
// the components whose verdict follows from the kustomizations that use them.
type proofOrder struct {
	built []string            // kustomizations, and components that nothing of dirs uses
	users map[string][]string // the folders of built that use a component
}

// orderOf returns the proofOrder of dirs. x is the tree before the change.
func (x *Tree) orderOf(after *Tree, dirs []string) proofOrder {
	parts := map[string][]string{} // the folders of all bases and components, by kustomization
	used := map[string]bool{}
	for _, dir := range dirs {
		t, err := x.overlayTree(dir)
		if errors.Is(err, errNoKustomization) {
			t, err = after.overlayTree(dir)
		}
		if err != nil {
			continue
		}
		for _, l := range t.layers[1:] {
			parts[dir] = append(parts[dir], l.dir)
			used[l.dir] = true
		}
	}
	order := proofOrder{users: map[string][]string{}}
	for _, dir := range dirs {
		if used[dir] && x.isComponent(after, dir) {
			continue
		}
		order.built = append(order.built, dir)
		for _, part := range parts[dir] {
			order.users[part] = append(order.users[part], dir)
		}
	}
	for _, dir := range dirs { // components that use each other have no user that is built
		if !slices.Contains(order.built, dir) && len(order.users[dir]) == 0 {
			order.built = append(order.built, dir)
		}
	}
	return order
}

// isComponent reports whether the folder dir has a component. x is the tree before
// the change.
func (x *Tree) isComponent(after *Tree, dir string) bool {
	l := x.lockedLayer(dir)
	if l == nil {
		l = after.lockedLayer(dir)
	}
	return l != nil && l.component
}

// componentVerdict returns the verdict for the component in dir from those for the
// kustomizations that use it: Failed if one of them failed, Proven if one of them is
// proven. users is not empty.
func (x *Tree) componentVerdict(after *Tree, dir string, users []render.Verdict) render.Verdict {
	v := render.Verdict{Dir: dir, Kustomization: true, State: render.Unproven, ValuesFiles: 1, Unchanged: x.sameFiles(after, dir)}
	for _, state := range []render.State{render.Failed, render.Proven, render.Unproven} {
		for i := range users {
			u := &users[i]
			v.Backstop = v.Backstop || u.Backstop
			if u.State != state {
				continue
			}
			v.State, v.Through = state, append(v.Through, u.Dir)
			v.Objects += u.Objects
			v.Moved += u.Moved
			if v.Reason == "" && state != render.Proven {
				v.Reason = fmt.Sprintf("the kustomization in %s uses the component: %s", u.Dir, u.Reason)
			}
		}
		if len(v.Through) > 0 {
			return v
		}
	}
	return v
}

// addComponents adds the verdicts for the components that others of dirs use, and
// returns all in the order of dirs. A component has none while a verdict of such a
// kustomization is missing.
func (x *Tree) addComponents(after *Tree, dirs []string, order proofOrder, built []render.Verdict, progress func(done, total int, v *render.Verdict)) []render.Verdict {
	known := map[string]render.Verdict{}
	for i := range built {
		known[built[i].Dir] = built[i]
	}
	var out []render.Verdict
	done := len(built)
	for _, dir := range dirs {
		if v, ok := known[dir]; ok {
			out = append(out, v)
			continue
		}
		var users []render.Verdict
		for _, user := range order.users[dir] {
			if v, ok := known[user]; ok {
				users = append(users, v)
			}
		}
		if len(users) == 0 || len(users) < len(order.users[dir]) {
			continue
		}
		v := x.componentVerdict(after, dir, users)
		out = append(out, v)
		if done++; progress != nil {
			progress(done, len(dirs), &v)
		}
	}
	return out
}

// sameFiles reports whether the kustomization in dir refers to no changed file.
func (x *Tree) sameFiles(after *Tree, dir string) bool {
	b, err1 := x.overlayTree(dir)
	a, err2 := after.overlayTree(dir)
	return err1 == nil && err2 == nil && reflect.DeepEqual(b.files, a.files)
}

// verifyAlone completes the verdict for a component that no kustomization uses. The
// build shows what it does to its own resources only: kustomize builds the folder of
// a component as a kustomization that uses nothing else. limits is the result of
// verifyLocal.
func (c *comparison) verifyAlone(ctx context.Context, limits string) error {
	v := &c.verdict
	if v.Unchanged && v.State == render.Proven && limits == "" {
		return nil
	}
	why := limits
	if v.State == render.Proven && limits == "" {
		entry, err := c.hiddenChange(ctx)
		if err != nil || entry == "" {
			return err
		}
		why = entry + " changed, and changes none of its own resources"
	} else if v.State == render.Proven {
		why = "it patches resources that it does not have"
		if v.Objects > 0 {
			why += fmt.Sprintf("; its own (%s, %s moved) changed in references only", render.Count(v.Objects, "object"), render.Count(v.Moved, "reference"))
		}
	}
	if change := c.fieldChange(); change != "" {
		v.State, v.Reason = render.Failed, change
		return nil
	}
	if change := c.imagesChange(); change != "" {
		v.State, v.Reason = render.Failed, change
		return nil
	}
	v.State, v.Reason = render.Unproven, "no kustomization here uses the component: "+why
	return nil
}

// imagesChange returns a change in the entries of images that is not a change of a
// reference, "" for none. An entry may keep its name and get a new name, and a second
// entry may select the image with the name that it has after the change.
func (c *comparison) imagesChange() string {
	moved := func(before, after string) bool {
		to, ok := c.rewrite(before)
		return before == after || ok && to == after
	}
	for _, b := range c.before.layers {
		i := slices.IndexFunc(c.after.layers, func(l *layer) bool { return l.dir == b.dir })
		if i < 0 || b.k == nil || c.after.layers[i].k == nil {
			continue
		}
		for j, a := range c.after.layers[i].k.Images {
			isEntry := func(e types.Image) bool {
				newName := moved(e.NewName, a.NewName) || e.NewName == "" && moved(e.Name, a.NewName)
				return moved(e.Name, a.Name) && newName && e.NewTag == a.NewTag && e.Digest == a.Digest && e.TagSuffix == a.TagSuffix
			}
			if !slices.ContainsFunc(b.k.Images, isEntry) {
				return fmt.Sprintf("%s: images[%d], %s, is the result of no rule", b.file, j, a.Name)
			}
		}
	}
	return ""
}
