//go:build unix

package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A tree is a git repository whose files all have something to rewrite.
type tree struct {
	root     string
	names    []string // relative
	old, new map[string][]byte

	duration time.Duration // of an undisturbed run
	writing  time.Duration // from the first changed file to the end of that run
}

// makeTree makes a repository with n files, commits them, and runs the program once to
// get the new contents.
func makeTree(t *testing.T, folder string, n int) *tree { return makeTreeOf(t, folder, n, sample) }

func makeTreeOf(t *testing.T, folder string, n int, sample func(i int) (name, text string)) *tree {
	t.Helper()
	x := &tree{root: filepath.Join(folder, "repository"), old: map[string][]byte{}, new: map[string][]byte{}}
	for i := range n {
		name, text := sample(i)
		x.names = append(x.names, name)
		x.old[name] = []byte(text)
	}
	x.reset(t)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "files"}} {
		x.git(t, args...)
	}
	begin := time.Now()
	cmd := x.command(t.Context())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	first := make(chan time.Time)
	go func() {
		x.waitForWrite(ended)
		first <- time.Now()
	}()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	x.duration = time.Since(begin)
	close(ended)
	x.writing = max(time.Millisecond, x.duration-(<-first).Sub(begin))
	for _, name := range x.names {
		x.new[name] = x.read(t, name)
		if bytes.Equal(x.new[name], x.old[name]) {
			t.Fatalf("%s did not change", name)
		}
	}
	x.reset(t)
	return x
}

// waitForWrite waits until a run has replaced the first file, or until ended is closed.
func (x *tree) waitForWrite(ended <-chan struct{}) {
	path := filepath.Join(x.root, slices.Min(x.names))
	before, err := os.Lstat(path)
	if err != nil {
		return
	}
	for {
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
		}
		if now, err := os.Lstat(path); err == nil && !os.SameFile(before, now) {
			return
		}
	}
}

// sample returns the name and the text of a file: Dockerfiles of several sizes, up to two
// pages, manifests and values. Most are files that a run parses fast, so that more of its
// time is the writing.
func sample(i int) (name, text string) {
	folder := fmt.Sprintf("folder-%02d", i%20)
	switch i % 5 {
	case 0, 1, 2:
		return fmt.Sprintf("%s/%d.Dockerfile", folder, i), fmt.Sprintf("FROM k8s.gcr.io/pause:%d\n", i) + strings.Repeat("# filled\n", i%3*i%700)
	case 3:
		return fmt.Sprintf("%s/%d/values.yaml", folder, i), fmt.Sprintf("image:\n  registry: k8s.gcr.io\n  repository: pause\n  tag: %d\n", i)
	}
	pod := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec:\n  containers:\n  - name: a\n    image: k8s.gcr.io/pause:%d\n", i, i)
	return fmt.Sprintf("%s/%d.yaml", folder, i), strings.Repeat(pod+"---\n", 1+i%3)
}

// reset writes the old contents, and removes everything else.
func (x *tree) reset(t *testing.T) {
	t.Helper()
	for _, name := range x.names {
		path := filepath.Join(x.root, name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && bytes.Equal(x.read(t, name), x.old[name]) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, x.old[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (x *tree) read(t *testing.T, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(x.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func (x *tree) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", x.root}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// timeLimit ends a run that hangs.
const timeLimit = 5 * time.Minute

// command returns the command of a run, after the words of prefix.
func (x *tree) command(ctx context.Context, prefix ...string) *exec.Cmd {
	args := append(prefix, program, "--preset", "k8s", "--quiet", x.root)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = filepath.Dir(x.root)
	return cmd
}

// run runs the program to its end and returns its exit code.
func (x *tree) run(t *testing.T, prefix ...string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	all, err := x.command(ctx, prefix...).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("the run did not end\n%s", all)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode(), string(all)
	}
	return 0, string(all)
}

// check reports files that are neither old nor new, and files that git could add. It
// returns the number of new files.
func (x *tree) check(t *testing.T) (changed int) {
	t.Helper()
	for _, name := range x.names {
		switch src := x.read(t, name); {
		case bytes.Equal(src, x.new[name]):
			changed++
		case !bytes.Equal(src, x.old[name]):
			t.Errorf("LOST: %s has %d bytes that are neither the old nor the new ones", name, len(src))
		}
	}
	for line := range strings.Lines(x.git(t, "status", "--porcelain", "--untracked-files=all", "--ignored")) {
		if !strings.HasPrefix(line, " M ") {
			t.Errorf("LEFT: git status: %s", line)
		}
	}
	return changed
}

// leftInGit returns the number of temporary files in the git directory.
func (x *tree) leftInGit(t *testing.T) int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(x.root, ".git", "regmigrate-tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// complete runs the program again, and checks that all files are new and nothing is
// left.
func (x *tree) complete(t *testing.T) {
	t.Helper()
	if code, out := x.run(t); code != 0 {
		t.Errorf("the next run: exit %d\n%s", code, out)
	}
	if n := x.check(t); n != len(x.names) {
		t.Errorf("the next run left %d of %d files", len(x.names)-n, len(x.names))
	}
	if n := x.leftInGit(t); n > 0 {
		t.Errorf("the next run left %d temporary files in the git directory", n)
	}
	_ = filepath.WalkDir(x.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.Contains(e.Name(), "regmigrate-tmp") {
			t.Errorf("the next run left %s", path)
		}
		return nil
	})
}
