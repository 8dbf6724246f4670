package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// needles share text, so that their appearances overlap and nest.
var needles = []string{
	"k8s.gcr.io", "gcr.io", "gcr.io/x", "io.gcr.io/x/y", "s.gcr", "us.gcr.io/k8s-artifacts-prod", "localhost:5000", "localhost:5000/a.b", "o.g", "docker.io",
}

func setOfPrefixes(t testing.TB, prefixes ...string) *Set {
	t.Helper()
	var rules []Rule
	for _, f := range prefixes {
		rules = append(rules, Rule{From: f, To: "target.example/" + strings.NewReplacer(":", "-").Replace(f)})
	}
	s, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// naive finds the leftmost-longest appearances by trying every needle at every
// offset.
func naive(src string, needles []string) []edit.Span {
	var out []edit.Span
	for i := 0; i < len(src); {
		best := 0
		for _, n := range needles {
			if len(n) > best && strings.HasPrefix(src[i:], n) {
				best = len(n)
			}
		}
		if best == 0 {
			i++
			continue
		}
		out = append(out, edit.Span{Start: i, End: i + best})
		i += best
	}
	return out
}

func TestMentions(t *testing.T) {
	s := setOfPrefixes(t, "k8s.gcr.io", "gcr.io/google_containers", "localhost:5000")
	src := "k8s.gcr.io/gcr.io/google_containers mirror-k8s.gcr.io.corp localhost:5000/x gcr.io"
	want := []string{"k8s.gcr.io", "gcr.io/google_containers", "k8s.gcr.io", "localhost:5000"}
	var got []string
	for _, m := range s.Mentions([]byte(src)) {
		got = append(got, src[m.Start:m.End])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzMentions(f *testing.F) {
	f.Add([]byte("k8s.gcr.io/x us.gcr.io/k8s-artifacts-prod"), uint16(0xffff))
	f.Add([]byte("io.gcr.io/x/y.gcr.io/x"), uint16(0x0c))
	f.Add([]byte(".."), uint16(1))
	f.Add([]byte("localhost:5000/a.b.localhost:5000"), uint16(0xc0))
	f.Fuzz(func(t *testing.T, src []byte, which uint16) {
		var some []string
		for i, n := range needles {
			if which>>i&1 == 1 {
				some = append(some, n)
			}
		}
		s := setOfPrefixes(t, some...)
		got := s.Mentions(src)
		if want := naive(string(src), some); !slices.Equal(got, want) {
			t.Errorf("%q in %q: got %v, want %v", some, src, got, want)
		}
		if len(got) > 0 && !s.MayMatch(src) {
			t.Errorf("%q contains mentions of %q, but MayMatch is false", src, some)
		}
	})
}

// TestMentionsAsGrep compares Mentions with grep, over random texts made of
// pieces of needles.
func TestMentionsAsGrep(t *testing.T) {
	grep, err := exec.LookPath("grep")
	if err != nil {
		t.Skipf("SKIPPED: grep is missing: %v", err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var some []string
		args := []string{"-aobF"}
		for _, i := range r.Perm(len(needles))[:1+r.IntN(5)] {
			some = append(some, needles[i])
			args = append(args, "-e", needles[i])
		}
		var src []byte
		for range r.IntN(60) {
			n := needles[r.IntN(len(needles))]
			a := r.IntN(len(n))
			if r.IntN(3) == 0 {
				a = 0
			}
			src = append(src, n[a:]...)
			src = append(src, []string{"", "/", " ", "\n", ".", "\r\n", "\x00", "é", "x"}[r.IntN(9)]...)
		}
		cmd := exec.Command(grep, args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdin = bytes.NewReader(src)
		want, err := cmd.Output()
		if e, ok := err.(*exec.ExitError); err != nil && (!ok || e.ExitCode() != 1) {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, m := range setOfPrefixes(t, some...).Mentions(src) {
			fmt.Fprintf(&got, "%d:%s\n", m.Start, src[m.Start:m.End])
		}
		if got.String() != string(want) {
			t.Fatalf("%q in %q:\ngot\n%sgrep\n%s", some, src, got.String(), want)
		}
	}
}

func TestMayMatch(t *testing.T) {
	for _, c := range []struct {
		rules, chunk string
		want         bool
	}{
		{"k8s.gcr.io -> r.io", "image: k8s.gcr.io/pause", true},
		{"k8s.gcr.io -> r.io", "registry: k8s.gcr.io", true},
		{"k8s.gcr.io -> r.io", "image: registry.k8s.io/pause", false},
		{"k8s.gcr.io -> r.io", "image: nginx", false},
		{"k8s.gcr.io -> r.io", "", false},
		{"k8s.gcr.io -> r.io", ".", false},
		{"gcr.io/google_containers -> r.io", "registry: gcr.io\nrepository: google_containers/pause", true},
		{"gcr.io/google_containers -> r.io", "repository: google_containers/pause\nregistry: gcr.io", true},
		{"gcr.io/google_containers -> r.io", "registry: gcr.io\nrepository: distroless/static", false},
		{"gcr.io/google_containers -> r.io", "repository: google_containers/pause", false},
		{"gcr.io/ann/bob -> r.io\ngcr.io/eve -> s.io", "gcr.io eve", true},
		{"gcr.io/ann/bob -> r.io\ngcr.io/eve -> s.io", "gcr.io ann", false},
		{"localhost:5000/x -> r.io/x", "localhost:5000 x", true},
		{"localhost:5000/x -> r.io/x", "localhost:500 x", false},
		{"docker.io/bitnami -> docker.io/bitnamilegacy", "repository: bitnami/redis", true},
		{"docker.io/bitnami -> docker.io/bitnamilegacy", "repository: docker.io/redis", false},
		{"docker.io/library/nginx -> m.io/n", "FROM nginx", true},
		{"docker.io/library/nginx -> m.io/n", "FROM debian", false},
		{"docker.io -> m.io", "from debian", true},
		{"docker.io -> m.io", "FrOm debian", true},
		{"docker.io -> m.io", "image: nginx", true},
		{"docker.io -> m.io", "baseImage: nginx", true},
		{"docker.io -> m.io", "hub: index.docker.io", true},
		{"docker.io/library -> m.io", "repository: nginx", true},
		{"docker.io -> m.io", "a: b", false},
		{"docker.io -> m.io", "fro", false},
	} {
		if got := setOf(t, c.rules).MayMatch([]byte(c.chunk)); got != c.want {
			t.Errorf("%s: MayMatch(%q) = %v, want %v", c.rules, c.chunk, got, c.want)
		}
	}
}

// MayMatch is true for every text that matches, and for its components on
// separate lines.
func TestMayMatchAgreesWithMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	matched := 0
	for range 10_000 {
		p := picker{r.IntN, anyHosts}
		s, err := New(p.rules())
		if err != nil {
			continue
		}
		text, k := p.text()
		if _, ok := s.Match(text, k); !ok {
			continue
		}
		matched++
		for _, chunk := range []string{"image: " + text, "images:\n" + strings.Join(strings.Split(text, "/"), "\n- ")} {
			if !s.MayMatch([]byte(chunk)) {
				t.Fatalf("%v: %q matches, but MayMatch(%q) is false", s.Rules(), text, chunk)
			}
		}
	}
	if matched < 500 {
		t.Errorf("only %d texts matched, want at least 500", matched)
	}
}

// sampleYAML returns n bytes of manifests that no preset matches.
func sampleYAML(n int) []byte {
	const doc = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-%d
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: main
        image: registry.k8s.io/ingress-nginx/controller:v1.9.%d
        args: ["--listen=0.0.0.0:8080", "--log-level=info"]
        resources:
          limits: {cpu: 500m, memory: 128Mi}
        # Probes answer on the port that metrics are served on.
        readinessProbe:
          httpGet: {path: /healthz, port: 8080}
---
`
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, doc, i, i%10)
	}
	return b.Bytes()[:n]
}

func BenchmarkScan(b *testing.B) {
	src := sampleYAML(16 << 20)
	k8s, err := Preset("k8s")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		rules []Rule
	}{
		{"1 host", k8s[:1]},
		{"k8s", k8s},
		{"bitnami", []Rule{{From: "docker.io/bitnami", To: "docker.io/bitnamilegacy"}}},
	} {
		s, err := New(c.rules)
		if err != nil {
			b.Fatal(err)
		}
		if s.MayMatch(src) || len(s.Mentions(src)) > 0 {
			b.Fatal("the text contains a mention")
		}
		b.Run(c.name+"/MayMatch", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				s.MayMatch(src)
			}
		})
		b.Run(c.name+"/Mentions", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				s.Mentions(src)
			}
		})
		b.Run(c.name+"/bytes.Contains each", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				for _, f := range s.oldPrefixes {
					bytes.Contains(src, []byte(f))
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	k8s, err := Preset("k8s")
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(k8s)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Match("registry.k8s.io/ingress-nginx/controller:v1.9.4", Reference)
		s.Match("k8s.gcr.io/ingress-nginx/controller:v1.9.4", Reference)
	}
}
