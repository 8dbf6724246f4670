package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// hostileRunner returns a Runner with low limits of memory and output, and one child
// process.
func hostileRunner(t *testing.T) *render.Runner {
	r := testRunner(t)
	r.MemoryLimit = 256 << 20
	r.MaxOutput = 4 << 20
	r.Jobs = 1 // each job gets the child process of the job before, if that still runs
	return r
}

// oneTemplate returns a chart with the template text.
func oneTemplate(text string) *Chart {
	return &Chart{Dir: "web", Files: map[string][]byte{
		"Chart.yaml":        []byte("apiVersion: v2\nname: web\nversion: 1.0.0\n"),
		"templates/a.yaml":  []byte(text),
		"templates/_x.tpl":  []byte(`{{ define "again" }}{{ include "again" . }}{{ end }}{{ define "deep" }}{{ template "deep" . }}{{ end }}`),
		"values.yaml":       []byte("again: '{{ tpl .Values.again . }}'\n"),
		"templates/ok.yaml": []byte("kind: A\n"),
	}}
}

func packed(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range headers {
		h.Mode = 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, zeros{}, h.Size); err != nil {
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

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestHostile renders charts that end or block their child process. After each of
// them the Runner still renders.
func TestHostile(t *testing.T) {
	r := hostileRunner(t)
	withPacked := func(headers ...tar.Header) *Chart {
		c := oneTemplate("kind: A\n")
		c.Files["charts/sub-1.0.0.tgz"] = packed(t, headers...)
		return c
	}
	many := make([]tar.Header, 20001)
	for i := range many {
		many[i] = tar.Header{Name: fmt.Sprintf("sub/%d", i)}
	}
	for _, tt := range []struct {
		name  string
		chart *Chart
		want  string // in the error; one of several, between |
	}{
		{"recursion through tpl", oneTemplate(`{{ tpl .Values.again . }}`), "nested more than 1000 deep: endless recursion"},
		{"recursion through include", oneTemplate(`{{ include "again" . }}`), "nested more than 1000 deep: endless recursion"},
		{"recursion through template", oneTemplate(`{{ template "deep" . }}`), "nested more than 1000 deep: endless recursion"},
		{"endless range", oneTemplate(`{{ range 9000000000000000000 }}{{ end }}`), "did not end within 1s"},
		{"endless output", oneTemplate(`{{ range 9000000000000000000 }}{{ repeat 100000 "x" }}{{ end }}`), "larger than 4 MiB"},
		{"much memory", oneTemplate(`{{ repeat 2000000000 "x" }}`), "more than 256 MiB of memory"},
		{"much memory in values", oneTemplate(`{{ range until 2000000000 }}{{ . }}{{ end }}`), "more than 256 MiB of memory"},
		{"much output", oneTemplate(`{{ repeat 5000000 "x" }}`), "larger than 4 MiB"},
		{"broken template", oneTemplate(`{{ if }}`), "missing value for if"},
		{"unknown function", oneTemplate(`{{ readFile "/etc/passwd" }}`), `function "readFile" not defined`},
		{"alias bomb", oneTemplate("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"), "excessive aliasing"},
		{"nested brackets", oneTemplate("a: " + strings.Repeat("[", 100000)), "is not YAML"},
		{"no chart", &Chart{Files: map[string][]byte{"x": nil}}, "Chart.yaml file is missing"},
		{"large file", &Chart{Files: map[string][]byte{"Chart.yaml": make([]byte, 6<<20)}}, "larger than Helm's limit of 5 MiB"},
		{"packed path", withPacked(tar.Header{Name: "sub/../../../x"}), "a path outside the archive"},
		{"packed Windows path", withPacked(tar.Header{Name: `sub\..\..\x`}), "a path outside the archive"},
		{"packed absolute path", withPacked(tar.Header{Name: "/etc/x"}), "an absolute path in the archive"},
		{"packed symbolic link", withPacked(tar.Header{Name: "sub/x", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), `a link in the archive: "sub/x" to "/etc/passwd"`},
		{"packed hard link", withPacked(tar.Header{Name: "sub/x", Linkname: "../x", Typeflag: tar.TypeLink}), "a link in the archive"},
		{"packed device", withPacked(tar.Header{Name: "sub/x", Typeflag: tar.TypeChar}), "neither file nor folder"},
		{"zip bomb", withPacked(tar.Header{Name: "sub/x", Size: 200 << 20}), "more than 100 MiB in packed sub-charts"},
		{"many files", withPacked(many...), "more than 20000 files"},
		{"no archive", &Chart{Files: map[string][]byte{"Chart.yaml": []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n"), "charts/a.tgz": []byte("x")}}, "charts/a.tgz: unpacking"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			deadline := r.Timeout
			if strings.Contains(tt.want, "within 1s") {
				r.Timeout = time.Second
			}
			_, err := Render(context.Background(), r, tt.chart, Values{}, Capabilities{})
			if err == nil || !slices.ContainsFunc(strings.Split(tt.want, "|"), func(w string) bool { return strings.Contains(err.Error(), w) }) {
				t.Errorf("error %v; want an error that contains %q", err, tt.want)
			}
			r.Timeout = deadline
			got, err := Render(context.Background(), r, oneTemplate("kind: B\n"), Values{}, Capabilities{})
			if err != nil || got.Objects() != 2 {
				t.Errorf("rendering the next chart: %v", err)
			}
		})
	}
}

// TestTimeoutAfterChange checks that a change is unproven, and not failed, when the
// rendering after the change does not end in time.
func TestTimeoutAfterChange(t *testing.T) {
	r := hostileRunner(t)
	r.Timeout = time.Second
	_, err := Render(context.Background(), r, oneTemplate("{{ range 9000000000000000000 }}{{ end }}"), Values{}, Capabilities{})
	var c chartVerdict
	c.addAfterError("values.yaml", err)
	const want = "values.yaml: after the change rendering did not end within 1s"
	if v := c.result(); v.State != render.Unproven || !strings.HasPrefix(v.Reason, want) {
		t.Errorf("got %v, %q, want unproven, %q", v.State, v.Reason, want)
	}
}

// TestHostileVerify checks that a hostile chart does not affect the verdicts of
// other charts.
func TestHostileVerify(t *testing.T) {
	r := hostileRunner(t)
	r.Jobs = 2
	files := fstest.MapFS{"big/Chart.yaml": {Data: make([]byte, 6<<20)}}
	for dir, text := range map[string]string{"a": "kind: A\nimage: k8s.gcr.io/a\n", "b": `{{ tpl .Values.again . }}`, "c": "kind: C\nimage: k8s.gcr.io/c\n"} {
		for name, src := range oneTemplate(text).Files {
			files[dir+"/"+name] = &fstest.MapFile{Data: src}
		}
	}
	done := 0
	got, err := Verify(context.Background(), r, files, files, Options{Rewrite: rewriteOf(t, nil), Progress: func(n, total int, _ *render.Verdict) {
		if done++; n != done || total != 4 {
			t.Errorf("progress: %d of %d after %d", n, total, done)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := `proven a: 2 objects, no file of the chart changed
  left: templates/a.yaml A/ .image k8s.gcr.io/a
unproven b: execution error in (templates/a.yaml): templates are nested more than 1000 deep: endless recursion
  not rendered: default values: execution error in (templates/a.yaml): templates are nested more than 1000 deep: endless recursion
unproven big: "big/Chart.yaml" is larger than Helm's limit of 5 MiB
proven c: 2 objects, no file of the chart changed
  left: templates/a.yaml C/ .image k8s.gcr.io/c
`
	if s := show(got); s != want {
		t.Errorf("got:\n%s\nwant:\n%s", s, want)
	}
}
