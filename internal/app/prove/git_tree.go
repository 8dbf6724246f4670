package prove

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"

	"github.com/regmigrate/regmigrate/internal/gitcmd"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// GitTree returns the files of the repository at root in the commit rev, and those of
// the work tree with the line endings that git would store. They are open until
// Close.
func (p *Prover) GitTree(ctx context.Context, root, rev string) (base, work fs.FS, err error) {
	if strings.HasPrefix(rev, "-") {
		return nil, nil, fmt.Errorf("--base %q: expected a commit, branch or tag", rev)
	}
	tree, err := gitcmd.OpenTree(ctx, root, rev)
	if err != nil {
		return nil, nil, commitError(rev, err, func() bool { return gitcmd.IsShallow(ctx, root) })
	}
	p.onClose(tree.Close)
	files := p.Tree(root)
	work = render.OverlayFunc(files, func(name string) ([]byte, bool) { return tree.ReadNormalized(files, name) })
	return tree, work, nil
}

// commitError returns an error that says why git does not resolve rev, and what to
// do.
func commitError(rev string, err error, isShallow func() bool) error {
	isSilent := errors.As(err, new(*exec.ExitError)) // git has no message if the name is unknown
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("--base %q: the program git was not found; install it", rev)
	case strings.Contains(err.Error(), "not a git repository"):
		return fmt.Errorf("--base %q: not in a git repository", rev)
	case !errors.Is(err, gitcmd.ErrUnknownRevision) || !isSilent:
		return fmt.Errorf("--base %q: %w", rev, err)
	case isShallow():
		return fmt.Errorf("--base %q: %w in this shallow clone\n  in a workflow, set fetch-depth: 0 for actions/checkout; elsewhere: git fetch --depth=1 origin %s", rev, gitcmd.ErrUnknownRevision, strings.TrimPrefix(rev, "origin/"))
	}
	return fmt.Errorf("--base %q: %w in this repository\n  check the name; after git fetch, the branches of a remote are named REMOTE/BRANCH", rev, gitcmd.ErrUnknownRevision)
}
