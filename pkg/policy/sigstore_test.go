package policy

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// sigstoreMatches decides as the policy-controller does: it parses the image, and
// compares the glob with its whole name, which its function Match parses again.
// Source: github.com/sigstore/policy-controller, pkg/webhook/validator.go,
// validateContainerImage, and pkg/apis/glob/glob.go, Compile and Match.
func sigstoreMatches(globs *regexp.Regexp, imageName string) (matches, ok bool) {
	ref, err := name.ParseReference(imageName)
	if err != nil {
		return false, false // the policy-controller does not accept the object
	}
	full, err := name.ParseReference(ref.Name(), name.WeakValidation)
	if err != nil {
		return false, false
	}
	return globs.MatchString(full.Name()) || full.Name() != ref.Name() && globs.MatchString(ref.Name()), true
}

var validGlob = regexp.MustCompile(`^[a-zA-Z0-9-_:\/\*\.@]+$`)

func compileGlobs(t *testing.T, globs []string) *regexp.Regexp {
	t.Helper()
	var all []string
	for _, glob := range globs {
		if !validGlob.MatchString(glob) || glob == "*" || glob == "*/*" {
			t.Fatalf("invalid glob %q", glob)
		}
		glob = strings.ReplaceAll(glob, ".", `\.`)
		glob = strings.ReplaceAll(glob, "**", "#")
		glob = strings.ReplaceAll(glob, "*", "[^/]*")
		all = append(all, strings.ReplaceAll(glob, "#", ".*"))
	}
	return regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")$")
}

// The globs match exactly the references that the rules move.
func TestSigstoreGlobs(t *testing.T) {
	preset := func(names ...string) []rules.Rule {
		var out []rules.Rule
		for _, n := range names {
			list, err := rules.Preset(n)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, list...)
		}
		return out
	}
	rule := func(texts ...string) []rules.Rule {
		var out []rules.Rule
		for _, text := range texts {
			r, err := rules.ParseRuleFlag(text)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r)
		}
		return out
	}
	for _, c := range []struct {
		name string
		list []rules.Rule
		err  string // a part of the error, or "" if globs exist
	}{
		{"k8s", preset("k8s"), ""},
		{"k8s and istio", preset("k8s", "istio"), ""},
		{"bitnami", preset("bitnami"), "the rule docker.io/bitnami: it keeps docker.io/bitnami/"},
		{"a host", rule("quay.io=mirror.example/quay"), ""},
		{"a host with a port", rule("old.example:5000/team=new.example/team"), ""},
		{"a path and one below it", rule("old.example/a=new.example/x", "old.example/a/b=other.example"), ""},
		{"library", rule("docker.io/library=mirror.example/library"), "the rule docker.io/library: the policy-controller reads a registry without a name"},
		{"one image of library", rule("docker.io/library/nginx=mirror.example/nginx"), ""},
		{"a namespace of Docker Hub", rule("docker.io/bitnami=docker.io/bitnamilegacy"), ""},
		{"namespaces of Docker Hub", rule("docker.io/a=x.example/a", "docker.io/b/c=x.example/c", "docker.io/library/nginx=x.example"), ""},
		{"all of Docker Hub", rule("docker.io=mirror.example/hub"), "the rule docker.io: the policy-controller reads localhost/NAME as an image of Docker Hub"},
		{"localhost", rule("localhost/x=mirror.example/x"), "the rule localhost/x: the policy-controller reads localhost/NAME"},
		{"a kept prefix", []rules.Rule{{From: "old.example/a", To: "new.example/a", Keep: []string{"old.example/a/kept"}}}, "the rule old.example/a: it keeps old.example/a/kept, and a ClusterImagePolicy has no exceptions"},
		{"a kept image of Docker Hub", []rules.Rule{{From: "docker.io/team", To: "new.example", Keep: []string{"docker.io/team/nginx"}}}, "the rule docker.io/team: it keeps docker.io/team/nginx"},
	} {
		s, err := rules.New(c.list)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		globs, err := globsOf(s.Table())
		if c.err != "" || err != nil {
			if err == nil || !strings.Contains(err.Error(), c.err) || c.err == "" {
				t.Errorf("%s: got %v, %v, want an error with %q", c.name, globs, err, c.err)
			}
			continue
		}
		compiled := compileGlobs(t, globs)
		moved, read := 0, 0
		references := newReferences(s)
		const n = 10_000
		for range n {
			ref := references.next()
			_, want := s.Table().Move(ref)
			got, ok := sigstoreMatches(compiled, ref)
			if !ok {
				continue
			}
			read++
			if want {
				moved++
			}
			if got != want {
				t.Errorf("%s: %s: the globs match: %v, the rules move it: %v\n%v", c.name, ref, got, want, globs)
				break
			}
		}
		if read < n/3 || moved < n/20 {
			t.Errorf("%s: %d of %d references are valid, and %d of them move", c.name, read, n, moved)
		}
	}
}

// references are random references near the prefixes of rules.
type references struct {
	random *rand.Rand
	froms  []string
}

func newReferences(s *rules.Set) *references {
	var froms []string
	for _, r := range s.Rules() {
		froms = append(froms, r.From)
		froms = append(froms, r.Keep...)
	}
	return &references{rand.New(rand.NewPCG(1, 2)), froms}
}

func (g *references) pick(list ...string) string { return list[g.random.IntN(len(list))] }

func (g *references) next() string {
	ref := g.pick(g.froms...)
	switch g.random.IntN(8) {
	case 0: // without the last component
		ref = ref[:max(strings.LastIndexByte(ref, '/'), 0)]
	case 1:
		ref += g.pick("x", "-x", ".example")
	case 2:
		ref = g.pick("harbor.example/", "x") + ref
	case 3:
		ref = g.pick("nginx", "library/nginx", "library", "team/app", "a/b/c", "quay.io/a/b", "docker.io/nginx", "old.example/a")
	}
	if rest, ok := strings.CutPrefix(ref, "docker.io/"); ok {
		ref = g.pick("", "docker.io/", "index.docker.io/", "registry-1.docker.io/") + g.pick(rest, rest, strings.TrimPrefix(rest, "library/"))
	}
	for range g.random.IntN(3) {
		ref = strings.TrimPrefix(ref+"/"+g.pick("app", "nginx", "kept", "a", "b", "c", "library", "x-y"), "/")
	}
	if g.random.IntN(2) == 0 {
		ref += g.pick(":1.2", ":latest", ":v1-x")
	}
	if g.random.IntN(3) == 0 {
		ref += fmt.Sprintf("@sha256:%064x", g.random.Uint64())
	}
	return ref
}

func TestSigstoreOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "mode: warn\n"},
		{Options{Actions: []string{"warn"}}, "mode: warn\n"},
		{Options{Actions: []string{"deny"}, DenyExisting: true}, "mode: enforce\n"},
	} {
		c.o.Name, c.o.Command, c.o.Rules = "regmigrate", "regmigrate policy sigstore", set(t, rules.Rule{From: "old.example", To: "new.example"})
		got, err := Write("sigstore", c.o)
		if err != nil || !strings.Contains(string(got), c.want) || !strings.Contains(string(got), "glob: old.example/**\n") {
			t.Errorf("got %s, %v, want %q", got, err, c.want)
		}
	}
}
