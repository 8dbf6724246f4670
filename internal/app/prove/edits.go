package prove

import (
	"context"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// proveEdits returns a function for rewrite.Options.ProveEdits. With addedKeys set, the
// edits may add the keys of rewrite.Options.AllowInsecureImages.
func (p *Prover) proveEdits(reader chartReader, set *rules.Set, addedKeys bool) func(context.Context, []string, []string, func(string) ([]byte, bool), map[string][]byte) (rewrite.EditProof, error) {
	return func(ctx context.Context, charts, names []string, scanned func(string) ([]byte, bool), edited map[string][]byte) (rewrite.EditProof, error) {
		out := rewrite.EditProof{Unproven: map[string]string{}}
		before := render.OverlayFunc(reader.files(), scanned)
		after := render.OverlayFunc(reader.files(), func(path string) ([]byte, bool) {
			if src, ok := edited[path]; ok {
				return src, true
			}
			return scanned(path)
		})
		move := render.ByRules(set)
		var verdicts []render.Verdict
		if len(charts) > 0 {
			o := helm.Options{Rewrite: move, ExtraValues: p.extraValues, Capabilities: p.capabilities, AddedKeys: addedKeys, Archives: p.archives, Known: p.knownOf(set), Dirs: charts, Within: p.Within}
			list, err := helm.Verify(ctx, p.Runner, before, after, o)
			if err != nil {
				return out, err
			}
			verdicts = list
		}
		o := kustomize.Options{Rewrite: move, Capabilities: p.capabilities, AddedKeys: addedKeys, Dirs: kustomize.Dirs(names), Changed: true}
		built, err := kustomize.Verify(ctx, p.Runner, before, after, o)
		if err != nil {
			return out, err
		}
		for _, v := range slices.Concat(verdicts, built) {
			switch {
			case v.State == render.Failed && out.Failed == "":
				out.Failed = v.Dir + ": " + v.Reason
			case v.State == render.Unproven && !v.Kustomization:
				out.Unproven[v.Dir] = v.Reason
			}
		}
		return out, nil
	}
}
