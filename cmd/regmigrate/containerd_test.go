package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// TestRealContainerd checks that containerd, with the settings of mirror-config,
// pulls images of public registries from a mirror that registry mirror filled.
// The public registries cannot be reached.
func TestRealContainerd(t *testing.T) {
	if os.Getenv("REGMIGRATE_REAL") == "" {
		t.Skip("NOT TESTED: REGMIGRATE_REAL is not set")
	}
	for _, name := range []string{"containerd", "ctr"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	w, err := testregistry.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	images := map[string]string{}
	for ref, seed := range map[string]int64{"registry.k8s.io/pause:3.9": 1, "registry.k8s.io/sig-storage/csi-attacher:v4.5.0": 2, "quay.io/coreos/etcd:v3.5.0": 3} {
		if images[ref], err = w.PushImage(ref, seed, "linux/amd64", "linux/arm64"); err != nil {
			t.Fatal(err)
		}
	}
	if images["k8s.gcr.io/pause:3.9"], err = w.PushImage("k8s.gcr.io/pause:3.9", 1, "linux/amd64", "linux/arm64"); err != nil {
		t.Fatal(err)
	}
	w.Host("harbor.corp")
	for _, kept := range os.Environ() {
		if name, _, _ := strings.Cut(kept, "="); strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			t.Setenv(name, "")
		}
	}
	for _, x := range append(w.Env(), "HOME="+dir, "DOCKER_CONFIG="+dir, "XDG_CACHE_HOME="+dir) {
		name, value, _ := strings.Cut(x, "=")
		t.Setenv(name, value)
	}
	regmigrate := func(in string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if code := Main(context.Background(), args, session.Streams{In: strings.NewReader(in), Out: &out, Err: &out}); code != 0 {
			t.Fatalf("%v: exit %d\n%s", args, code, &out)
		}
	}
	var list strings.Builder
	for ref := range images {
		fmt.Fprintln(&list, ref)
	}
	certs := filepath.Join(dir, "certs.d")
	rules := []string{"--preset", "k8s", "--rule", "quay.io/old=quay.io/coreos"}
	regmigrate(list.String(), append([]string{"registry", "mirror", "--to", "harbor.corp/k8s", "--with-host", "-"}, rules...)...)
	regmigrate("", append([]string{"registry", "mirror-config", "--to", "harbor.corp/k8s", "--with-host", "--dir", certs}, rules...)...)
	for _, host := range []string{"registry.k8s.io", "k8s.gcr.io", "quay.io"} {
		w.Host(host).SetBehavior(func(b *testregistry.Behavior) { b.Unreachable = true })
	}

	socket := startContainerd(t, dir)
	for ref, digest := range images {
		out, err := exec.Command("ctr", "-a", socket, "content", "fetch", "--hosts-dir", certs, "--platform", "linux/amd64", ref).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", ref, err, out)
			continue
		}
		out, err = exec.Command("ctr", "-a", socket, "images", "list", "name=="+ref).CombinedOutput()
		if err != nil || !strings.Contains(string(out), digest) {
			t.Errorf("%s is not %s there: %v\n%s", ref, digest, err, out)
		}
	}
	if out, err := exec.Command("ctr", "-a", socket, "content", "fetch", "registry.k8s.io/pause:3.9").CombinedOutput(); err == nil {
		t.Errorf("without the settings it comes from somewhere too:\n%s", out)
	}
}

// startContainerd starts a containerd with all its files in dir, and returns its
// socket.
func startContainerd(t *testing.T, dir string) string {
	t.Helper()
	// A socket's path is at most 107 bytes long.
	run, err := os.MkdirTemp("", "rm-containerd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	socket := filepath.Join(run, "s")
	config := filepath.Join(dir, "containerd.toml")
	text := fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = %q
[ttrpc]
  address = %q
`, filepath.Join(dir, "root"), filepath.Join(run, "state"), socket, socket+".ttrpc")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("containerd", "-c", config)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-gone
	})
	poll(t, gone, func() bool { return exec.Command("ctr", "-a", socket, "version").Run() == nil })
	return socket
}
