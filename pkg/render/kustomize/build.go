package kustomize

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Build builds the kustomization in the folder dir, as VerifyKustomizations
// does. It returns nil for a component and for a file that is another
// program's. left is what was not built, such as remote bases, so that what
// they bring is not there; the error says why nothing was built.
func Build(ctx context.Context, r *render.Runner, k *Tree, dir string) (out *render.Rendered, left []string, err error) {
	if !k.needsVerdict(k, dir, false) {
		return nil, nil, nil
	}
	t, err := k.overlayTree(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range t.omitted {
		left = append(left, u.what+" ("+u.why+")")
	}
	p := comparison{runner: r}
	out, err = p.build(ctx, t, (*overlayTree).withoutOmitted)
	if err != nil && len(t.omitted) > 0 && render.IsJobError(err) {
		// Patches may miss what is not there.
		if again, err2 := p.build(ctx, t, (*overlayTree).withoutPatches); err2 == nil {
			return again, left, nil
		}
	}
	return out, left, err
}
