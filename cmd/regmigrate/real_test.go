package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestReal runs the scripts in testdata/real: with programs that fetch this
// repository and build it, or serve it. They take minutes, so that only
// `make test-real` runs them, which sets REGMIGRATE_REAL.
func TestReal(t *testing.T) {
	if os.Getenv("REGMIGRATE_REAL") == "" {
		t.Skip("make test-real runs these")
	}
	files, err := filepath.Glob("testdata/real/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/real: %v", err)
	}
	goEnv, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := strings.Split(strings.TrimSpace(string(goEnv)), "\n")
	commands := scriptCommands()
	commands["snapshot"] = snapshot
	commands["append"] = appendText
	commands["manyfiles"] = manyFiles
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/real",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, cleanGit()...)
			e.Vars = append(e.Vars,
				"GOCACHE="+env[0], "GOMODCACHE="+env[1], "GOPROXY="+env[2], "GOROOT="+env[3], "GOTOOLCHAIN=local",
				"HOME="+filepath.Join(e.WorkDir, ".home"), "PRE_COMMIT_HOME="+filepath.Join(e.WorkDir, ".pre-commit"))
			for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
				if v, ok := os.LookupEnv(name); ok {
					e.Vars = append(e.Vars, name+"="+v)
				}
			}
			return os.Mkdir(filepath.Join(e.WorkDir, ".home"), 0o777)
		},
		Cmds: commands,
	})
}

// snapshot DIR makes a repository of the files of this one as they are, in one
// commit with the tag v0.0.1.
func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "snapshot DIR")
	root, err := filepath.Abs("../..")
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	ts.Check(err)
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		ts.Check(err)
		to := filepath.Join(dir, name)
		ts.Check(os.MkdirAll(filepath.Dir(to), 0o777))
		info, err := os.Stat(filepath.Join(root, name))
		ts.Check(err)
		ts.Check(os.WriteFile(to, data, info.Mode().Perm()))
	}
	gitinit(ts, false, args)
	ts.Check(ts.Exec("git", "-C", dir, "tag", "v0.0.1"))
}

// append FILE TEXT appends the text, as in a Go string.
func appendText(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "append FILE TEXT")
	repeat(ts, false, []string{"1", args[1], args[0]})
}

// manyfiles N makes N files with long names and one reference in each.
func manyFiles(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "manyfiles N")
	n := 0
	_, err := fmt.Sscan(args[0], &n)
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs("many"), 0o777))
	for i := range n {
		name := fmt.Sprintf("many/%s-%05d.yaml", strings.Repeat("x", 40), i)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte("image: k8s.gcr.io/many:1\n"), 0o666))
	}
}
