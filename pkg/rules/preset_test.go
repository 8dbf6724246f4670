package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestPresets(t *testing.T) {
	infos := Presets()
	if len(infos) != len(presetNames()) || len(infos) == 0 {
		t.Fatalf("%d of %d presets can be described", len(infos), len(presetNames()))
	}
	for _, info := range infos {
		if info.Doc == "" || !strings.HasPrefix(info.Source, "https://") {
			t.Errorf("%+v: no doc or no source", info)
		}
		rules, err := Preset(info.Name)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, r := range rules {
			if r.Name != "preset "+info.Name || !strings.Contains(r.Doc, "https://") {
				t.Errorf("%+v: name or doc is missing", r)
			}
		}
	}
}

func TestPresetK8s(t *testing.T) {
	rules, err := Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(s.Rules()), 26; got != want {
		t.Errorf("%d rules, want %d: 1 + 2 + 3 names and 20 regions", got, want)
	}
	for _, from := range []string{
		"k8s.gcr.io", "gcr.io/google_containers", "gcr.io/google-containers", "us.gcr.io/k8s-artifacts-prod", "eu.gcr.io/k8s-artifacts-prod",
		"asia.gcr.io/k8s-artifacts-prod", "us-central1-docker.pkg.dev/k8s-artifacts-prod/images", "europe-west9-docker.pkg.dev/k8s-artifacts-prod/images",
	} {
		text := from + "/pause:3.9"
		m, ok := s.Match(text, Reference)
		if got := m.New + text[m.Len:]; !ok || got != "registry.k8s.io/pause:3.9" {
			t.Errorf("%s became %s", text, got)
		}
		if !slices.Contains(s.Froms(), from) {
			t.Errorf("%s is not searched for", from)
		}
	}
	for _, text := range []string{"registry.k8s.io/pause:3.9", "gcr.io/k8s-staging-test-infra/x", "gcr.io/distroless/static", "us-docker.pkg.dev/k8s-artifacts-prod/x"} {
		if m, ok := s.Match(text, Reference); ok {
			t.Errorf("%s matches %+v", text, m)
		}
	}
}

func TestPresetUnknown(t *testing.T) {
	_, err := Preset("k8z")
	if want := `unknown preset "k8z"; known are k8s (did you mean "k8s"?)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Preset("../presets/k8s"); err == nil {
		t.Error("a path is taken for a name")
	}
}

func TestReadPresetRefuses(t *testing.T) {
	const rule = "- {from: [a.io], to: b.io, doc: d, source: s, date: \"2020-01-01\"}\n"
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "presets/p.yaml: empty"},
		{"no source", "doc: d\nrules:\n" + rule, "presets/p.yaml: expected doc, source and rules"},
		{"no date", "doc: d\nsource: s\nrules:\n- {from: [a.io], to: b.io, doc: d, source: s}\n", "presets/p.yaml:4:3: rules[0]: expected from, to, doc, source and date"},
		{"unknown key", "docs: d\n", `presets/p.yaml:1:1: unknown key "docs"`},
		{"a bad prefix", "doc: d\nsource: s\nrules:\n" + strings.Replace(rule, "a.io", "a.io/X", 1), `presets/p.yaml: rule a.io/X -> b.io (preset p): from "a.io/X" has a capital letter`},
		{"a circle", "doc: d\nsource: s\nrules:\n" + rule + strings.NewReplacer("a.io", "b.io", "b.io", "a.io").Replace(rule), "presets/p.yaml: rules that lead in a circle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readPreset("presets/p.yaml", "p", []byte(c.src))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v\nwant %s…", err, c.want)
			}
		})
	}
}
