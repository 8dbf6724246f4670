// Package examples checks manifests of ../../examples with the types of their engines.
package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	tekton "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

// documents returns the documents of an example.
func documents(t *testing.T, name string) [][]byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(src, []byte("\n---\n"))
}

// Unknown fields are errors, and Tekton validates the tasks as its webhook does.
func TestTekton(t *testing.T) {
	docs := documents(t, "tekton.yaml")
	if len(docs) != 2 {
		t.Fatalf("%d documents, want 2", len(docs))
	}
	for _, doc := range docs {
		var task tekton.Task
		if err := yaml.UnmarshalStrict(doc, &task); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		task.SetDefaults(t.Context())
		if err := task.Validate(t.Context()); err != nil {
			t.Errorf("%s: %v", task.Name, err)
		}
		if task.APIVersion != "tekton.dev/v1" || task.Kind != "Task" {
			t.Errorf("%s is a %s of %s", task.Name, task.Kind, task.APIVersion)
		}
	}
}

func TestKubernetesJob(t *testing.T) {
	var job batch.Job
	if err := yaml.UnmarshalStrict(documents(t, "kubernetes-job.yaml")[0], &job); err != nil {
		t.Fatal(err)
	}
	s := job.Spec
	// Without maxFailedIndexes there is no limit; it must not be more than completions.
	if *s.CompletionMode != batch.IndexedCompletion || s.MaxFailedIndexes != nil {
		t.Errorf("an index that fails ends the Job: %+v", s)
	}
}
