package webhook

import (
	"bytes"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "write the expected manifests to testdata")

func options(t testing.TB, cert string) ManifestOptions {
	return ManifestOptions{
		Name: "regmigrate-webhook", Namespace: "regmigrate", Image: "ghcr.io/regmigrate/regmigrate:1.2.3", Cert: cert,
		Rules: ruleSet(t, "docker.io/bitnami=harbor.example.com/bitnami=docker.io/bitnami/kept", "k8s.gcr.io=registry.k8s.io"), Command: "regmigrate webhook manifests --cert " + cert,
	}
}

// The manifests are those in testdata. With -update they are written there.
func TestManifests(t *testing.T) {
	for _, cert := range Certs {
		got, err := Stream(options(t, cert))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", cert+".yaml")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))) {
			t.Errorf("%s differs: go test ./pkg/webhook -run TestManifests -update, and read git diff", file)
		}
	}
}

// objects returns the objects of YAML documents by KIND/NAME.
func objects(t *testing.T, text []byte) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var o map[string]any
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		if o == nil {
			continue // the header
		}
		out[o["kind"].(string)+"/"+o["metadata"].(map[string]any)["name"].(string)] = o
	}
	return out
}

// The folder is a kustomization that builds exactly the objects of the stream. Each file
// has the header of a policy.
func TestManifestsFolder(t *testing.T) {
	for _, cert := range Certs {
		o := options(t, cert)
		o.DryRun = true
		o.ExceptOwners = []policy.Kind{{Group: "postgresql.cnpg.io", Kind: "Cluster"}}
		o.ExceptNamespaces = []string{"123", "monitoring"}
		files, err := Manifests(o)
		if err != nil {
			t.Fatal(err)
		}
		disk := filesys.MakeFsInMemory()
		for _, f := range files {
			if err := disk.WriteFile("/x/"+f.Name, f.Text); err != nil {
				t.Fatal(err)
			}
			header, ok := format.ReadOwnPolicy(f.Text)
			if !ok || header.Edited || header.Command != o.Command || (header.Rules != "") != slices.Contains(filesWithRules, f.Name) {
				t.Errorf("%s: header %+v, %v", f.Name, header, ok)
			}
		}
		built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/x")
		if err != nil {
			t.Fatal(err)
		}
		text, err := built.AsYaml()
		if err != nil {
			t.Fatal(err)
		}
		stream, err := Stream(o)
		if err != nil {
			t.Fatal(err)
		}
		got, want := objects(t, append([]byte("\n---\n"), text...)), objects(t, stream)
		if len(got) != len(want) || len(got) < 8 {
			t.Errorf("%s: %d objects, want %d", cert, len(got), len(want))
		}
		hook := want["MutatingWebhookConfiguration/regmigrate-webhook"]["webhooks"].([]any)[0].(map[string]any)
		values := hook["namespaceSelector"].(map[string]any)["matchExpressions"].([]any)[0].(map[string]any)["values"].([]any)
		if !slices.Equal(values, []any{"kube-system", "regmigrate", "123", "monitoring"}) {
			t.Errorf("excepted namespaces %v", values)
		}
		if len(hook["matchConditions"].([]any)) != 2 {
			t.Errorf("conditions %v", hook["matchConditions"])
		}
		if !bytes.Contains(stream, []byte("- --dry-run\n")) || !bytes.Contains(stream, []byte("last resort")) || !bytes.Contains(stream, []byte("regmigrate policy map")) {
			t.Error("the stream lacks --dry-run or the advice")
		}
	}
}

// The configuration in the ConfigMap decides as the rules do.
func TestManifestsConfiguration(t *testing.T) {
	for _, args := range [][]string{{"k8s"}, {"bitnami", "k8s"}, {"docker.io=harbor.example.com/hub=docker.io/library/busybox", "k8s"}, {"a.example/x=b.example/y", "b.example/y=c.example/z"}} {
		set := ruleSet(t, args...)
		text, err := configuration(set)
		if err != nil {
			t.Fatal(err)
		}
		config, err := rules.LoadConfig("x", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		again, err := rules.New(config.Rules)
		if err != nil || again.Table().Digest() != set.Table().Digest() {
			t.Errorf("%v: %v in %s", args, err, text)
		}
	}
}

func TestManifestsCA(t *testing.T) {
	c, err := issue([]string{"x"}, time.Unix(1_700_000_000, 0), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "files")
	o.CA = slices.Concat(c.CA, []byte("\n"), c.CA)
	text, err := Stream(o)
	if err != nil || !bytes.Contains(text, []byte("    caBundle: "+base64.StdEncoding.EncodeToString(o.CA)+"\n")) {
		t.Errorf("%v: no authority in %s", err, text)
	}
	for _, bad := range [][]byte{c.Key, []byte("x"), append(slices.Clone(c.CA), 'x'), bytes.Replace(c.CA, []byte("MII"), []byte("AAA"), 1)} {
		o.CA = bad
		if _, err := Stream(o); err == nil || !strings.Contains(err.Error(), "--ca-file: ") || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestManifestErrors(t *testing.T) {
	for want, change := range map[string]func(*ManifestOptions){
		`--name "Web"`:               func(o *ManifestOptions) { o.Name = "Web" },
		`--name "true"`:              func(o *ManifestOptions) { o.Name = "true" },
		`--namespace ""`:             func(o *ManifestOptions) { o.Namespace = "" },
		`--namespace "a: b"`:         func(o *ManifestOptions) { o.Namespace = "a: b" },
		"--namespace default":        func(o *ManifestOptions) { o.Namespace = "default" },
		"--namespace kube-system":    func(o *ManifestOptions) { o.Namespace = "kube-system" },
		`--cert "acme": expected`:    func(o *ManifestOptions) { o.Cert = "acme" },
		"--ca-file: expected with":   func(o *ManifestOptions) { o.CA = []byte("x") },
		"--image \"a\\nb: c\"":       func(o *ManifestOptions) { o.Image = "a\nb: c" },
		`--image ""`:                 func(o *ManifestOptions) { o.Image = "" },
		`--except-namespace "-a"`:    func(o *ManifestOptions) { o.ExceptNamespaces = []string{"-a"} },
		"no rule moves images":       func(o *ManifestOptions) { o.Rules = ruleSet(t, "https://a.example/c=https://b.example/c") },
		"a control character, which": func(o *ManifestOptions) { o.Command = "a\nb" },
	} {
		o := options(t, "cert-manager")
		change(&o)
		if _, err := Stream(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, err := Manifests(o); err == nil {
			t.Errorf("%s: no error for a folder", want)
		}
	}
}
