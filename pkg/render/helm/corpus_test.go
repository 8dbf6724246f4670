package helm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestCorpus renders and traces every chart of the repositories in
// REGMIGRATE_CORPUS, a folder with work trees or one work tree, compares the output
// with the helm program when PATH has one, and verifies a replacement of whole
// references.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	helm, _ := exec.LookPath("helm")
	r := testRunner(t)
	charts, err := Charts(os.DirFS(corpus))
	if err != nil {
		t.Fatal(err)
	}
	if len(charts) == 0 {
		t.Fatalf("no charts below %s", corpus)
	}
	n := counts{}
	start := time.Now()
	for i := range charts {
		c := &charts[i]
		n["charts"]++
		for _, set := range c.Values {
			n["value sets"]++
			got, err := Render(context.Background(), r, c, set, Capabilities{})
			if err != nil {
				n["error: "+kindOf(err)]++
				t.Logf("%s, %s: %v", c.Dir, set.Name, err)
				continue
			}
			n["rendered"]++
			n["objects"] += got.Objects()
			if len(got.Missing) > 0 {
				n["with dependencies missing"]++
			} else if helm != "" && !got.Library {
				n["compared with helm"]++
				againstHelm(t, r, helm, c, set, got, n)
			}
			tr, err := TraceChart(context.Background(), r, c, TraceOptions{Values: set})
			if err != nil {
				t.Errorf("%s, %s: tracing: %v", c.Dir, set.Name, err)
				continue
			}
			countTrace(t, c, tr, n)
		}
	}
	n.log(t, time.Since(start))
}

func countTrace(t *testing.T, c *Chart, tr *Trace, n counts) {
	n["renderings to trace"] += tr.Renderings
	for _, m := range tr.Refs {
		if !strings.HasSuffix(m.Field, ".image") {
			continue
		}
		n["references"]++
		if joinParts(m.Parts) != m.Ref {
			t.Errorf("%s: %s is not %v", c.Dir, m.Ref, m.Parts)
		}
		if len(m.Parts) == 1 && m.Parts[0].Value == nil {
			n["references: literal"]++
			t.Logf("literal %s: %s %s", c.Dir, m.Template, m.Ref)
		} else {
			n["references: of values"]++
		}
	}
	for _, u := range tr.Untraced {
		if !strings.HasSuffix(u.Field, ".image") {
			continue
		}
		n["references"]++
		n["references: unread"]++
		t.Logf("%s: %s %s: %s", c.Dir, u.Template, u.Ref, u.Why)
	}
}

// kindOf returns the kind of an error for statistics.
func kindOf(err error) string {
	s := err.Error()
	for _, k := range []string{
		"dependencies are missing from charts/", "TillerVersion", "execution error at", "the chart requires Kubernetes", "is not YAML", "nil pointer", "apiVersion 'v",
		"wrong type for value", "function", "did not end", "of memory", "recursion", "cannot load Chart.yaml", "chart.metadata", "no template",
	} {
		if strings.Contains(s, k) {
			return k
		}
	}
	return s
}

// againstHelm compares got with the output of the helm program, document by document.
func againstHelm(t *testing.T, r *render.Runner, helm string, c *Chart, set Values, got *Rendered, n counts) {
	// Write the chart with its local dependencies to disk.
	dir := filepath.Join(t.TempDir(), "chart")
	for name, src := range c.Files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, src, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"template", "release-name", dir, "--include-crds", "--skip-schema-validation", "--kube-version", got.KubeVersion}
	for i, src := range set.Files {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i, ".yaml"))
		if err := os.WriteFile(file, src, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--values", file)
	}
	cmd := exec.Command(helm, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		n["helm fails"]++
		t.Errorf("%s, %s: helm: %v\n%s", c.Dir, set.Name, err, &stderr)
		return
	}
	want := helmDocuments(string(out))
	have := ourDocuments(&got.Rendered)
	if strings.Join(want, "\n---\n") == strings.Join(have, "\n---\n") {
		n["same as helm"]++
		return
	}
	// Render again to find random documents, and leave them out.
	again, err := Render(context.Background(), r, c, set, Capabilities{})
	if err != nil {
		t.Fatal(err)
	}
	stable := map[string]bool{}
	for _, d := range ourDocuments(&again.Rendered) {
		stable[d] = true
	}
	inWant := map[string]bool{}
	for _, d := range want {
		inWant[d] = true
	}
	random := 0
	for _, d := range have {
		if !stable[d] {
			random++
		} else if !inWant[d] {
			t.Errorf("%s, %s: not with helm:\n%s", c.Dir, set.Name, d)
		}
	}
	if random == 0 || len(want) != len(have) {
		t.Errorf("%s, %s: %d documents, %d with helm", c.Dir, set.Name, len(have), len(want))
		return
	}
	n["same as helm but for random documents"]++
}

// helmDocuments returns the documents of helm template with their source. It sorts
// them, since helm orders them by kind.
func helmDocuments(out string) []string {
	var docs []string
	for _, d := range strings.Split("\n"+out, "\n---\n# Source: ") {
		if d = strings.TrimSpace(d); d == "" {
			continue
		}
		source, body, _ := strings.Cut(d, "\n")
		if _, below, ok := strings.Cut(source, "/"); ok && !strings.HasPrefix(source, "crds/") {
			source = below
		}
		if strings.Contains(source, "crds/") { // helm prints these files as one document
			for _, part := range render.SeparatorRE.Split(body, -1) {
				if part = strings.TrimSpace(part); part != "" {
					docs = append(docs, source+"\n"+part)
				}
			}
			continue
		}
		docs = append(docs, source+"\n"+strings.TrimSpace(body))
	}
	sort.Strings(docs)
	return docs
}

// crdInstallRE matches hooks of Helm 2 that Helm 3 ignores.
var crdInstallRE = regexp.MustCompile(`(?m)^\s+"?(?:helm\.sh/hook)"?: "?crd-install`)

// ourDocuments returns the documents of r in the form of helmDocuments.
func ourDocuments(r *render.Rendered) []string {
	var docs []string
	for _, text := range r.Texts {
		for _, part := range render.SeparatorRE.Split(strings.TrimSpace(text.Body), -1) {
			if part = strings.TrimSpace(part); part == "" || strings.Contains(text.Template, "templates/") && crdInstallRE.MatchString(part) {
				continue
			}
			docs = append(docs, text.Template+"\n"+part)
		}
	}
	sort.Strings(docs)
	return docs
}

// TestCorpusVerify verifies the replacements of the preset k8s in all charts.
func TestCorpusVerify(t *testing.T) {
	corpus := os.Getenv("REGMIGRATE_CORPUS")
	if corpus == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	p, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(p)
	if err != nil {
		t.Fatal(err)
	}
	before := os.DirFS(corpus)
	charts, err := Charts(before)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, c := range charts {
		for name, src := range c.Files {
			now := src
			for _, from := range []string{"k8s.gcr.io", "gcr.io/google_containers", "gcr.io/google-containers"} {
				now = bytes.ReplaceAll(now, []byte(from), []byte("registry.k8s.io"))
			}
			if !bytes.Equal(now, src) && !strings.HasSuffix(name, ".tgz") {
				files[strings.TrimPrefix(c.Dir+"/"+name, "./")] = now
			}
		}
	}
	r := testRunner(t)
	start := time.Now()
	verdicts, err := Verify(context.Background(), r, before, render.Overlay(before, files), Options{Rewrite: render.ByRules(set)})
	if err != nil {
		t.Fatal(err)
	}
	n := counts{}
	for _, v := range verdicts {
		n[v.State.String()]++
		n["moved"] += v.Moved
		n["left"] += len(v.Leftovers)
		if v.State == render.Unproven {
			n["unproven: "+kindOf(fmt.Errorf("%s", v.Reason))]++
		}
		if v.State == render.Failed || v.Moved > 0 || len(v.Leftovers) > 0 {
			t.Logf("%-9s %s  %s %v", v.State, v.Dir, v.Summary(), v.Leftovers)
		}
	}
	n.log(t, time.Since(start))
}

type counts map[string]int

func (n counts) log(t *testing.T, d time.Duration) {
	var keys []string
	for k := range n {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%6d %s", n[k], k)
	}
	t.Logf("in %s", d.Round(100*time.Millisecond))
}
