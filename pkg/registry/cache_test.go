package registry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

func TestCache(t *testing.T) {
	w := newNetwork(t)
	digest := put(t, w, "registry.k8s.io/pause:3.9", 1)
	put(t, w, "k8s.gcr.io/multi:1", 5, "linux/amd64", "linux/arm64")
	put(t, w, "registry.k8s.io/multi:1", 5, "linux/amd64", "linux/arm64=9")
	dir := t.TempDir()
	put(t, w, "k8s.gcr.io/pause:3.8", 2)
	put(t, w, "registry.k8s.io/pause:3.8", 3)
	pairs := []Pair{
		{"", "registry.k8s.io/pause:3.9"}, {"", "registry.k8s.io/pause@" + digest},
		{"k8s.gcr.io/multi:1", "registry.k8s.io/multi:1"}, {"k8s.gcr.io/pause:3.8", "registry.k8s.io/pause:3.8"},
	}
	run := func(o Options) (*Client, []Result) {
		c := client(t, w, o)
		return c, c.Check(context.Background(), pairs, nil)
	}
	first, want := run(Options{Cache: &Cache{Dir: dir}})
	if want[0].Verdict != Exists || want[1].Verdict != Exists || want[2].Verdict != Different || want[3].Verdict != Different || first.Requests() == 0 {
		t.Fatalf("got %+v", want)
	}
	same := func(got []Result) bool { return fmt.Sprint(got) == fmt.Sprint(want) }
	c, got := run(Options{Cache: &Cache{Dir: dir}})
	if !same(got) || c.Requests() != 0 {
		t.Errorf("from the cache: %d requests, %+v", c.Requests(), got)
	}
	c, got = run(Options{Cache: &Cache{Dir: dir, TTL: -1}})
	if !same(got) || c.Requests() == 0 {
		t.Errorf("expired entries: %d requests, %+v", c.Requests(), got)
	}
	c, got = run(Options{Cache: &Cache{Dir: dir, TTL: -1}, Offline: true})
	if !same(got) || c.Requests() != 0 {
		t.Errorf("offline: %d requests, %+v", c.Requests(), got)
	}
	if got := one(t, c, "", "registry.k8s.io/unknown:1"); got.Verdict != Unreachable || c.Requests() != 0 {
		t.Errorf("offline and unknown: %v %q", got.Verdict, got.Detail)
	}
	// The cache ignores files that are damaged in three ways.
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		return os.WriteFile(path, [][]byte{nil, []byte("{"), []byte(`{"reference":"other","digest":"sha256:1"}`)}[n%3], 0o600)
	})
	if err != nil || n == 0 {
		t.Fatalf("%d files: %v", n, err)
	}
	c, got = run(Options{Cache: &Cache{Dir: dir}})
	if !same(got) || c.Requests() == 0 {
		t.Errorf("damaged cache: %d requests, %+v", c.Requests(), got)
	}
}

// Entries of references by digest expire too: the image can be removed.
func TestCacheOfDigests(t *testing.T) {
	w := newNetwork(t)
	ref := "registry.k8s.io/pause@" + put(t, w, "registry.k8s.io/pause:3.9", 1)
	dir := t.TempDir()
	ask := func(ttl time.Duration) Verdict {
		return one(t, client(t, w, Options{Cache: &Cache{Dir: dir, TTL: ttl}}), "", ref).Verdict
	}
	first := ask(time.Hour)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) { b.Unreachable = true })
	if got := []Verdict{first, ask(time.Hour), ask(-1)}; !slices.Equal(got, []Verdict{Exists, Exists, Unreachable}) {
		t.Errorf("first, cached, expired: %v", got)
	}
}
