package registry

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

// wantComplete checks with go-containerregistry that an image or index is
// complete.
func wantComplete(t *testing.T, w *testregistry.Network, ref string) {
	t.Helper()
	r, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	got, err := remote.Get(r, remote.WithTransport(w.Host(r.Context().RegistryStr()).Direct()))
	if err != nil {
		t.Fatal(err)
	}
	if got.MediaType.IsIndex() {
		index, err := got.ImageIndex()
		if err != nil {
			t.Fatal(err)
		}
		err = validate.Index(index)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
		}
		return
	}
	img, err := got.Image()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Errorf("%s: %v", ref, err)
	}
}

// attach pushes an image with a subject, and returns its digest.
func attach(t *testing.T, w *testregistry.Network, repo, subject string, seed int64) string {
	t.Helper()
	img, err := testregistry.Image(seed, "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	h, err := v1.NewHash(subject)
	if err != nil {
		t.Fatal(err)
	}
	img = mutate.MediaType(img, types.OCIManifestSchema1)
	with, ok := mutate.Subject(img, v1.Descriptor{MediaType: types.OCIImageIndex, Digest: h, Size: 1}).(v1.Image)
	if !ok {
		t.Fatal("mutate.Subject returned no image")
	}
	d, err := with.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Push(repo+"@"+d.String(), with); err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func mirrored(t *testing.T, c *Client, copies ...Copy) []CopyResult {
	t.Helper()
	out := c.Mirror(context.Background(), copies, nil)
	for _, x := range out {
		if x.Err != nil {
			t.Errorf("%s: %v", x.From, x.Err)
		}
	}
	return out
}

func TestMirror(t *testing.T) {
	w := newNetwork(t)
	digest := put(t, w, "registry.k8s.io/web/multi:1", 5, "linux/amd64", "linux/arm64", "windows/amd64")
	put(t, w, "registry.k8s.io/pause:3.9", 1)
	// Attached artifacts: two by tag, one by referrer, and a signature of the referrer.
	put(t, w, "registry.k8s.io/web/multi:"+strings.Replace(digest, ":", "-", 1)+".sig", 20)
	put(t, w, "registry.k8s.io/web/multi:"+strings.Replace(digest, ":", "-", 1)+".att", 21)
	sbom := attach(t, w, "registry.k8s.io/web/multi", digest, 22)
	signature := attach(t, w, "registry.k8s.io/web/multi", sbom, 23)
	w.Host("registry.k8s.io").SetBehavior(func(b *testregistry.Behavior) { b.RedirectBlobs = "bucket.example" })
	w.Host("bucket.example")
	put(t, w, "bucket.example/web/multi:1", 5, "linux/amd64", "linux/arm64", "windows/amd64")
	put(t, w, "bucket.example/pause:3.9", 1)
	for i := range int64(4) {
		put(t, w, fmt.Sprintf("bucket.example/web/multi:x%d", i), 20+i)
	}
	w.Host("mirror.corp").SetBehavior(func(b *testregistry.Behavior) { b.Auth, b.User, b.Password = "token", "me", "secret" })
	login := keys{"mirror.corp": authn.AuthConfig{Username: "me", Password: "secret"}}
	copies := []Copy{
		{From: "registry.k8s.io/web/multi:1", To: "mirror.corp/k8s/web/multi:1"},
		{From: "registry.k8s.io/pause:3.9", To: "mirror.corp/k8s/pause:3.9"},
		{From: "registry.k8s.io/pause:3.9", To: "mirror.corp/k8s/other:3.9"},
	}
	var last Progress
	out := client(t, w, Options{Keychain: login}).Mirror(context.Background(), copies, func(p Progress) { last = p })
	for _, x := range out {
		if x.Err != nil || x.Present {
			t.Errorf("%s: present %v, %v", x.From, x.Present, x.Err)
		}
		wantComplete(t, w, x.To)
	}
	if out[0].Digest != digest || out[0].Attached != 4 {
		t.Errorf("got %+v, want %s with 4 attached", out[0], digest)
	}
	if last.Planned != 3 || last.Images != 3 || last.Bytes == 0 || last.Bytes != last.TotalBytes || last.Blobs != last.TotalBlobs || last.SentBytes < last.Bytes {
		t.Errorf("last progress %+v", last)
	}
	for _, ref := range []string{
		"mirror.corp/k8s/web/multi@" + sbom, "mirror.corp/k8s/web/multi@" + signature,
		"mirror.corp/k8s/web/multi:" + strings.Replace(digest, ":", "-", 1) + ".sig",
	} {
		if _, err := w.Digest(ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	d, err := name.NewDigest("mirror.corp/k8s/web/multi@" + digest)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := remote.Referrers(d, remote.WithTransport(w.Host("mirror.corp").Direct()))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := refs.IndexManifest(); err != nil || len(list.Manifests) != 1 || list.Manifests[0].Digest.String() != sbom {
		t.Errorf("referrers of the copy: %+v, %v", list, err)
	}
	for _, r := range w.Requests("registry.k8s.io") {
		if strings.HasSuffix(r, "+auth") {
			t.Errorf("credentials of the mirror were sent to the source: %s", r)
		}
	}

	// A second run sends nothing.
	w.Host("mirror.corp").ClearRequests()
	for _, x := range mirrored(t, client(t, w, Options{Keychain: login}), copies...) {
		if !x.Present {
			t.Errorf("%s was copied again", x.From)
		}
	}
	for _, r := range w.Requests("mirror.corp") {
		if m, _, _ := strings.Cut(r, " "); m != http.MethodGet && m != http.MethodHead {
			t.Errorf("a second run wrote: %s", r)
		}
	}
}

func TestMirrorRetries(t *testing.T) {
	for _, tt := range []struct {
		name string
		host string
		do   func(*testregistry.Behavior)
	}{
		{"blobs that end too early", "registry.k8s.io", func(b *testregistry.Behavior) { b.TruncateBlobs = 3 }},
		{"a busy source", "registry.k8s.io", func(b *testregistry.Behavior) { b.FailWith, b.RetryAfter = []int{429, 503, 429}, "0" }},
		{"a busy target", "mirror.corp", func(b *testregistry.Behavior) { b.FailWith, b.RetryAfter = []int{429, 503, 500}, "0" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newNetwork(t)
			digest := put(t, w, "registry.k8s.io/multi:1", 5, "linux/amd64", "linux/arm64")
			w.Host("mirror.corp")
			w.Host(tt.host).SetBehavior(tt.do)
			out := mirrored(t, client(t, w, Options{Jobs: 1}), Copy{From: "registry.k8s.io/multi:1", To: "mirror.corp/multi:1"})
			if out[0].Digest != digest {
				t.Errorf("got %s, want %s", out[0].Digest, digest)
			}
			wantComplete(t, w, "mirror.corp/multi:1")
		})
	}
}

func TestMirrorFallback(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "k8s.gcr.io/old:1", 1)
	w.Host("registry.k8s.io")
	w.Host("mirror.corp")
	c := client(t, w, Options{})
	out := c.Mirror(context.Background(), []Copy{
		{From: "registry.k8s.io/old:1", Fallback: "k8s.gcr.io/old:1", To: "mirror.corp/old:1"},
		{From: "registry.k8s.io/none:1", Fallback: "k8s.gcr.io/none:1", To: "mirror.corp/none:1"},
	}, nil)
	if out[0].Err != nil {
		t.Error(out[0].Err)
	}
	wantComplete(t, w, "mirror.corp/old:1")
	if err := out[1].Err; err == nil || !strings.HasPrefix(err.Error(), "registry.k8s.io: not found") {
		t.Errorf("got %v", err)
	}
}

// A blob in another repository of the target is mounted instead of uploaded.
func TestMirrorMounts(t *testing.T) {
	w := newNetwork(t)
	put(t, w, "registry.k8s.io/a:1", 1)
	put(t, w, "quay.io/b:1", 1)
	w.Host("mirror.corp")
	c := client(t, w, Options{Jobs: 1})
	mirrored(t, c, Copy{From: "registry.k8s.io/a:1", To: "mirror.corp/a:1"}, Copy{From: "quay.io/b:1", To: "mirror.corp/b:1"})
	wantComplete(t, w, "mirror.corp/b:1")
	if got := w.Requests("quay.io"); slices.ContainsFunc(got, func(r string) bool {
		return strings.HasPrefix(r, "GET") && strings.Contains(r, "/blobs/")
	}) {
		t.Errorf("blobs were read again: %q", got)
	}
}
