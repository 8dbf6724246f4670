package registry

import (
	"context"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// PlanMirror returns the blobs that Mirror sends. After Mirror, it returns none.
func TestPlanMirror(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/multi:1", 5, "linux/amd64", "linux/arm64")
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	put(t, w, "registry.k8s.io/pause:same", 1)
	was := put(t, w, "mirror.corp/multi:1", 9)
	copies := []Copy{
		{From: "registry.k8s.io/multi:1", To: "mirror.corp/multi:1"},
		{From: "registry.k8s.io/pause:3.9", To: "mirror.corp/pause:3.9"},
		{From: "registry.k8s.io/pause:same", To: "mirror.corp/other:3.9"},
		{From: "registry.k8s.io/none:1", To: "mirror.corp/none:1"},
	}
	c := client(t, w, Options{})
	plans := c.PlanMirror(context.Background(), copies, nil)
	blobs, bytes := 0, int64(0)
	for _, p := range plans {
		blobs, bytes = blobs+p.Blobs, bytes+p.Bytes
	}
	if plans[0].Err != nil || plans[0].Blobs != 6 || plans[0].Replaced != was {
		t.Errorf("plan of an index: %+v, want 6 blobs and replaced %s", plans[0], was)
	}
	if plans[2].Err != nil || plans[2].Blobs != 0 || plans[2].Bytes != 0 {
		t.Errorf("shared blobs count twice: %+v", plans[2])
	}
	if plans[3].Err == nil {
		t.Error("a missing image has a plan")
	}
	for _, r := range w.Requests("mirror.corp") {
		if m, _, _ := strings.Cut(r, " "); m != "GET" && m != "HEAD" {
			t.Errorf("PlanMirror sent %s", r)
		}
	}
	var last Progress
	out := c.Mirror(context.Background(), copies, func(p Progress) { last = p })
	if last.TotalBlobs != blobs || last.TotalBytes != bytes || last.Bytes != bytes || last.SentBytes < bytes {
		t.Errorf("last progress %+v; planned %d blobs with %d bytes", last, blobs, bytes)
	}
	if out[0].Err != nil || out[0].Replaced != was || out[3].Err == nil {
		t.Errorf("got %+v", out)
	}
	for _, p := range c.PlanMirror(context.Background(), copies[:3], nil) {
		if p.Err != nil || !p.Present || p.Blobs != 0 {
			t.Errorf("plan after Mirror: %+v", p)
		}
	}
}

// The errors of a target explain the cause.
func TestMirrorRejected(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*testregistry.Behavior)
		want []string
	}{
		{"immutable tags", func(b *testregistry.Behavior) { b.ImmutableTags = true }, []string{"the tag exists on the target", "the target's tags are immutable", "412"}},
		{"a read-only target", func(b *testregistry.Behavior) { b.ReadOnly = true }, []string{"405", "it is read-only, or a pull-through cache"}},
		{"a proxy that limits bodies", func(b *testregistry.Behavior) { b.MaxBody = 16 }, []string{"413", "the request is too large", "client_max_body_size"}},
		{"no permission to write", func(b *testregistry.Behavior) { b.Auth = "token"; b.User = "somebody" }, []string{"denied"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newNetwork(t)
			put(t, w, "registry.k8s.io/pause:3.9", 1)
			was := put(t, w, "mirror.corp/pause:3.9", 2)
			w.Host("mirror.corp").SetBehavior(tt.do)
			out := client(t, w, Options{}).Mirror(context.Background(), []Copy{{From: "registry.k8s.io/pause:3.9", To: "mirror.corp/pause:3.9"}}, nil)
			if out[0].Err == nil {
				t.Fatal("the image was copied")
			}
			for _, s := range tt.want {
				if !strings.Contains(out[0].Err.Error(), s) {
					t.Errorf("error %v does not contain %q", out[0].Err, s)
				}
			}
			if d, err := w.Digest("mirror.corp/pause:3.9"); err != nil || d != was {
				t.Errorf("the target has %s (%v), want %s", d, err, was)
			}
		})
	}
}

// With immutable tags, new tags and unchanged tags succeed.
func TestMirrorImmutable(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	w.Host("mirror.corp").SetBehavior(func(b *testregistry.Behavior) { b.ImmutableTags = true })
	one := Copy{From: "registry.k8s.io/pause:3.9", To: "mirror.corp/pause:3.9"}
	mirrored(t, client(t, w, Options{}), one)
	if out := mirrored(t, client(t, w, Options{}), one); !out[0].Present {
		t.Errorf("got %+v", out[0])
	}
}
