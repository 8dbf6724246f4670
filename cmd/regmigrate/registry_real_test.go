package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// TestRealRegistry mirrors to Debian's docker-registry and checks the result
// with crane and skopeo; then it checks a thousand references. It needs these
// three programs.
func TestRealRegistry(t *testing.T) {
	if os.Getenv("REGMIGRATE_REAL") == "" {
		t.Skip("make test-real runs it")
	}
	for _, program := range []string{"docker-registry", "crane", "skopeo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("*** SKIPPED: there is no %s ***", program)
		}
	}
	dir := t.TempDir()
	w, err := testregistry.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mirror := l.Addr().String()
	l.Close()
	config := fmt.Sprintf("version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: %s}\n", filepath.Join(dir, "data"), mirror)
	if err := os.WriteFile(filepath.Join(dir, "config.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("docker-registry", "serve", filepath.Join(dir, "config.yml"))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() { server.Process.Kill(); <-ended })
	poll(t, ended, func() bool {
		c, err := net.Dial("tcp", mirror)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	run := func(stdin string, program string, args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		cmd.Env = append(append(os.Environ(), w.Env()...), "NO_PROXY=127.0.0.1", "HOME="+dir, "DOCKER_CONFIG="+dir, "XDG_CACHE_HOME="+dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s%s", program, args, err, out, &stderr)
		}
		return strings.TrimSpace(string(out))
	}
	images := map[string]string{}
	for ref, platforms := range map[string][]string{"pause:3.9": nil, "web/multi:1": {"linux/amd64", "linux/arm64"}} {
		if images[ref], err = w.PushImage("registry.k8s.io/"+ref, 7, platforms...); err != nil {
			t.Fatal(err)
		}
	}
	run("registry.k8s.io/pause:3.9\nregistry.k8s.io/web/multi:1\n", "regmigrate", "registry", "mirror", "--to", mirror+"/k8s", "-")
	for ref, want := range images {
		at := mirror + "/k8s/" + ref
		if got := run("", "crane", "digest", at); got != want {
			t.Errorf("crane digest %s: %s, want %s", at, got, want)
		}
		if ours := run("", "crane", "digest", "registry.k8s.io/"+ref); ours != want {
			t.Errorf("crane digest of the source: %s, want %s", ours, want)
		}
		run("", "crane", "validate", "--remote", at)
		if got := run("", "skopeo", "inspect", "--tls-verify=false", "--raw", "docker://"+at); !strings.Contains(got, "mediaType") {
			t.Errorf("skopeo inspect %s: %s", at, got)
		}
	}

	// Compare a check of a thousand references with crane digest in a loop.
	const n, sample = 1000, 50
	var lines strings.Builder
	for i := range n {
		ref := fmt.Sprintf("registry.k8s.io/many/i%d:%d", i%100, i/100)
		if _, err := w.PushImage(ref, 1); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&lines, ref)
	}
	before := w.Connections("registry.k8s.io")
	start := time.Now()
	run(lines.String(), "regmigrate", "registry", "check", "--no-cache", "--all", "--require", "exists", "-")
	took, connections := time.Since(start), w.Connections("registry.k8s.io")-before
	if connections > 16 {
		t.Errorf("%d connections for %d references", connections, n)
	}
	start = time.Now()
	before = w.Connections("registry.k8s.io")
	for i := range sample {
		run("", "crane", "digest", fmt.Sprintf("registry.k8s.io/many/i%d:%d", i%100, i/100))
	}
	t.Logf("%d references: %v and %d connections; crane digest in a loop, %d references: %v and %d connections",
		n, took, connections, sample, time.Since(start), w.Connections("registry.k8s.io")-before)
}
