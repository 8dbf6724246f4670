package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// If a mirror run is killed, no tag is incomplete; the next run continues, and
// the digests are equal at the end.
func TestMirrorKilled(t *testing.T) {
	dir := t.TempDir()
	w, err := testregistry.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	const from, to = "registry.k8s.io/multi:1", "harbor.corp/multi:1"
	want, err := w.PushImage(from, 5, "linux/amd64", "linux/arm64", "linux/s390x")
	if err != nil {
		t.Fatal(err)
	}
	// One layer of one platform does not arrive.
	img, err := testregistry.Image(5, "linux/s390x")
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	late, err := layers[1].Digest()
	if err != nil {
		t.Fatal(err)
	}
	source, target := w.Host("registry.k8s.io"), w.Host("harbor.corp")
	source.SetBehavior(func(b *testregistry.Behavior) { b.StallPath = "/blobs/" + late.String() })
	command := func() *exec.Cmd {
		cmd := exec.Command("regmigrate", "registry", "mirror", "--to", "harbor.corp", "-")
		cmd.Dir, cmd.Stdin, cmd.Stderr = dir, strings.NewReader(from+"\n"), os.Stderr
		cmd.Env = append(append(os.Environ(), w.Env()...), "HOME="+dir, "DOCKER_CONFIG="+dir, "XDG_CACHE_HOME="+dir)
		return cmd
	}
	sent := func() int {
		n := 0
		for _, r := range w.Requests("harbor.corp") {
			if strings.HasPrefix(r, "PUT ") && strings.Contains(r, "/blobs/uploads/") {
				n++
			}
		}
		return n
	}
	waiting := func() bool {
		for _, r := range w.Requests("registry.k8s.io") {
			if strings.HasPrefix(r, "GET ") && strings.Contains(r, late.String()) {
				return true
			}
		}
		return false
	}
	cmd := command()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	poll(t, ended, func() bool { return sent() >= 2 && waiting() })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if d, err := w.Digest(to); err == nil {
		t.Errorf("the tag leads to %s, and not all of it is there", d)
	}
	first := sent()
	source.SetBehavior(func(b *testregistry.Behavior) { b.StallPath = "" })
	source.Release()
	target.ClearRequests()
	if out, err := command().Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := w.Digest(to); err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	// Three images, each with two layers and a configuration.
	if again := sent(); again > 9-first {
		t.Errorf("%d blobs were sent before and %d after, of 9: some twice", first, again)
	}
}
