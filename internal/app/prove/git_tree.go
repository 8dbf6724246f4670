package prove

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// GitTree reads the repository at root as it was in the commit rev, by the
// program git.
func GitTree(ctx context.Context, root, rev string) (fs.FS, error) {
	if strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("--base %q: expected the name of a commit", rev)
	}
	run := func(args ...string) (stdout, stderr []byte, err error) {
		var out, said bytes.Buffer
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdout, cmd.Stderr = &out, &said
		err = cmd.Run()
		return out.Bytes(), bytes.TrimSpace(said.Bytes()), err
	}
	if _, said, err := run("rev-parse", "--verify", "--quiet", rev+"^{tree}"); err != nil {
		return nil, commitError(rev, string(said), err, func() bool {
			out, _, err := run("rev-parse", "--is-shallow-repository")
			return err == nil && strings.TrimSpace(string(out)) == "true"
		})
	}
	archive, said, err := run("archive", "--format=zip", "-0", rev)
	if err != nil {
		return nil, fmt.Errorf("--base %q: git could not read the files of that commit: %w: %s", rev, err, said)
	}
	// A zip file is a file system.
	tree, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("--base %q: reading what git archive wrote: %w", rev, err)
	}
	return tree, nil
}

// commitError says why rev is no commit here, and what to do. Said is what git had
// to say, which for an unknown name is nothing.
func commitError(rev, said string, err error, shallow func() bool) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("--base %q: it is read by the program git, which is not found; install it", rev)
	case strings.Contains(said, "not a git repository"):
		return fmt.Errorf("--base %q: there is no git repository here, so that there is no commit to compare with", rev)
	case said != "":
		return fmt.Errorf("--base %q: %s", rev, strings.TrimPrefix(said, "fatal: "))
	case shallow():
		return fmt.Errorf("--base %q: no such commit, branch or tag in this clone, which is shallow\n  in a workflow, fetch-depth: 0 of actions/checkout brings all; here, git fetch --depth=1 origin %s", rev, strings.TrimPrefix(rev, "origin/"))
	}
	return fmt.Errorf("--base %q: no such commit, branch or tag in this repository\n  git fetch brings those of the remote, which are called origin/BRANCH here", rev)
}
