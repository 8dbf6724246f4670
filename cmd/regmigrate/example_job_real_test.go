package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// A real API server accepts the example of a Job, in a namespace with the strictest pod
// security. It warns of nothing, and rejects an unknown field.
func TestRealExampleJob(t *testing.T) {
	c := testcluster.Start(t)
	src, err := os.ReadFile(filepath.Join("..", "..", "examples", "kubernetes-job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var job map[string]any
	if err := yaml.Unmarshal(src, &job); err != nil {
		t.Fatal(err)
	}
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "fleet", "labels": map[string]any{
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted",
	}}}
	if r := c.Do(t, "admin", "POST", "/api/v1/namespaces", namespace); r.Status != http.StatusCreated {
		t.Fatal(r.Message())
	}
	const jobs = "/apis/batch/v1/namespaces/fleet/jobs?dryRun=All&fieldValidation=Strict"
	if r := c.Do(t, "admin", "POST", jobs, job); r.Status != http.StatusCreated || len(r.Warnings) > 0 {
		t.Errorf("%d %s %v", r.Status, r.Message(), r.Warnings)
	}
	job["spec"].(map[string]any)["completion"] = 7
	if r := c.Do(t, "admin", "POST", jobs, job); r.Status != http.StatusBadRequest {
		t.Errorf("the server accepts an unknown field: %d", r.Status)
	}
}
