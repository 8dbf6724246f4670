// Package testforge runs forges for tests: a real Gitea ([StartGitea]), and servers
// with real git repositories and the part of a forge's REST API that pull requests
// need ([Start]). All of them listen on 127.0.0.1 only.
//
// Only tests import this package; internal/archtest checks that.
package testforge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// GiteaVersion is the version of Gitea that the tests are written for.
const GiteaVersion = "v1.26.0"

// A Gitea is a running Gitea with one user.
type Gitea struct {
	URL         string // http://127.0.0.1:PORT
	API         string // URL/api/v1
	User, Email string // owner of the created repositories
	Token       string // of that user, with all permissions

	cmd  *exec.Cmd
	done chan error
	log  *os.File
	dir  string
}

// FindGitea returns the program in the variable REGMIGRATE_GITEA. `make test-real`
// builds Gitea and sets the variable. The templates of Gitea are in
// ../share/gitea, relative to the folder of the program. The error says what to
// do.
func FindGitea() (program string, err error) {
	program = os.Getenv("REGMIGRATE_GITEA")
	if program == "" {
		return "", errors.New("REGMIGRATE_GITEA is not set; make test-real builds Gitea and sets it")
	}
	for _, name := range []string{program, filepath.Join(static(program), "templates")} {
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("%w; make test-real builds Gitea", err)
		}
	}
	return program, nil
}

// static returns the folder with the static files of Gitea.
func static(program string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(program)), "share", "gitea")
}

// appINI is the configuration of Gitea: SQLite, no mail, no network.
const appINI = `APP_NAME = test
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = %[1]s

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]s
ROOT_URL = http://127.0.0.1:%[2]s/
DOMAIN = 127.0.0.1
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false
STATIC_ROOT_PATH = %[3]s

[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea.db

[repository]
ROOT = %[1]s/repositories
DEFAULT_BRANCH = main

[security]
INSTALL_LOCK = true
SECRET_KEY = for-tests-only
INTERNAL_TOKEN = eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYmYiOjE3MDAwMDAwMDB9.HGTxMLdFMMZs6GMSz3Vp1uVJkM9UIbeMEgNVpqxkUDU

[service]
DISABLE_REGISTRATION = true

[mailer]
ENABLED = false

[indexer]
ISSUE_INDEXER_TYPE = db

[cron]
ENABLED = false

[actions]
ENABLED = false

[log]
MODE = console
LEVEL = Warn
`

// StartGitea starts program with its data in dir, which must be empty, and returns
// when Gitea responds. Close stops it.
func StartGitea(ctx context.Context, program, dir string) (*Gitea, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	ini := filepath.Join(dir, "app.ini")
	if err := os.WriteFile(ini, fmt.Appendf(nil, appINI, filepath.ToSlash(dir), port, filepath.ToSlash(static(program))), 0o600); err != nil {
		return nil, err
	}
	g := &Gitea{User: "mover", Email: "mover@example.com", dir: dir, done: make(chan error, 1)}
	g.URL = "http://127.0.0.1:" + port
	g.API = g.URL + "/api/v1"
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, program, append(args, "--config", ini)...)
		cmd.Env = g.env()
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("gitea %s: %w\n%s%s", strings.Join(args, " "), err, out, stderr.Bytes())
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1], nil // warnings come first
	}
	if _, err := run("migrate"); err != nil {
		return nil, err
	}
	if _, err := run("admin", "user", "create", "--username", g.User, "--email", g.Email, "--password", "for-tests-only-1", "--admin", "--must-change-password=false"); err != nil {
		return nil, err
	}
	if g.Token, err = run("admin", "user", "generate-access-token", "--username", g.User, "--token-name", "t", "--scopes", "all", "--raw"); err != nil {
		return nil, err
	}
	if g.log, err = os.Create(filepath.Join(dir, "gitea.log")); err != nil {
		return nil, err
	}
	g.cmd = exec.Command(program, "web", "--config", ini)
	g.cmd.Env, g.cmd.Stdout, g.cmd.Stderr = g.env(), g.log, g.log
	if err := g.cmd.Start(); err != nil {
		g.log.Close()
		return nil, err
	}
	go func() { g.done <- g.cmd.Wait() }()
	if err := g.await(ctx, "/version"); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// env returns an environment that keeps Gitea and its git inside their folder.
func (g *Gitea) env() []string {
	return append(os.Environ(), "HOME="+g.dir, "GITEA_WORK_DIR="+g.dir, "GIT_CONFIG_NOSYSTEM=1", "USER=root")
}

// await returns when a request to path succeeds, when Gitea has exited, or when ctx
// is done.
func (g *Gitea) await(ctx context.Context, path string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		last := g.Do(http.MethodGet, path, nil, nil)
		if last == nil {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-g.done:
			g.done <- err
			return fmt.Errorf("gitea exited before it responded: %v\n%s", err, g.Log())
		case <-ctx.Done():
			return fmt.Errorf("gitea does not respond: %w\n%s", last, g.Log())
		}
	}
}

// WaitForPush returns when Gitea has processed the first push to a repository of
// the user. Gitea does this some time after the push; until then it treats the
// repository as empty and responds 404 to requests for pull requests.
func (g *Gitea) WaitForPush(ctx context.Context, name string) error {
	return g.await(ctx, "/repos/"+g.User+"/"+name+"/pulls")
}

// Log returns the output of Gitea so far.
func (g *Gitea) Log() string {
	b, err := os.ReadFile(filepath.Join(g.dir, "gitea.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Close stops Gitea.
func (g *Gitea) Close() error {
	err := g.cmd.Process.Signal(os.Interrupt)
	select {
	case <-g.done:
	case <-time.After(10 * time.Second):
		err = errors.Join(err, g.cmd.Process.Kill())
		<-g.done
	}
	return errors.Join(err, g.log.Close())
}

// Do sends an API request with the token of the user. path is relative to /api/v1.
// body is sent as JSON and the response is decoded into into, unless they are nil.
// A status other than 2xx is an error that contains the response.
func (g *Gitea) Do(method, path string, body, into any) error {
	return do(method, g.API+path, g.Token, body, into)
}

func do(method, url, token string, body, into any) error {
	var src io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		src = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, url, src)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// CreateRepo creates an empty repository of the user with the default branch main,
// and returns its URL for git, without a token.
func (g *Gitea) CreateRepo(name string) (url string, err error) {
	err = g.Do(http.MethodPost, "/user/repos", map[string]any{"name": name, "default_branch": "main"}, nil)
	return g.URL + "/" + g.User + "/" + name + ".git", err
}

// Adopt makes a public repository of the user from a copy of the bare repository in the folder
// from. Gitea starts three processes for each push, so this takes a fraction of the time.
func (g *Gitea) Adopt(name, from string) error {
	if err := os.CopyFS(filepath.Join(g.dir, "repositories", g.User, name+".git"), os.DirFS(from)); err != nil {
		return err
	}
	if err := g.Do(http.MethodPost, "/admin/unadopted/"+g.User+"/"+name, nil, nil); err != nil {
		return err
	}
	return g.Do(http.MethodPatch, "/repos/"+g.User+"/"+name, map[string]any{"private": false}, nil)
}

// WithToken adds the token to a URL for git, for pushes of a test itself.
func (g *Gitea) WithToken(url string) string {
	return strings.Replace(url, "http://", "http://x-access-token:"+g.Token+"@", 1)
}

// freePort returns a port of 127.0.0.1 that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
