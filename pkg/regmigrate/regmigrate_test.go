package regmigrate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

func newSet(t testing.TB, pairs ...string) *rules.Set {
	t.Helper()
	var all []rules.Rule
	for _, p := range pairs {
		r, err := rules.ParseRuleFlag(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	set, err := rules.New(all)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A file that does not parse keeps its content, and is an error if it may have references.
func TestRewriteErrors(t *testing.T) {
	set := newSet(t, "k8s.gcr.io=registry.k8s.io")
	for _, src := range []string{
		"a: \"k8s.gcr.io/pause:3.9\n",
		strings.Repeat("[", 20000) + "k8s.gcr.io/pause:3.9",
	} {
		got, err := Rewrite("a.yaml", []byte(src), set)
		if string(got.Content) != src && err != nil {
			t.Errorf("%.20q: got content %.40q with error %v", src, got.Content, err)
		}
		if err == nil && len(got.Findings) == 0 {
			t.Errorf("%.20q: expected an error or a finding", src)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("without rules: expected a panic")
		}
	}()
	Rewrite("a.yaml", nil, nil)
}

// The name selects the format.
func TestRewriteName(t *testing.T) {
	set := newSet(t, "docker.io=mirror.example/hub")
	src := "jobs:\n  a:\n    container: node:20\n"
	got, err := Rewrite(".github/workflows/ci.yml", []byte(src), set)
	if err != nil || !strings.Contains(string(got.Content), "container: mirror.example/hub/library/node:20\n") {
		t.Errorf("got %q, %v", got.Content, err)
	}
	if got, err = Rewrite("values.txt", []byte(src), set); err != nil || string(got.Content) != src {
		t.Errorf("got %q, %v", got.Content, err)
	}
}

// A second call changes nothing, and every finding that moves is a change.
func FuzzRewrite(f *testing.F) {
	for _, src := range []string{"image: k8s.gcr.io/a:1", "FROM k8s.gcr.io/a", "{\"image\": \"k8s.gcr.io/a\"}", "\xff k8s.gcr.io/a", "a: |\n  image: k8s.gcr.io/a\n"} {
		f.Add("a.yaml", src)
		f.Add("Dockerfile", src)
	}
	set := newSet(f, "k8s.gcr.io=registry.k8s.io")
	f.Fuzz(func(t *testing.T, name, src string) {
		got, err := Rewrite(name, []byte(src), set)
		if err != nil {
			if string(got.Content) != src {
				t.Errorf("error %v, and the content differs", err)
			}
			return
		}
		moved := 0
		for i := range got.Findings {
			if got.Findings[i].Moves() {
				moved++
			}
		}
		if (moved > 0) == bytes.Equal(got.Content, []byte(src)) {
			t.Errorf("%d findings move, from %q to %q", moved, src, got.Content)
		}
		again, err := Rewrite(name, got.Content, set)
		if err != nil || !bytes.Equal(again.Content, got.Content) {
			t.Errorf("a second call changes %q to %q, %v", got.Content, again.Content, err)
		}
	})
}
