package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/testforge"
	"github.com/regmigrate/regmigrate/pkg/render"
)

var update = flag.Bool("update", false, "replace the expected output in the scripts")

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, prove.Handlers())) // the test binary is also the child process
	}
	testscript.Main(m, map[string]func(){"regmigrate": program, "kubectl-regmigrate": program})
}

// program is main with time limits that a busy machine does not reach. The help
// shows the default limits.
func program() {
	const limit = time.Hour
	s := session.SystemStreams()
	args := os.Args[1:]
	root := newRootCommand(s, args)
	var extend func(cmd *cobra.Command)
	extend = func(cmd *cobra.Command) {
		for _, name := range []string{"timeout", "render-timeout"} {
			if f := cmd.Flags().Lookup(name); f != nil {
				if err := f.Value.Set(limit.String()); err != nil {
					panic(err)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			extend(sub)
		}
	}
	extend(root)
	os.Exit(execute(context.Background(), root, args, s))
}

// TestScript runs every script in testdata/script. A script shows one task of a
// user and the result. Scripts can use the commands of testscript, those of
// scriptCommands, and the conditions [root] and [setpriv]: file permissions do
// not apply to root, so root must drop that privilege first.
func TestScript(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/script: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, cleanGit()...)
			e.Values[worldKey{}] = &worldOf{}
			e.Values[forgeKey{}] = new(*testforge.Forge)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "setpriv":
				return exec.Command("setpriv", "--bounding-set=-dac_override,-dac_read_search", "true").Run() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: scriptCommands(),
	})
}

// cleanGit is an environment in which git does not read the settings of the user
// who runs the tests.
func cleanGit() []string {
	return []string{
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
}

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

func scriptCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"world":     world,
		"host":      host,
		"push":      push,
		"artifact":  pushArtifact,
		"asked":     asked,
		"samehash":  sameDigest,
		"exits":     exits,
		"gitinit":   gitinit,
		"sametree":  sametree,
		"bytes":     writeBytes,
		"repeat":    repeat,
		"grow":      grow,
		"forge":     forge,
		"valid":     valid,
		"repostate": repoState,
		"hashes":    hashes,
		"stripansi": change(func(b []byte) []byte { return regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAll(b, nil) }),
		"crlf":      change(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }),
		"bom":       change(func(b []byte) []byte { return append([]byte("\uFEFF"), b...) }),
		"utf16": change(func(b []byte) []byte {
			out := []byte{0xFF, 0xFE}
			for _, u := range utf16.Encode([]rune(string(b))) {
				out = append(out, byte(u), byte(u>>8))
			}
			return out
		}),
		"trim-newline": change(func(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) }),
	}
}

// need ends the script unless the command has n arguments and no "!".
func need(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

// poll returns when done returns true. It has no time limit except the one of the
// test program. It fails the test if the process of ended ends before.
func poll(t *testing.T, ended chan error, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err // for the cleanup
			t.Fatalf("the process ended: %v", err)
		}
	}
}

// exits CODE PROGRAM ARGS... runs a program, which must exit with the code.
// stdout, stderr and cmp read its output.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits CODE PROGRAM ARGS...")
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e := (*exec.ExitError)(nil)
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		code = e.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// gitinit DIR... makes each folder a repository and adds all files that git does
// not ignore to the index.
func gitinit(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "gitinit DIR...")
	for _, dir := range args {
		for _, cmd := range [][]string{{"init", "-q", dir}, {"-C", dir, "add", "-A"}, {"-C", dir, "commit", "-q", "-m", "x", "--allow-empty"}} {
			ts.Check(ts.Exec("git", cmd...))
		}
	}
}

// sametree A B compares two trees: names, content, modes and links.
func sametree(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 2, "sametree A B")
	a, b := treeOf(ts, args[0]), treeOf(ts, args[1])
	var diff []string
	for name := range a {
		if a[name] != b[name] {
			diff = append(diff, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			diff = append(diff, name)
		}
	}
	if same := len(diff) == 0; same == neg {
		ts.Fatalf("%s and %s differ in %q", args[0], args[1], diff)
	}
}

func treeOf(ts *testscript.TestScript, dir string) map[string]string {
	out := map[string]string{}
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" && path != root {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			what += string(data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			what += to
		}
		rel, err := filepath.Rel(root, path)
		out[rel] = what
		return err
	}))
	return out
}

// bytes FILE TEXT writes a file whose content or name txtar cannot contain. Both
// are written as in a Go string without quotes.
func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "bytes FILE TEXT")
	var s [2]string
	for i := range s {
		var err error
		s[i], err = unquote(args[i])
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(s[0]), []byte(s[1]), 0o666))
}

// repeat N TEXT FILE appends the text, as in a Go string, N times to the file.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "repeat N TEXT FILE")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	text, err := unquote(args[1])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[2]), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	ts.Check(err)
	_, err = f.WriteString(strings.Repeat(text, n))
	ts.Check(errors.Join(err, f.Close()))
}

// grow MIB FILE appends NUL bytes to the file, in MiB, that take no space on
// disk.
func grow(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "grow MIB FILE")
	n, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[1]), n<<20))
}

// change returns a command FILE... that applies f to the content of each file.
func change(f func([]byte) []byte) scriptCommand {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 1, "COMMAND FILE...")
		for _, name := range args {
			data, err := os.ReadFile(ts.MkAbs(name))
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(name), f(data), 0o666))
		}
	}
}

// unquote decodes s as the text between the quotes of a Go string. Double quotes
// in s need no escape.
func unquote(s string) (string, error) {
	return strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
}
