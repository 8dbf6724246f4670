package policy

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// Each rule has an image that moves and a sibling; kept prefixes, short names and the
// other hosts of Docker Hub have their own. What is expected is what Match says.
func TestSamples(t *testing.T) {
	o := Options{Rules: set(t, someRules...)}
	got := map[string]string{}
	for i, list := range samples(&o) {
		for _, s := range list {
			got[fmt.Sprintf("%s %s", o.Rules.Rules()[i].From, s.name)] = s.image
			want := ""
			if m, ok := o.Rules.Match(s.image, rules.ShortForm); ok && m.Keep == "" {
				want = m.New + s.image[m.Len:]
			}
			if s.to != want {
				t.Errorf("%s: got %q, want %q", s.image, s.to, want)
			}
		}
	}
	for name, want := range map[string]string{
		"k8s.gcr.io match":                      "k8s.gcr.io/app:1.0",
		"k8s.gcr.io sibling":                    "x-k8s.gcr.io/app:1.0",
		"k8s.gcr.io inside":                     "harbor.example/k8s.gcr.io/app:1.0",
		"gcr.io/google_containers sibling":      "gcr.io/google_containers-x/app:1.0",
		"gcr.io/google_containers kept-1":       "gcr.io/google_containers/kept:1.0",
		"gcr.io/google_containers kept-1-below": "gcr.io/google_containers/kept/app:1.0",
		"docker.io short":                       "app:1.0",
		"docker.io short-below":                 "team/app:1.0",
		"docker.io alias-index":                 "index.docker.io/app:1.0",
		"docker.io kept-1":                      "docker.io/library/nginx:1.0",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
}

// All rules of all presets have an image that moves, and a message that is not cut.
func TestSamplesOfPresets(t *testing.T) {
	for _, info := range rules.Presets() {
		list, err := rules.Preset(info.Name)
		if err != nil {
			continue // it needs a parameter
		}
		o := Options{Rules: set(t, list...), Name: "regmigrate"}
		for i, samples := range samples(&o) {
			size := 0
			for _, s := range samples {
				if s.to != "" {
					size += len(s.message()) + 2
				}
			}
			if size == 0 || size > maxMessage {
				t.Errorf("%s: %s: the messages have %d bytes", info.Name, o.Rules.Rules()[i].From, size)
			}
		}
	}
}

func TestSuite(t *testing.T) {
	o := Options{Name: "regmigrate", Command: "regmigrate policy", Rules: set(t, someRules...), ExceptSpaces: []string{"default"}}
	for _, c := range []struct {
		name, engine string
		change       func(*Options)
		files        []string
	}{
		{"gatekeeper", "gatekeeper", func(*Options) {}, []string{"suite.yaml", "template.yaml", "constraint.yaml", "rule-001-moves.yaml", "kind-cronjob.yaml", "kind-rollout.yaml"}},
		{"kyverno", "kyverno", func(*Options) {}, []string{"kyverno-test.yaml", "policy.yaml", "resources.yaml"}},
		{"mutate", "kyverno", func(o *Options) { o.Mutate = true }, []string{"kyverno-test.yaml", "policy.yaml", "resources.yaml", "patched.yaml"}},
		{"legacy", "kyverno", func(o *Options) { o.Legacy = true }, []string{"kyverno-test.yaml", "policy.yaml", "resources.yaml"}},
	} {
		o := o
		c.change(&o)
		files, err := Suite(c.engine, o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Suite(c.engine, o)
		if err != nil || !slices.EqualFunc(files, again, func(a, b File) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }) {
			t.Errorf("%s: a second run writes other files (%v)", c.name, err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
			if p, ok := format.ReadOwnPolicy(f.Text); !ok || p.Edited || p.Command != o.Command {
				t.Errorf("%s: %s has no header", c.name, f.Name)
			}
			if strings.Contains(string(f.Text), "namespace: default\n") {
				t.Errorf("%s: %s has an object in a namespace that is excepted", c.name, f.Name)
			}
		}
		for _, want := range c.files {
			if !slices.Contains(names, want) {
				t.Errorf("%s: no %s among %q", c.name, want, names)
			}
		}
	}
	for _, engine := range []string{"vap", "map"} {
		if _, err := Suite(engine, o); err == nil || !regexp.MustCompile(`policy `+engine+`: --tests: no program evaluates .*\n  use the engine kyverno`).MatchString(err.Error()) {
			t.Errorf("%s: got %v", engine, err)
		}
	}
}
