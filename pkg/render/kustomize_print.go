package render

import (
	"context"
	"io/fs"
)

// Kustomizations reads the kustomizations of a tree, one at a time, for who
// wants what they print. It is safe for use by several goroutines.
type Kustomizations struct{ layers *layers }

// OpenKustomizations reads nothing yet.
func OpenKustomizations(tree fs.FS) *Kustomizations { return &Kustomizations{newLayers(tree)} }

// Build builds the kustomization in the folder dir, as VerifyKustomizations
// does. It returns nil for a component and for a file that is another
// program's. left is what was not built, such as remote bases, so that what
// they bring is not there; the error says why nothing was built.
func (r *Runner) Build(ctx context.Context, k *Kustomizations, dir string) (out *Rendered, left []string, err error) {
	if !k.layers.wanted(k.layers, dir, false) {
		return nil, nil, nil
	}
	t, err := k.layers.tower(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range t.unbuilt {
		left = append(left, u.what+" ("+u.why+")")
	}
	p := towers{r: r}
	out, err = p.build(ctx, t, (*tower).stubs)
	if err != nil && len(t.unbuilt) > 0 && isOfJob(err) {
		// Patches may miss what is not there.
		if again, err2 := p.build(ctx, t, (*tower).unpatched); err2 == nil {
			return again, left, nil
		}
	}
	return out, left, err
}
