package kustomize

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Build builds the kustomization in the folder dir, as Verify does. It returns nil
// for a component, and for a file of another program with the same name. omitted
// lists the parts that were not built, such as remote bases, each with the reason.
func Build(ctx context.Context, r *render.Runner, k *Tree, dir string) (out *render.Rendered, omitted []string, err error) {
	if !k.needsVerdict(k, dir, false) || k.isComponent(k, dir) {
		return nil, nil, nil
	}
	t, err := k.overlayTree(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range t.omitted {
		omitted = append(omitted, o.String())
	}
	c := comparison{runner: r}
	out, err = c.build(ctx, t, (*overlayTree).withoutOmitted)
	if err != nil && len(t.omitted) > 0 && render.IsJobError(err) {
		// A patch can need an object of an omitted part.
		if again, err2 := c.build(ctx, t, (*overlayTree).withoutPatches); err2 == nil {
			return again, omitted, nil
		}
	}
	return out, omitted, err
}
