package rewrite_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// pack returns a .tgz archive of files, given as alternating names and contents.
func pack(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		h := &tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1]))}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// planOf returns the applied plan of the files, and checks that no archive was
// written. Without rules it uses the preset k8s.
func planOf(t *testing.T, files map[string]string, rule ...string) *rewrite.Plan {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(root, filepath.FromSlash(name)), []byte(text))
	}
	var list []rules.Rule
	for _, r := range rule {
		x, err := rules.ParseRuleFlag(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	if len(list) == 0 {
		list, _ = rules.Preset("k8s")
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	o := rewrite.Options{Rules: set}
	plan := makePlan(t, root, o)
	checkOrder(t, root, o, plan)
	before := readTree(t, root)
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, e := range readTree(t, root) {
		if strings.HasSuffix(name, ".tgz") && !bytes.Equal(e.data, before[name].data) {
			t.Errorf("%s: expected no change, but the file was written", name)
		}
	}
	return plan
}

// Mentions in a packed sub-chart are not changed. The note names the value of the
// parent chart that overrides the reference, or that would.
func TestPackedSubchartIsNotChanged(t *testing.T) {
	inner := pack(t, "deep/values.yaml", "image: k8s.gcr.io/pause:3.9\n")
	redis := pack(t,
		"redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\ndescription: once in k8s.gcr.io/redis\n",
		"redis/values.yaml", "# k8s.gcr.io/a\nimage:\n  registry: k8s.gcr.io\n  repository: redis\nside: k8s.gcr.io/side:1\nmore:\n- k8s.gcr.io/more:1\nglobal: {hub: k8s.gcr.io/x}\nother: staging-k8s.gcr.io/x\n",
		"redis/templates/a.yaml", "image: k8s.gcr.io/literal:1\n",
		"redis/logo.png", "\x89PNG\x00k8s.gcr.io/x",
		"redis/charts/deep-1.0.0.tgz", string(inner),
	)
	plan := planOf(t, map[string]string{
		"web/Chart.yaml":             "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: redis, alias: cache, version: 1.0.0}\n",
		"web/values.yaml":            "image: k8s.gcr.io/web:1\ncache:\n  side: mirror.example/side:1\n",
		"web/charts/redis-1.0.0.tgz": string(redis),
	})
	const at = "web/charts/redis-1.0.0.tgz!redis/"
	want := at + `Chart.yaml:4:22 not changed k8s.gcr.io/redis: prose
` + at + `charts/deep-1.0.0.tgz!deep/values.yaml:1:8 not changed k8s.gcr.io/pause:3.9: archive (cache.deep.image in web/values.yaml would override it; --override-subcharts adds it if a rendering proves it)
` + at + `templates/a.yaml:1:8 not changed k8s.gcr.io/literal:1: archive
` + at + `values.yaml:1:3 not changed k8s.gcr.io/a: comment
` + at + `values.yaml:3:13 not changed k8s.gcr.io/redis: archive (cache.image in web/values.yaml would override it; --override-subcharts adds it if a rendering proves it)
` + at + `values.yaml:5:7 not changed k8s.gcr.io/side:1: unused value (web/values.yaml:3 overrides it with cache.side)
` + at + `values.yaml:7:3 not changed k8s.gcr.io/more:1: archive (the whole list cache.more in web/values.yaml would override it)
` + at + `values.yaml:8:15 not changed k8s.gcr.io/x: archive (global.hub in web/values.yaml would override it; --override-subcharts adds it if a rendering proves it)
` + at + `values.yaml:9:16 not changed staging-k8s.gcr.io/x: different registry or path
web/values.yaml:1:8 k8s.gcr.io/web:1 -> registry.k8s.io/web:1
`
	if got := ledgerText(plan); got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
	if len(plan.Skipped) != 1 || plan.Skipped[0].Path != at+"logo.png" || plan.Skipped[0].Reason != walk.Binary {
		t.Errorf("expected logo.png to be skipped as binary, got %+v", plan.Skipped)
	}
	if plan.ScannedFiles != 3 {
		t.Errorf("expected 3 scanned files, got %d", plan.ScannedFiles)
	}
}

// Short names in a packed sub-chart are findings too.
func TestPackedSubchartWithShortName(t *testing.T) {
	plan := planOf(t, map[string]string{
		"charts/redis.tgz": string(pack(t, "redis/values.yaml", "image:\n  repository: bitnami/redis\n  tag: \"7\"\n")),
	}, "docker.io/bitnami=docker.io/bitnamilegacy")
	want := "charts/redis.tgz!redis/values.yaml:2:15 implicit not changed bitnami/redis: archive\n"
	if got := ledgerText(plan); got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
}

// An archive that cannot be read within the limits is an error of that file only. A
// file that is not an archive is scanned like any other file.
func TestPackedSubchartErrors(t *testing.T) {
	good := string(pack(t, "a/values.yaml", "image: k8s.gcr.io/a:1\n"))
	plan := planOf(t, map[string]string{
		"charts/cut.tgz":     good[:len(good)/2],
		"charts/leaves.tgz":  string(pack(t, "a/values.yaml", "image: k8s.gcr.io/a:1\n", "a/../../b", "x")),
		"charts/many.tgz":    string(pack(t, "a/a.txt", strings.Repeat("k8s.gcr.io/a\n", 60000), "a/b.txt", strings.Repeat("k8s.gcr.io/a\n", 60000))),
		"charts/pointer.tgz": "version https://git-lfs.github.com/spec/v1\n",
		"charts/good.tgz":    good,
		"other/x.tgz":        good,
		"b.yaml":             "image: k8s.gcr.io/b:1\n",
	})
	want := `b.yaml:1:8 k8s.gcr.io/b:1 -> registry.k8s.io/b:1
charts/cut.tgz: error: unpacking: unexpected EOF
charts/good.tgz!a/values.yaml:1:8 not changed k8s.gcr.io/a:1: archive
charts/leaves.tgz: error: a path outside the archive: "a/../../b"
charts/many.tgz: error: the archive has more than 100000 mentions
`
	if got := ledgerText(plan); got != want {
		t.Errorf("expected\n%s\ngot\n%s", want, got)
	}
	if n := len(plan.Skipped); n != 1 { // other/x.tgz is not a sub-chart, so it is binary
		t.Errorf("expected 1 skipped file, got %+v", plan.Skipped)
	}
}
