package prove

import (
	"cmp"
	"context"
	"io/fs"
	"strings"

	"github.com/regmigrate/regmigrate/internal/gitcmd"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/release"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// maxPlanned bounds a file of the plan, in bytes.
const maxPlanned = 64 << 20

// releaseOptions returns the options for the proofs of releases. Without a base, the tree
// after the change is the plan.
func (p *Prover) releaseOptions(ctx context.Context, plan *rewrite.Plan, after fs.FS) release.Options {
	root := cmp.Or(p.Repository, plan.Root)
	o := release.Options{
		Rewrite:      render.ByRules(plan.Rules),
		Plan:         rewrite.EditText(plan.Rules),
		Repository:   release.Repository{URL: gitcmd.RemoteURL(ctx, root), Branches: []string{p.Branch}},
		Capabilities: helm.Capabilities{KubeVersion: p.capabilities.KubeVersion, APIVersions: p.capabilities.APIVersions},
		Within:       p.Within,
		Progress:     p.OnVerdict,
	}
	if p.Branch == "" {
		o.Repository.Branches = gitcmd.Branches(ctx, root)
	}
	if p.Base == "" {
		o.Plan = func(_ context.Context, name string, _ []byte) ([]byte, error) {
			return render.ReadFile(after, name, maxPlanned)
		}
	} else if name := strings.TrimPrefix(p.Base, "origin/"); gitcmd.IsBranch(ctx, root, name) {
		o.Repository.Branches = append(o.Repository.Branches, name)
	}
	return o
}
