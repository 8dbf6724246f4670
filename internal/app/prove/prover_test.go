package prove

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func TestProofOf(t *testing.T) {
	for _, c := range []struct {
		what    string
		verdict render.Verdict
		state   rewrite.ProofState
		details string
	}{
		{"equal outputs with a moved reference", render.Verdict{State: render.Proven, Moved: 1, Objects: 2}, rewrite.Proven, ""},
		{"equal outputs that do not contain the change", render.Verdict{State: render.Proven, Objects: 2}, rewrite.Unproven, ""},
		{"no file changes", render.Verdict{State: render.Proven, Objects: 2, Unchanged: true}, rewrite.Proven, ""},
		{"a difference", render.Verdict{State: render.Failed, Reason: "other text changed"}, rewrite.Failed, ""},
		{"an old name is left", render.Verdict{State: render.Proven, Moved: 1, Leftovers: []render.Leftover{
			{Ref: "k8s.gcr.io/a:1", Template: "templates/a.yaml", Field: "image"},
			{Ref: "k8s.gcr.io/a:1", Template: "templates/a.yaml", Field: "image"},
		}}, rewrite.Proven, "still rendered: k8s.gcr.io/a:1, by templates/a.yaml"},
		{"a missing base", render.Verdict{State: render.Unproven, Kustomization: true, Omitted: []string{"https://example.com/base"}}, rewrite.Unproven, "not built: https://example.com/base"},
	} {
		got := proofOf(&c.verdict)
		if got.State != c.state || strings.Join(got.Details, "\n") != c.details {
			t.Errorf("%s: got state %v and details %q, want %v and %q", c.what, got.State, got.Details, c.state, c.details)
		}
	}
}

func TestInterrupted(t *testing.T) {
	var x Interrupted
	other := errors.New("cannot start")
	for _, err := range []error{nil, &render.Incomplete{Missing: 2, Total: 2, Err: context.Canceled}, &render.Incomplete{Missing: 1, Total: 3, Err: context.Canceled}} {
		if got := x.add(err, "chart"); got != nil {
			t.Errorf("%v: got error %v", err, got)
		}
	}
	if got := x.add(other, "chart"); got != other {
		t.Errorf("got %v, want the error itself", got)
	}
	if got, want := x.Error(), "interrupted: no verdict on the 2 charts and on 1 of 3 charts"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChartsToProve(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	tree := fstest.MapFS{
		"db/Chart.yaml":      file("apiVersion: v2\nname: db\nversion: 1.0.0\n"),
		"web/Chart.yaml":     file("apiVersion: v2\nname: web\nversion: 1.0.0\n"),
		"webhook/Chart.yaml": file("apiVersion: v2\nname: webhook\nversion: 1.0.0\n"),
		"all/Chart.yaml":     file("apiVersion: v2\nname: all\nversion: 1.0.0\ndependencies: [{name: web, version: ^1.0.0, repository: 'oci://r.example'}]\n"),
		"top/Chart.yaml":     file("apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies: [{name: all, version: 1.0.0, repository: 'file://../all'}]\n"),
		"other/Chart.yaml":   file("apiVersion: v2\nname: other\nversion: 1.0.0\ndependencies: [{name: web, version: ^2.0.0, repository: 'oci://r.example'}]\n"),
	}
	for _, tt := range []struct {
		name    string
		family  []string
		edited  string
		changed bool
		want    []string
	}{
		{"changed charts, and those that use them", []string{"db/Chart.yaml", "web/Chart.yaml", "webhook/Chart.yaml"}, "web/values.yaml", true, []string{"all", "top", "web"}},
		{"all charts of the run, and those that use changed ones", []string{"db/Chart.yaml", "web/Chart.yaml"}, "web/values.yaml", false, []string{"all", "db", "top", "web"}},
		{"the chart that nothing uses", []string{"db/Chart.yaml", "webhook/Chart.yaml"}, "webhook/values.yaml", true, []string{"webhook"}},
		{"nothing changed", []string{"db/Chart.yaml"}, "", true, nil},
		{"the chart at the root", []string{"Chart.yaml"}, "x/values.yaml", true, []string{"."}},
	} {
		plan := &rewrite.Plan{FamilyFiles: tt.family}
		if tt.edited != "" {
			plan.Files = []rewrite.File{{Path: tt.edited, Edits: []edit.Edit{{}}}, {Path: "db/values.yaml"}}
		}
		got, err := (&Prover{}).chartsToProve(plan, tree, tt.changed)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}
