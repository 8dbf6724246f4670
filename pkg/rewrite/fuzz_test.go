package rewrite_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// fuzzRules are the options of fuzzed runs. The name k8s.gcr.io in the input is
// replaced by mention first, so that the rules match in every seed.
var fuzzRules = []struct {
	mention string
	rules   []string // nil: the preset k8s
	keep    string
	scopes  []string
	fields  []string
	images  []rules.Rule // for single images
}{
	{mention: "k8s.gcr.io"},
	{mention: "k8s.gcr.io", scopes: []string{"all"}},
	{mention: "k8s.gcr.io", rules: []string{"k8s.gcr.io=mirror.corp.example/k8s"}, scopes: []string{"all"}},
	{mention: "gcr.io/google_containers", rules: []string{"gcr.io/google_containers=r.io", "gcr.io/google_containers/pause=mirror.corp.example:5000/a/b"}},
	{mention: "docker.io/bitnami", rules: []string{"docker.io/bitnami=docker.io/bitnamilegacy"}, keep: "docker.io/bitnami/pause", scopes: []string{"manifests", "comments"}},
	{mention: "bitnami", rules: []string{"docker.io/bitnami=docker.io/bitnamilegacy"}},
	{mention: "docker.io", rules: []string{"docker.io=mirror.corp.example/hub"}},
	{mention: "docker.io", rules: []string{"docker.io=localhost:5000"}, scopes: []string{"docs", "scripts", "code"}},
	{mention: "k8s.gcr.io", rules: []string{"k8s.gcr.io=x.io/k8s"}, fields: []string{"{registry: a, repository: b, tag: c}", "{registry: registry, repository: image}"}},
	{mention: "k8s.gcr.io", images: tagRules, scopes: []string{"all"}},
	{mention: "k8s.gcr.io", rules: []string{"quay.io/x=x.io/k8s"}, images: tagRules},
	{mention: "bitnami", rules: []string{"docker.io=mirror.corp.example/hub"}, images: []rules.Rule{
		{From: "docker.io/bitnami/pause", To: "r.io/p", IsImage: true, Tag: "v{tag}-x"},
		{From: "docker.io/bitnami/a", To: "docker.io/b/a", IsImage: true},
	}},
}

// tagRules are rules for images that occur in the cases.
var tagRules = []rules.Rule{
	{From: "k8s.gcr.io/pause", To: "registry.k8s.io/pause/pause", IsImage: true, Tags: ">=3", Tag: "v{tag}"},
	{From: "k8s.gcr.io/pause", To: "registry.k8s.io/pause-old", IsImage: true, Tags: "<3", Tag: "9"},
	{From: "k8s.gcr.io/coredns", To: "x.io:5000/coredns/coredns", IsImage: true, Tags: ">=1.8.0", Tag: "v{tag}"},
	{From: "k8s.gcr.io/a", To: "x.io/b", IsImage: true, OldTag: "1", Tag: "1.10"},
	{From: "registry.k8s.io/pause/pause", To: "registry.k8s.io/pause/pause", IsImage: true, Tags: ">=3", Tag: "v{tag}"},
}

// FuzzRewrite writes the input, also with CRLF, with a byte order mark and without
// a final newline, to files of several formats, and checks all invariants. The
// checks use git apply, grep and a YAML library.
func FuzzRewrite(f *testing.F) {
	files, err := filepath.Glob("../../testdata/cases/*/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata/cases: %v", err)
	}
	n := 0
	add := func(src string) {
		f.Add([]byte(src), uint8(n))
		n++
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		before := n
		for _, x := range archive.Files {
			if x.Name != "ledger" && !strings.HasPrefix(x.Name, "want/") {
				add(string(x.Data))
			}
		}
		if n == before {
			f.Fatalf("%s: no seed", file)
		}
	}
	for _, shape := range shapes {
		if !strings.Contains(shape, "k8s.gcr.io") {
			f.Fatalf("shape without a mention: %q", shape)
		}
		for range 2 { // each with other rules
			add(shape)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, run uint8) {
		if len(src) > 8<<10 {
			return // large files have their own tests
		}
		o, src := fuzzOptions(t, src, run)
		root := t.TempDir()
		for name, data := range fuzzTree(src) {
			write(t, filepath.Join(root, name), data)
		}
		checkInvariants(t, root, o, makePlan(t, root, o))
	})
}

// fuzzOptions returns the options of the run with number run, and src with the
// mention of these options.
func fuzzOptions(t *testing.T, src []byte, run uint8) (o rewrite.Options, _ []byte) {
	x := &fuzzRules[int(run)%len(fuzzRules)]
	var list []rules.Rule
	for _, r := range x.rules {
		p, err := rules.ParseRuleFlag(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if x.keep != "" {
		list[0].Keep = []string{x.keep}
	}
	if len(list) == 0 {
		list, _ = rules.Preset("k8s")
	}
	list = append(list, x.images...)
	var err error
	if o.Rules, err = rules.New(list); err != nil {
		t.Fatal(err)
	}
	if o.Scopes, err = format.ParseScopes(x.scopes); err != nil {
		t.Fatal(err)
	}
	for _, f := range x.fields {
		o.Fields = append(o.Fields, readField(t, f))
	}
	return o, bytes.ReplaceAll(src, []byte("k8s.gcr.io"), []byte(x.mention))
}

// fuzzTree returns files of several formats with variants of src.
func fuzzTree(src []byte) map[string][]byte {
	crlf := bytes.ReplaceAll(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	return map[string][]byte{
		"a.yaml":                       src,
		"crlf/\"q u o t e\" é.yml":     crlf,
		"bom/-b'om.yaml":               append([]byte("\uFEFF"), src...),
		"end/values.yaml":              bytes.TrimRight(src, "\r\n"),
		"chart/Chart.yaml":             []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n"),
		"chart/values.yaml":            src,
		"chart/templates/$x.yaml":      src,
		"kustomize/kustomization.yaml": src,
		"kustomize/pod.yaml":           []byte("kind: Pod\napiVersion: v1\nspec: {containers: [{image: k8s.gcr.io/pause}]}\n"),
		"a.json":                       src,
		"a.jsonl":                      crlf,
		"a.txt":                        src,
		"README.md":                    crlf,
		"run.sh":                       src,
		"Dockerfile":                   src,
	}
}
