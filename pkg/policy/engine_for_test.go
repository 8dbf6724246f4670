package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestEngineFor(t *testing.T) {
	for _, c := range []struct{ apiVersion, kind, field, want string }{
		{"kyverno.io/v1", "ClusterPolicy", ".spec.rules[0].validate.pattern", "kyverno"},
		{"kyverno.io/v1", "ClusterPolicy", ".spec.rules[0].mutate.patchStrategicMerge", "kyverno --mutate"},
		{"policies.kyverno.io/v1", "ValidatingPolicy", ".spec.mutation", "kyverno"},
		{"policies.kyverno.io/v1", "MutatingPolicy", ".spec", "kyverno --mutate"},
		{"constraints.gatekeeper.sh/v1beta1", "K8sDisallowedRepos", "", "gatekeeper"},
		{"templates.gatekeeper.sh/v1", "ConstraintTemplate", "", "gatekeeper"},
		{"mutations.gatekeeper.sh/v1alpha1", "AssignImage", "", "map"},
		{"admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "", "vap"},
		{"admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "", "map"},
		{"policy.sigstore.dev/v1beta1", "ClusterImagePolicy", "", "sigstore"},
		{"policies.kubewarden.io/v1", "ClusterAdmissionPolicy", "", "vap"},
		{"notkyverno.io/v1", "ClusterPolicy", "", "vap"},
	} {
		got := EngineFor(c.apiVersion, c.kind, c.field)
		if strings.Join(got, " ") != c.want || !slices.Contains(EngineNames(), got[0]) {
			t.Errorf("%s %s %s: got %q, want %q", c.apiVersion, c.kind, c.field, got, c.want)
		}
	}
}
