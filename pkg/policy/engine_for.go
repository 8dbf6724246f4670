package policy

import "strings"

// EngineFor returns the arguments of the command policy that make a policy for the program
// that evaluates the object of this type: the engine and its flags. The field is the place
// of a name in the object, such as .spec.rules[0].mutate. For programs without an engine
// it returns vap, which every cluster has from Kubernetes 1.30 on.
func EngineFor(apiVersion, kind, field string) []string {
	group, _, _ := strings.Cut(apiVersion, "/")
	switch {
	case group == "kyverno.io" || strings.HasSuffix(group, ".kyverno.io"):
		if strings.Contains(kind, "Mutating") || strings.Contains(field, ".mutate.") {
			return []string{"kyverno", "--mutate"}
		}
		return []string{"kyverno"}
	case group == "mutations.gatekeeper.sh", kind == "MutatingAdmissionPolicy", kind == "MutatingAdmissionPolicyBinding":
		return []string{"map"} // Gatekeeper cannot replace a prefix
	case strings.HasSuffix(group, ".gatekeeper.sh"):
		return []string{"gatekeeper"}
	case group == "policy.sigstore.dev":
		return []string{"sigstore"}
	}
	return []string{"vap"}
}
