package engines

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// A cluster is a real kube-apiserver with etcd, without controllers and nodes.
type cluster struct{ *testcluster.Cluster }

// startCluster starts a cluster that ends with the test. All its users may do
// everything, so that only policies refuse.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	var users []testcluster.User
	for _, u := range []struct{ name, group string }{
		{"mallory", "system:authenticated"},
		{"system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccounts"},
		{"system:serviceaccount:kube-system:deployment-controller", "system:serviceaccounts"},
		{"system:node:n", "system:nodes"},
	} {
		users = append(users, testcluster.User{Name: u.name, Groups: []string{u.group, testcluster.Masters}})
	}
	return &cluster{testcluster.Start(t, users...)}
}

type response = testcluster.Response

// apply creates the objects of a policy.
func (c *cluster) apply(t *testing.T, policy []byte) {
	t.Helper()
	for _, doc := range bytes.Split(policy, []byte("\n---\n"))[1:] {
		var o map[string]any
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatal(err)
		}
		if r := c.Do(t, "admin", "POST", admissionPath(o), o); r.Status != http.StatusCreated {
			t.Fatalf("creating %v: %d %s", o["kind"], r.Status, r.Message())
		}
	}
}

// remove deletes the objects of a policy.
func (c *cluster) remove(t *testing.T, policy []byte) {
	t.Helper()
	for _, doc := range bytes.Split(policy, []byte("\n---\n"))[1:] {
		var o map[string]any
		if err := yaml.Unmarshal(doc, &o); err != nil {
			t.Fatal(err)
		}
		name := o["metadata"].(map[string]any)["name"].(string)
		if r := c.Do(t, "admin", "DELETE", admissionPath(o)+"/"+name, nil); r.Status != http.StatusOK {
			t.Fatalf("deleting %v: %d %s", o["kind"], r.Status, r.Message())
		}
	}
}

func admissionPath(o map[string]any) string {
	kind := strings.ToLower(o["kind"].(string))
	if strings.HasSuffix(kind, "policy") {
		kind = strings.TrimSuffix(kind, "y") + "ie"
	}
	return "/apis/" + o["apiVersion"].(string) + "/" + kind + "s"
}
