package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// policyGroups are the API groups whose objects are all policies. Other groups
// have policies among other kinds: see reason.
var policyGroups = set("constraints.gatekeeper.sh", "templates.gatekeeper.sh", "mutations.gatekeeper.sh", "expansion.gatekeeper.sh",
	"policy.sigstore.dev", "policies.kubewarden.io", "portieris.cloud.ibm.com", "securityenforcement.admission.cloud.ibm.com", "imagepolicy.k8s.io", "audit.gatekeeper.sh",
	"binaryauthorization.cnrm.cloud.google.com", "security.stackrox.io", "config.stackrox.io")

// mirrorKinds are the kinds of mirror configurations.
var mirrorKinds = set("ImageContentSourcePolicy", "ImageDigestMirrorSet", "ImageTagMirrorSet", "ImageContentPolicy")

// reason returns the reason for which nothing in an object of this type is
// changed, "" if its fields decide.
func (o *object) reason() (Reason, string) {
	group := o.group()
	switch {
	case group == "kyverno.io" || strings.HasSuffix(group, ".kyverno.io"), policyGroups[group]:
		return Policy, ""
	case group == "admissionregistration.k8s.io" && strings.Contains(o.kind, "AdmissionPolicy"):
		return Policy, ""
	case group == "config.openshift.io" && strings.HasSuffix(o.kind, "ImagePolicy"):
		return Policy, ""
	case mirrorKinds[o.kind]:
		return Mirror, ""
	case group == "config.openshift.io" && o.kind == "Image":
		return AllowList, ""
	case group == "cilium.io" && o.kind != "CiliumConfig", group == "networking.istio.io" && o.kind == "ServiceEntry", group == "crd.projectcalico.org", group == "projectcalico.org":
		return AllowList, ""
	}
	return "", ""
}

// ReasonOfObject returns the reason for which nothing in an object of this type
// is changed, such as [Policy], and "" for other types.
func ReasonOfObject(apiVersion, kind string) Reason {
	reason, _ := (&object{version: apiVersion, kind: kind}).reason()
	return reason
}

// isFalcoEntry reports whether n is an entry of a Falco rules file: a rule, a macro
// or a list. Source: https://falco.org/docs/concepts/rules/basic-elements/
func isFalcoEntry(n *syntax.Node) bool {
	switch {
	case n.Field("rule") != nil:
		return n.Field("condition") != nil || n.Field("exceptions") != nil || n.Field("override") != nil
	case n.Field("macro") != nil:
		return n.Field("condition") != nil
	case n.Field("list") != nil:
		return n.Field("items") != nil
	}
	return false
}
