package rules

import (
	"slices"
	"strings"
	"testing"
)

// rulesOf parses "FROM -> TO" or "FROM -> TO keep A B", one rule per line. The
// rules are named r1, r2, and so on.
func rulesOf(t testing.TB, text string) []Rule {
	t.Helper()
	var out []Rule
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimSpace(line)
		line, keep, _ := strings.Cut(line, " keep ")
		from, to, ok := strings.Cut(line, " -> ")
		if !ok {
			t.Fatalf("not a rule: %q", line)
		}
		out = append(out, Rule{Name: "r" + string(rune('1'+len(out))), From: from, To: to, Keep: strings.Fields(keep)})
	}
	return out
}

func setOf(t testing.TB, text string) *Set {
	t.Helper()
	s, err := New(rulesOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNewErrors(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"empty", " -> b.io", `from "" is empty; expected a prefix such as k8s.gcr.io`},
		{"scheme", "https://k8s.gcr.io -> b.io", `from "https://k8s.gcr.io" has a scheme, which is not part of an image reference; expected a prefix such as k8s.gcr.io, or https:// on both sides for a repository of charts`},
		{"scheme of to", "k8s.gcr.io -> https://b.io", `to "https://b.io" has a scheme, which is not part of an image reference; expected a prefix such as b.io, or https:// on both sides`},
		{"scheme that is not https", "http://a.io -> http://b.io", `from "http://a.io" has a scheme, which is not part of an image reference; expected a prefix such as a.io`},
		{"URL without a host", "https:///x -> https://b.io", `"" is not a host name; expected the URL of a repository of charts`},
		{"URL with an empty component", "https://a.io//x -> https://b.io", `"" is not a path component; expected the URL of a repository of charts, such as https://a.io/stable`},
		{"URL under itself", "https://a.io -> https://a.io/x", "would make references longer on every run"},
		{"tag", "k8s.gcr.io/pause:3.9 -> b.io/x", `from "k8s.gcr.io/pause:3.9" has a tag; tags never change and are not part of a rule; expected a prefix such as k8s.gcr.io/pause`},
		{"tag on a host", "k8s.gcr.io:v1 -> b.io", `"v1" is not a port; tags never change and are not part of a rule; expected a prefix such as k8s.gcr.io`},
		{"digest", "k8s.gcr.io/pause@sha256:ab -> b.io/x", `has a digest; digests never change and are not part of a rule; expected a prefix such as k8s.gcr.io/pause`},
		{"capitals in the path", "k8s.gcr.io/Pause -> b.io/x", `has a capital letter in its path, which registries do not allow; expected a prefix such as k8s.gcr.io/pause`},
		{"space", "k8s.gcr.io /x -> b.io/x", `contains a space`},
		{"wildcard", "k8s.gcr.io/* -> b.io/x", `contains a wildcard; a rule is a prefix and needs no wildcard; expected a prefix such as k8s.gcr.io`},
		{"variable", "a.io -> ${REGISTRY}/x", `to "${REGISTRY}/x" contains a variable that is not a whole component of the path`},
		{"variable that only the target has", "a.io/$X -> b.io/$Y", `to "b.io/$Y" has the variable $Y, which from "a.io/$X" does not have; expected literal text, or a variable of from`},
		{"a variable in two spellings", "a.io/$X -> b.io/${X}", `has the variable ${X}`},
		{"variable with a default", "a.io/${X:-y} -> b.io", `contains a variable that is not a whole component`},
		{"no host in from", "bitnami -> bitnamilegacy", `from "bitnami" does not start with a registry (a host with a dot or a port, or localhost); expected a prefix such as docker.io/bitnami`},
		{"no host in to", "a.io -> mirror/k8s", `to "mirror/k8s" does not start with a registry`},
		{"target equals prefix", "a.io/ -> a.io", "from and to are the same prefix"},
		{"target equals prefix, on Docker Hub", "docker.io -> registry-1.docker.io", "from and to are the same prefix"},
		{"keep outside", "a.io/x -> b.io keep a.io/xy", `keep "a.io/xy" is not under a.io/x; expected a prefix such as a.io/x/some-image`},
		{"keep equals prefix", "a.io/x -> b.io keep a.io/x", `keep "a.io/x" is not under a.io/x`},
		{"two targets", "a.io -> b.io\na.io/ -> c.io", "two rules move a.io to different targets: a.io -> b.io (r1), and a.io -> c.io (r2); remove one of them"},
		{"two targets, two spellings", "docker.io/x -> b.io\nindex.docker.io/x -> c.io", "index.docker.io/x -> c.io (r2)"},
		{"target under the prefix", "gcr.io -> gcr.io/mirror", "rule gcr.io -> gcr.io/mirror (r1) would make references longer on every run, because gcr.io/mirror is under gcr.io"},
		{"target under the prefix, on Docker Hub", "docker.io -> index.docker.io/x", "would make references longer on every run"},
		{"target contains the prefix", "a.io/x -> a.io", "rule a.io/x -> a.io (r1) would shorten a.io/x/x again on a second run"},
		{"cycle", "a.io -> b.io\nb.io -> a.io", "the rules form a cycle: a.io -> b.io (r1), then b.io -> a.io (r2); remove one of them"},
		{"cycle of three", "a.io -> b.io/x\nb.io -> c.io\nc.io/x -> a.io", "the rules form a cycle"},
		{"cycle that makes references longer", "a.io/x -> b.io\nb.io -> a.io/x/y", "the rules form a cycle"},
		{"cycle under the first prefix", "a.io -> b.io\nb.io/x -> a.io/x", "the rules form a cycle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rules []Rule
			for i, line := range strings.Split(c.rules, "\n") {
				line, keep, _ := strings.Cut(line, " keep ")
				from, to, _ := strings.Cut(line, " -> ")
				rules = append(rules, Rule{Name: "r" + string(rune('1'+i)), From: from, To: to, Keep: strings.Fields(keep)})
			}
			_, err := New(rules)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant    %s", err, c.want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct{ name, rules, want string }{
		{"none", "", ""},
		{"most specific first", "a.io -> z.io\na.io/x/y -> y.io\nb.io/long -> z.io", `
			a.io/x/y -> y.io (r2)
			b.io/long -> z.io (r3)
			a.io -> z.io (r1)`},
		{"duplicates merge", "a.io -> z.io keep a.io/x\na.io -> z.io keep a.io/x a.io/y", "a.io -> z.io (r1) keep [a.io/x a.io/y]"},
		{"chain", "k8s.gcr.io -> registry.k8s.io\nregistry.k8s.io -> mirror.io/k8s", `
			registry.k8s.io -> mirror.io/k8s (r2)
			k8s.gcr.io -> mirror.io/k8s (r1 + r2)`},
		{"second rule more specific", "k8s.gcr.io -> registry.k8s.io\nregistry.k8s.io/foo -> mirror.io/foo", `
			registry.k8s.io/foo -> mirror.io/foo (r2)
			k8s.gcr.io/foo -> mirror.io/foo (r1 + r2)
			k8s.gcr.io -> registry.k8s.io (r1)`},
		{"second rule less specific", "a.io/x -> b.io/y\nb.io -> c.io/b", `
			a.io/x -> c.io/b/y (r1 + r2)
			b.io -> c.io/b (r2)`},
		{"chain of three with more specific rules", "a.io -> b.io\nb.io -> c.io\nb.io/x -> d.io\nc.io/y -> e.io", `
			a.io/x -> d.io (r1 + r3)
			a.io/y -> e.io (r1 + r2 + r4)
			b.io/x -> d.io (r3)
			b.io/y -> e.io (r2 + r4)
			c.io/y -> e.io (r4)
			a.io -> c.io (r1 + r2)
			b.io -> c.io (r2)`},
		{"no derived rule where a given rule is more specific", "a.io -> b.io\na.io/x -> z.io\nb.io/x/y -> c.io", `
			b.io/x/y -> c.io (r3)
			a.io/x -> z.io (r2)
			a.io -> b.io (r1)`},
		{"keep entry of the first rule", "a.io -> b.io keep a.io/x\nb.io -> c.io\nb.io/x/y -> d.io", `
			b.io/x/y -> d.io (r3)
			a.io -> c.io (r1 + r2) keep [a.io/x]
			b.io -> c.io (r2)`},
		{"keep entry of the second rule ends the chain", "a.io -> b.io\nb.io -> c.io keep b.io/x", `
			a.io/x -> b.io/x (r1)
			a.io -> c.io (r1 + r2)
			b.io -> c.io (r2) keep [b.io/x]`},
		{"Docker Hub under another host", "quay.io/x -> index.docker.io/x\ndocker.io -> m.io", `
			quay.io/x -> m.io/x (r1 + r2)
			docker.io -> m.io (r2)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var given []Rule
			if c.rules != "" {
				given = rulesOf(t, c.rules)
			}
			s, err := New(given)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, r := range s.Rules() {
				line := describe(r)
				if len(r.Keep) > 0 {
					line += " keep [" + strings.Join(r.Keep, " ") + "]"
				}
				got = append(got, line)
			}
			for line := range strings.Lines(strings.TrimSpace(c.want)) {
				want = append(want, strings.TrimSpace(line))
			}
			slices.Sort(want)
			if !slices.IsSortedFunc(s.Rules(), func(a, b Rule) int { return strings.Count(b.From, "/") - strings.Count(a.From, "/") }) {
				t.Errorf("not the most specific first: %q", got)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
}

func TestOldPrefixes(t *testing.T) {
	s := setOf(t, "index.docker.io/x/ -> b.io\ndocker.io/x -> b.io\na.io -> b.io\na.io -> b.io\nb.io/y -> c.io")
	if got, want := s.OldPrefixes(), []string{"index.docker.io/x", "docker.io/x", "a.io", "b.io/y"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
