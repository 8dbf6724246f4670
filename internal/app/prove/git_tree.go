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

// GitTree runs git and returns the files of the repository at root in the commit
// rev.
func GitTree(ctx context.Context, root, rev string) (fs.FS, error) {
	if strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("--base %q: expected a commit, branch or tag", rev)
	}
	run := func(args ...string) (stdout, stderr []byte, err error) {
		var outBuf, errBuf bytes.Buffer
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdout, cmd.Stderr = &outBuf, &errBuf
		err = cmd.Run()
		return outBuf.Bytes(), bytes.TrimSpace(errBuf.Bytes()), err
	}
	if _, stderr, err := run("rev-parse", "--verify", "--quiet", rev+"^{tree}"); err != nil {
		return nil, commitError(rev, string(stderr), err, func() bool {
			out, _, err := run("rev-parse", "--is-shallow-repository")
			return err == nil && strings.TrimSpace(string(out)) == "true"
		})
	}
	archive, stderr, err := run("archive", "--format=zip", "-0", rev)
	if err != nil {
		return nil, fmt.Errorf("--base %q: git archive failed: %w: %s", rev, err, stderr)
	}
	tree, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("--base %q: reading the output of git archive: %w", rev, err)
	}
	return tree, nil
}

// commitError returns an error that says why git does not resolve rev, and what to
// do. The parameter stderr is the output of git: it is empty if the name is unknown.
func commitError(rev, stderr string, err error, shallow func() bool) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("--base %q: the program git was not found; install it", rev)
	case strings.Contains(stderr, "not a git repository"):
		return fmt.Errorf("--base %q: not in a git repository", rev)
	case stderr != "":
		return fmt.Errorf("--base %q: %s", rev, strings.TrimPrefix(stderr, "fatal: "))
	case shallow():
		return fmt.Errorf("--base %q: no such commit, branch or tag in this shallow clone\n  in a workflow, set fetch-depth: 0 for actions/checkout; elsewhere: git fetch --depth=1 origin %s", rev, strings.TrimPrefix(rev, "origin/"))
	}
	return fmt.Errorf("--base %q: no such commit, branch or tag in this repository\n  to get the branches of the remote: git fetch; they are named origin/BRANCH", rev)
}
