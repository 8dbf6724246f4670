package policy

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "write the expected policies to testdata")

func set(t testing.TB, list ...rules.Rule) *rules.Set {
	t.Helper()
	s, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var someRules = []rules.Rule{
	{From: "k8s.gcr.io", To: "registry.k8s.io"},
	{From: "gcr.io/google_containers", To: "registry.k8s.io", Keep: []string{"gcr.io/google_containers/kept"}},
	{From: "docker.io", To: "mirror.example/hub", Keep: []string{"docker.io/library/nginx"}},
	{From: "quay.io/x", To: "docker.io/library"},
}

func kind(t testing.TB, text string) podspec.Resource {
	t.Helper()
	r, err := podspec.ParseResource(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The expected policies are in testdata/ENGINE/CASE.yaml.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		file string
		o    Options
	}{
		{"vap/default.yaml", Options{Command: "regmigrate policy vap"}},
		{"vap/all-flags.yaml", Options{
			Command: "regmigrate policy vap --action deny", Actions: []string{"deny", "audit"}, Kubernetes: Version{1, 33},
			ExceptSpaces: []string{"kube-system"}, ExceptOwners: []Kind{{"postgresql.cnpg.io", "Cluster"}},
			Kinds:       []podspec.Resource{kind(t, "monitoring.coreos.com/v1/prometheuses:/spec/image"), kind(t, "ray.io/v1/rayclusters:/spec/workerGroupSpecs/*/template/spec")},
			Controllers: []Controller{{Kind{"ray.io", "RayCluster"}, "system:serviceaccount:ray:operator"}},
		}},
		{"vap/existing-deny.yaml", Options{Command: "regmigrate policy vap --existing deny", DenyExisting: true}},
		{"kyverno/default.yaml", Options{Command: "regmigrate policy kyverno"}},
		{"kyverno/all-flags.yaml", Options{
			Command: "regmigrate policy kyverno --action deny", Actions: []string{"deny"}, DenyExisting: true,
			ExceptSpaces: []string{"kube-system"}, ExceptOwners: []Kind{{"postgresql.cnpg.io", "Cluster"}},
			Kinds: []podspec.Resource{kind(t, "monitoring.coreos.com/v1/prometheuses:/spec/image")},
		}},
		{"kyverno/mutate.yaml", Options{Command: "regmigrate policy kyverno --mutate", Mutate: true, ExceptSpaces: []string{"a"}}},
		{"kyverno/legacy.yaml", Options{Command: "regmigrate policy kyverno --legacy", Legacy: true, Actions: []string{"deny"}, ExceptSpaces: []string{"a"}}},
		{"gatekeeper/default.yaml", Options{Command: "regmigrate policy gatekeeper"}},
		{"gatekeeper/all-flags.yaml", Options{
			Command: "regmigrate policy gatekeeper --action deny", Actions: []string{"deny"}, DenyExisting: true,
			ExceptSpaces: []string{"kube-system"}, ExceptOwners: []Kind{{"postgresql.cnpg.io", "Cluster"}},
			Kinds: []podspec.Resource{kind(t, "monitoring.coreos.com/v1/prometheuses:/spec/image"), kind(t, "ray.io/v1/rayclusters:/spec/workerGroupSpecs/*/template/spec")},
		}},
		{"map/default.yaml", Options{Command: "regmigrate policy map"}},
		{"map/all-flags.yaml", Options{Command: "regmigrate policy map", ExceptSpaces: []string{"a", "b"}, ExceptOwners: []Kind{{"postgresql.cnpg.io", "Cluster"}, {"", "Node"}}}},
	} {
		engine, _, _ := strings.Cut(c.file, "/")
		c.o.Name, c.o.Rules = "regmigrate", set(t, someRules...)
		got, err := Write(engine, c.o)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		again, err := Write(engine, c.o)
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("%s: a second run writes another policy (%v)", c.file, err)
		}
		file := filepath.Join("testdata", filepath.FromSlash(c.file))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), string(got)); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
	}
}

// Each policy is one header and documents that a YAML parser reads.
func TestOutputIsYAML(t *testing.T) {
	for _, e := range Engines() {
		rules := set(t, someRules...)
		if e.Name == "sigstore" {
			rules = set(t, someRules[0]) // globs have no exceptions
		}
		got, err := Write(e.Name, Options{Name: "regmigrate", Command: "regmigrate policy " + e.Name, Rules: rules})
		if err != nil {
			t.Fatal(err)
		}
		d := yaml.NewDecoder(bytes.NewReader(got))
		for _, want := range map[string][]string{"vap": {"Policy", "PolicyBinding"}, "map": {"Policy", "PolicyBinding"}, "kyverno": {"Policy"}, "gatekeeper": {"ConstraintTemplate", "Regmigrate"}, "sigstore": {"ClusterImagePolicy"}}[e.Name] {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := d.Decode(&o); err != nil || !strings.HasSuffix(o.Kind, want) || o.Metadata.Name != "regmigrate" {
				t.Errorf("%s: got %+v, %v, want a kind that ends in %s", e.Name, o, err, want)
			}
		}
		if header, ok := format.ReadOwnPolicy(got); !ok || header.Command != "regmigrate policy "+e.Name || header.Edited {
			t.Errorf("%s: the header is %+v", e.Name, header)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	many := func(host string, n int) []rules.Rule {
		var out []rules.Rule
		for i := range n {
			out = append(out, rules.Rule{From: host + "/a/b" + strings.Repeat("x", i), To: "new.example/" + strings.Repeat("y", i+1)})
		}
		return out
	}
	spread := func(n int) []rules.Rule {
		var out []rules.Rule
		for i := range n {
			out = append(out, rules.Rule{From: fmt.Sprintf("gcr.io/%d", i), To: fmt.Sprintf("a.b/%d", i)})
		}
		return out
	}
	for _, c := range []struct {
		name, engine string
		o            Options
		want         string
	}{
		{"unknown engine", "vpa", Options{}, `"vpa": unknown engine (did you mean "vap"?); known are vap, map, kyverno, gatekeeper`},
		{"unknown action", "vap", Options{Actions: []string{"block"}}, `--action "block": expected audit, warn, deny`},
		{"warn and deny", "vap", Options{Actions: []string{"warn", "deny"}}, "does not accept warn together with deny"},
		{"old Kubernetes for vap", "vap", Options{Kubernetes: Version{1, 29}}, "--min-kubernetes 1.29: ValidatingAdmissionPolicy is not in older versions than Kubernetes 1.30"},
		{"old Kubernetes for map", "map", Options{Kubernetes: Version{1, 35}}, "--min-kubernetes 1.35: MutatingAdmissionPolicy is not in v1 in older versions than Kubernetes 1.36\n  use the engine vap"},
		{"an action of map", "map", Options{Actions: []string{"deny"}}, "--action: a mutation has no action"},
		{"existing objects and map", "map", Options{DenyExisting: true}, "--existing deny: a mutation denies nothing"},
		{"a kind and map", "map", Options{Kinds: []podspec.Resource{kind(t, "a.io/v1/as:/spec/image")}}, "--kind: this engine changes pods only"},
		{"old Kubernetes for kyverno", "kyverno", Options{Kubernetes: Version{1, 30}}, "--min-kubernetes: Kyverno evaluates the policy"},
		{"an action of a mutation by kyverno", "kyverno", Options{Mutate: true, Actions: []string{"deny"}}, "--action: a mutation has no action: it gives no warning and writes no audit annotation\n  use --action with policy kyverno without --mutate"},
		{"existing objects and a mutation by kyverno", "kyverno", Options{Mutate: true, DenyExisting: true}, "--existing deny: a mutation denies nothing"},
		{"a mutation by vap", "vap", Options{Mutate: true}, "--mutate is a flag of the engine kyverno\n  use the engine map"},
		{"a mutation by gatekeeper", "gatekeeper", Options{Mutate: true}, "set constants; they cannot replace a prefix and keep the rest of a name (open-policy-agent/gatekeeper#2381)\n  use policy map (Kubernetes 1.36 or newer) or policy kyverno --mutate"},
		{"old Kubernetes for gatekeeper", "gatekeeper", Options{Kubernetes: Version{1, 30}}, "--min-kubernetes: Gatekeeper evaluates the policy"},
		{"a name that begins with a digit", "gatekeeper", Options{Name: "2-registries"}, `--name "2-registries": the kind of the constraint is made of it`},
		{"a long name", "gatekeeper", Options{Name: strings.Repeat("x", 64)}, "at most 63 letters and digits"},
		{"too much cost for gatekeeper", "gatekeeper", Options{Rules: set(t, many("gcr.io", 170)...)}, "Gatekeeper accepts at most 1000000"},
		{"too many bytes", "gatekeeper", Options{Rules: set(t, spread(2000)...), Kinds: slices.Repeat([]podspec.Resource{kind(t, "a.io/v1/as:/spec/a/b/c/d/image")}, 100)}, "bytes, and kubectl apply accepts at most 262144"},
		{"a legacy mutation", "kyverno", Options{Legacy: true, Mutate: true}, "--legacy: the mutations of a ClusterPolicy have no CEL"},
		{"a kind of a legacy policy", "kyverno", Options{Legacy: true, Kinds: []podspec.Resource{kind(t, "a.io/v1/as:/spec/image")}}, "--legacy: a ClusterPolicy selects kinds"},
		{"a legacy policy of another engine", "vap", Options{Legacy: true}, "--legacy is a flag of the engine kyverno"},
		{"two stars", "vap", Options{Kinds: []podspec.Resource{kind(t, "a.io/v1/as:/spec/*/x/*/image")}}, "/spec/*/x/*/image: the path has more than one *"},
		{"a controller of a kind that is not judged", "vap", Options{Controllers: []Controller{{Kind{"db.io", "Database"}, "x"}}}, `--controller db.io/Database=x: the policy judges no kind of the group "db.io"`},
		{"an invalid name", "vap", Options{Name: "Reg_migrate"}, `--name "Reg_migrate": expected the name of a Kubernetes object`},
		{"rules for charts only", "vap", Options{Rules: set(t, rules.Rule{From: "https://a.io", To: "https://b.io"})}, "no rule moves images"},
		{"too many rules", "vap", Options{Rules: set(t, many("gcr.io", 600)...)}, "Kubernetes accepts at most"},
		{"too much cost", "vap", Options{Rules: set(t, many("gcr.io", 500)...)}, "an object with 100 containers may cost 1"},
	} {
		if c.o.Name == "" {
			c.o.Name = "regmigrate"
		}
		if c.o.Rules == nil {
			c.o.Rules = set(t, someRules...)
		}
		if _, err := Write(c.engine, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{"1.30": {1, 30}, "v1.36.3": {1, 36}, "2.0": {2, 0}} {
		if got, err := ParseVersion(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "1.x", "1.-3", "1.2.3.4", "latest"} {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, v)
		}
	}
}

func TestParseKind(t *testing.T) {
	for text, want := range map[string]Kind{"apps/Deployment": {"apps", "Deployment"}, "Node": {"", "Node"}, "a.b-c.io/K8s": {"a.b-c.io", "K8s"}} {
		if got, err := ParseKind(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "apps/", "apps/v1/Deployment", "apps/deployment", "Apps/Deployment", `a"b/C`} {
		if k, err := ParseKind(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, k)
		}
	}
}
