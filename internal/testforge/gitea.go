// Package testforge is what tests push to: a real Gitea on loopback
// ([StartGitea]), and a server that takes what GitHub's REST interface takes
// and nothing else, with real git repositories behind it ([StartGitHub]).
//
// It is for tests, and knows nothing of what is tested. Both listen on
// 127.0.0.1 only and are gone after Close.
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

// GiteaVersion is the version that the tests are written for.
const GiteaVersion = "v1.26.0"

// A Gitea is a Gitea that runs, with one user.
type Gitea struct {
	URL         string // http://127.0.0.1:PORT, without a slash at its end
	API         string // URL/api/v1
	User, Email string // who owns what is created
	Token       string // of that user, with all rights

	cmd  *exec.Cmd
	done chan error
	log  *os.File
	dir  string
}

// FindGitea returns the program that the variable REGMIGRATE_GITEA names, which
// is what `make test-real` sets after building it. Its templates are in the
// folder ../share/gitea beside it. The error says what to do.
func FindGitea() (program string, err error) {
	program = os.Getenv("REGMIGRATE_GITEA")
	if program == "" {
		return "", errors.New("REGMIGRATE_GITEA names no program; make test-real builds Gitea and sets it")
	}
	for _, name := range []string{program, filepath.Join(static(program), "templates")} {
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("%w; make test-real builds Gitea", err)
		}
	}
	return program, nil
}

// static is the folder of what Gitea reads beside its program.
func static(program string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(program)), "share", "gitea")
}

// appINI is Gitea's configuration: SQLite, no mail, nothing from outside.
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

// StartGitea starts program with its data in the folder dir, which has to be
// empty, and returns when it answers. Close ends it.
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
		return lines[len(lines)-1], nil // warnings stand before it
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

// env is the environment that keeps Gitea and its git in their folder.
func (g *Gitea) env() []string {
	return append(os.Environ(), "HOME="+g.dir, "GITEA_WORK_DIR="+g.dir, "GIT_CONFIG_NOSYSTEM=1", "USER=root")
}

// await returns when Gitea answers a request to path with success, or has
// ended, or after a minute.
func (g *Gitea) await(ctx context.Context, path string) error {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
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
			return fmt.Errorf("gitea ended before it answered: %v\n%s", err, g.Log())
		case <-ctx.Done():
			return fmt.Errorf("gitea does not answer: %w\n%s", last, g.Log())
		}
	}
}

// WaitForPush returns when Gitea has noticed the first push to a repository of
// the user, which it does some time after the push has ended: until then the
// repository is empty to it, and has no pull requests (404).
func (g *Gitea) WaitForPush(ctx context.Context, name string) error {
	return g.await(ctx, "/repos/"+g.User+"/"+name+"/pulls")
}

// Log is what Gitea has written so far.
func (g *Gitea) Log() string {
	b, err := os.ReadFile(filepath.Join(g.dir, "gitea.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Close ends Gitea.
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

// Do sends a request to the API, with the user's token: path is below /api/v1,
// body is sent as JSON unless it is nil, into is filled from the answer unless
// it is nil. A status other than 2xx is an error that shows the answer.
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

// CreateRepo makes an empty repository of the user, with the default branch
// main, and returns its address for git, without a token in it.
func (g *Gitea) CreateRepo(name string) (url string, err error) {
	err = g.Do(http.MethodPost, "/user/repos", map[string]any{"name": name, "default_branch": "main"}, nil)
	return g.URL + "/" + g.User + "/" + name + ".git", err
}

// WithToken is an address for git with the token in it, for the test's own
// pushes.
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
