package prove

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

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

func TestChangedDirs(t *testing.T) {
	plan := &rewrite.Plan{Files: []rewrite.File{
		{Path: "web/values.yaml", Edits: []edit.Edit{{}}},
		{Path: "db/values.yaml"},
		{Path: "webhook/values.yaml"},
	}}
	got := changedDirs([]string{"db", "web", "webhook"}, plan)
	if want := []string{"web"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := changedDirs([]string{"."}, plan); len(got) != 1 {
		t.Errorf("the chart at the root: got %q, want it", got)
	}
}
