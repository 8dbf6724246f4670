package main

import (
	"archive/zip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/testforge"
)

// TestAction runs the scripts of action.yml as a runner does, and those of the
// examples. `make test-real` runs the whole action in a real workflow.
func TestAction(t *testing.T) {
	files, err := filepath.Glob("testdata/action/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/action: %v", err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	commands := scriptCommands()
	commands["serve"] = serve
	commands["part"] = part
	commands["inputs"] = inputs
	commands["stage"] = stage
	commands["zipped"] = zipped
	commands["steps"] = steps
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/action",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, cleanGit()...)
			e.Values[forgeKey{}] = new(*testforge.Forge)
			e.Vars = append(e.Vars,
				"EXAMPLES="+filepath.Join(root, "examples"), "TEMPLATES="+filepath.Join(root, "templates"), "PIPE="+filepath.Join(root, "packaging", "bitbucket-pipe"), "ACTION="+filepath.Join(root, "action"), "GITHUB_ACTION_PATH="+root, "RUNNER_TEMP="+filepath.Join(e.WorkDir, "temp"),
				"GITHUB_OUTPUT="+filepath.Join(e.WorkDir, "output"), "GITHUB_PATH="+filepath.Join(e.WorkDir, "path"),
				"GITHUB_STEP_SUMMARY="+filepath.Join(e.WorkDir, "summary"),
				"RUNNER_OS=Linux", "RUNNER_ARCH=X64", "INPUT_VERSION=", "INPUT_RELEASE_URL=", "INPUT_PROGRAM=",
				"INPUT_MODE=check", "INPUT_PATHS=.", "INPUT_ARGS=", "INPUT_SARIF=", "INPUT_SUMMARY=true",
				"INPUT_COMMIT_MESSAGE=Move images", "REGMIGRATE_TOKEN=secret-token", "REGMIGRATE=regmigrate",
				"GITHUB_REPOSITORY=o/r", "HEAD_REPOSITORY=o/r", "HEAD_SHA=", "GITHUB_HEAD_REF=", "GITHUB_REF=refs/heads/main",
				"GITHUB_REF_TYPE=branch", "GITHUB_REF_NAME=main", "GITHUB_EVENT_NAME=push")
			return os.Mkdir(filepath.Join(e.WorkDir, "temp"), 0o777)
		},
		Cmds: commands,
	})
}

// serve DIR NAME serves a folder on loopback, with its address in a variable.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "serve DIR NAME")
	server := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv(args[1], server.URL)
}

// zipped ARCHIVE NAME FILE makes a zip archive that contains one file.
func zipped(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "zipped ARCHIVE NAME FILE")
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer out.Close()
	z := zip.NewWriter(out)
	w, err := z.Create(args[1])
	ts.Check(err)
	_, err = io.WriteString(w, ts.ReadFile(args[2]))
	ts.Check(err)
	ts.Check(z.Close())
}

// steps FILE JOB TO writes the commands in the steps of a job of GitHub Actions
// as one script for bash, with the options that runners set. Expressions are not
// replaced, so they are errors: scripts must use variables.
func steps(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "steps FILE JOB TO")
	src, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var file struct {
		Jobs map[string]struct {
			Steps []struct {
				Run string `yaml:"run"`
			} `yaml:"steps"`
		} `yaml:"jobs"`
	}
	ts.Check(yaml.Unmarshal(src, &file))
	var b strings.Builder
	for _, s := range file.Jobs[args[1]].Steps {
		if s.Run != "" {
			b.WriteString(strings.TrimSpace(s.Run) + "\n")
		}
	}
	if b.Len() == 0 {
		ts.Fatalf("%s runs nothing in a job %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte("set -eo pipefail\n"+b.String()), 0o666))
}
