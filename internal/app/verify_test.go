package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// TestInterruptedVerify cancels the context, as Ctrl-C does, after two of six
// verdicts. The verdicts so far and the number of missing ones must be printed,
// and the exit code must be that of an incomplete run.
func TestInterruptedVerify(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{
			"kustomization.yaml": "resources: [pod.yaml]\n",
			"pod.yaml":           "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"k8s.gcr.io/pause:3.1\"}]}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		after int // verdicts
		want  []string
		not   string
	}{
		{"after two", 2, []string{"proven    a  1 object, 1 reference moved", "proven    b  1 object, 1 reference moved", "2 proven, 0 unproven, 0 failed"}, "proven    d"},
		{"before the first", 0, nil, "prove"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var out, errs bytes.Buffer
			s := session.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
			f := &session.Flags{Color: "never", Jobs: 1}
			set, err := session.New(f, []string{root}, nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := prove.New(&f.Render, f.Jobs, session.NewProgress(s.Err, false))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			plan, err := rewrite.PlanFiles(ctx, set.Rewrite)
			if err != nil {
				t.Fatal(err)
			}
			if tt.after == 0 {
				cancel()
			}
			p.OnVerdict = func(done, _ int, _ *render.Verdict) {
				if done == tt.after {
					cancel()
				}
			}
			v := verification{s, f, set, p}
			err = v.proveAndReport(ctx, plan, p.Tree(plan.Root), p.Overlay(plan))
			e := (*session.Error)(nil)
			if !errors.As(err, &e) || e.Code != session.ExitFailed {
				t.Fatalf("error %v", err)
			}
			if got := err.Error(); tt.after == 0 && got != "interrupted: no verdict on the 6 kustomizations" ||
				tt.after == 2 && got != "interrupted: no verdict on 4 of 6 kustomizations" {
				t.Errorf("error %q", got)
			}
			for _, w := range tt.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("no %q in:\n%s", w, &out)
				}
			}
			if strings.Contains(out.String(), tt.not) {
				t.Errorf("%q in:\n%s", tt.not, &out)
			}
		})
	}
}
