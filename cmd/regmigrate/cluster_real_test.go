package main

import (
	"testing"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// A real API server, whose nodes and pods kwok makes ready.
func TestRealCluster(t *testing.T) {
	c := testcluster.Start(t)
	c.StartKwok(t)
	c.Do(t, testcluster.Admin.Name, "POST", "/api/v1/nodes", map[string]any{"metadata": map[string]any{"name": "n1"}})
	testcluster.Eventually(t, "a ready node", func() bool {
		status, _ := c.Do(t, testcluster.Admin.Name, "GET", "/api/v1/nodes/n1", nil).Body["status"].(map[string]any)
		return status["conditions"] != nil
	})
}
