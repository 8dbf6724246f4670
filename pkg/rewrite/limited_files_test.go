package rewrite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Only the documents that may match count for the limits of a YAML file. A linker that
// needs the whole file is refused: then the file is only searched.
func TestLimitsOfReadDocuments(t *testing.T) {
	documents := strings.Repeat("---\na: b\n", 50_001)
	lines := "---\n" + strings.Repeat("a: b\n", 250_000)
	const pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: k8s.gcr.io/a:1}]}\n"
	const flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./apps, images: [{name: k8s.gcr.io/a, newTag: \"2\"}]}\n"
	kustomization := map[string]string{"kustomization.yaml": "resources: [a.yaml]\nimages: [{name: k8s.gcr.io/a, newTag: \"2\"}]\n"}
	for name, tt := range map[string]struct {
		file   string
		others map[string]string
		edits  int // of the file
	}{
		"documents":                        {pod + documents + "---\n" + pod, nil, 2},
		"lines of one document":            {lines + "---\n" + pod, nil, 1},
		"an object of Flux":                {lines + "---\n" + flux + "---\n" + pod, map[string]string{"apps/b.yaml": pod}, 2},
		"what the object of Flux deploys":  {lines + "---\n" + strings.Replace(flux, "./apps", "./", 1) + "---\n" + pod, nil, 0},
		"definitions of a kustomization":   {pod + "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" + strings.Repeat("a: b\n", 250_000), kustomization, 1},
		"documents of a kustomization":     {pod + documents, kustomization, 0},
		"lines of a kustomization":         {lines + "---\n" + pod, kustomization, 0},
		"another file of a kustomization":  {lines + "---\n" + pod, map[string]string{"kustomization.yaml": "resources: [b.yaml]\nimages: [{name: k8s.gcr.io/a}]\n", "b.yaml": pod}, 1},
		"lines of the document that moves": {pod + strings.TrimPrefix(lines, "---\n"), nil, 0},
		"documents that all match":         {strings.Repeat("---\nimage: k8s.gcr.io/a:1\n", 50_001), nil, 0},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, "a.yaml"), []byte(tt.file))
		for name, text := range tt.others {
			write(t, filepath.Join(root, name), []byte(text))
		}
		plan := makePlan(t, root, k8sOptions(t))
		for _, f := range plan.Files {
			want := tt.edits
			if f.Path == "kustomization.yaml" {
				// Its entry moves with the images that it selects.
				if moved := len(f.Edits) > 0; moved != (tt.edits > 0) {
					t.Errorf("%s: edits of %s: %v", name, f.Path, f.Edits)
				}
				continue
			}
			if filepath.Base(f.Path) == "b.yaml" {
				want = 1
			}
			if len(f.Edits) != want {
				t.Errorf("%s: expected %d edits of %s, got %d: %v", name, want, f.Path, len(f.Edits), f.Err)
			}
			if tooLarge := errors.As(f.Err, new(*format.LimitError)); tooLarge != (want == 0) {
				t.Errorf("%s: error of %s: %v", name, f.Path, f.Err)
			}
			for _, x := range f.Findings {
				if want == 0 && (x.Status != rewrite.NotChanged || x.Reason != format.NotEditedSafely) {
					t.Errorf("%s: finding %+v", name, x)
				}
			}
		}
	}
}
