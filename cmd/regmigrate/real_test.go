package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// TestReal runs the scripts in testdata/real, with programs that fetch, build or
// serve this repository. They take minutes, so only `make test-real` runs them:
// it sets REGMIGRATE_REAL.
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
	commands["serve"] = serve
	commands["gitea"] = startGitea
	commands["gitea-repo"] = giteaRepo
	commands["gitea-get"] = giteaGet
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/real",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, cleanGit()...)
			e.Vars = append(e.Vars,
				"GOCACHE="+env[0], "GOMODCACHE="+env[1], "GOPROXY="+env[2], "GOROOT="+env[3], "GOTOOLCHAIN=local",
				"HOME="+filepath.Join(e.WorkDir, ".home"), "PRE_COMMIT_HOME="+filepath.Join(e.WorkDir, ".pre-commit"), "TEMPLATES="+filepath.Join(root, "templates"))
			for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
				if v, ok := os.LookupEnv(name); ok {
					e.Vars = append(e.Vars, name+"="+v)
				}
			}
			e.Values[giteaKey{}] = new(*testforge.Gitea)
			e.Values[forgeKey{}] = new(*testforge.Forge)
			return os.Mkdir(filepath.Join(e.WorkDir, ".home"), 0o777)
		},
		Cmds: commands,
	})
}

// snapshot DIR makes a repository with the current files of this one, in one
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

// giteaKey is the key of the Gitea in the values of a script.
type giteaKey struct{}

// gitea starts Gitea and sets GITEA, GITEA_API and GITEA_TOKEN.
func startGitea(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "gitea")
	program, err := testforge.FindGitea()
	ts.Check(err)
	dir := ts.MkAbs(".gitea")
	ts.Check(os.Mkdir(dir, 0o777))
	g, err := testforge.StartGitea(context.Background(), program, dir)
	ts.Check(err)
	ts.Defer(func() { g.Close() })
	*ts.Value(giteaKey{}).(**testforge.Gitea) = g
	ts.Setenv("GITEA", g.URL)
	ts.Setenv("GITEA_API", g.API)
	ts.Setenv("GITEA_TOKEN", g.Token)
}

// gitea-repo NAME DIR makes a repository on Gitea, adds it to DIR as the remote
// origin, and pushes HEAD of DIR to it as main.
func giteaRepo(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "gitea-repo NAME DIR")
	g := *ts.Value(giteaKey{}).(**testforge.Gitea)
	url, err := g.CreateRepo(args[0])
	ts.Check(err)
	ts.Check(ts.Exec("git", "-C", args[1], "remote", "add", "origin", url))
	ts.Check(ts.Exec("git", "-C", args[1], "push", "-q", g.WithToken(url), "HEAD:refs/heads/main"))
	ts.Check(g.WaitForPush(context.Background(), args[0]))
}

// gitea-get PATH FILE requests /repos/OWNER/PATH from the API of Gitea and
// writes the response to the file.
func giteaGet(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "gitea-get PATH FILE")
	g := *ts.Value(giteaKey{}).(**testforge.Gitea)
	var answer json.RawMessage
	ts.Check(g.Do(http.MethodGet, "/repos/"+g.User+"/"+args[0], nil, &answer))
	var out bytes.Buffer
	ts.Check(json.Indent(&out, answer, "", " "))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o666))
}
