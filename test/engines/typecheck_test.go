package engines

import (
	"strings"
	"testing"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// testTypes tests that the policies have no warnings of type checking: a controller of
// Kubernetes checks their expressions against the schemas of the cluster, and writes
// what it finds to their status. Its check runs here, for each kind alone, because it
// omits kinds after the tenth.
// Source: k8s.io/kubernetes, pkg/controller/validatingadmissionpolicystatus.
func (c *cluster) testTypes(t *testing.T, set *rules.Set, thing podspec.Resource) {
	client, err := discovery.NewDiscoveryClientForConfig(&rest.Config{Host: c.URL, BearerToken: "token-admin", TLSClientConfig: rest.TLSClientConfig{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(client)
	if err != nil {
		t.Fatal(err)
	}
	checker := validating.TypeChecker{
		SchemaResolver: &resolver.ClientDiscoveryResolver{Discovery: client},
		RestMapper:     restmapper.NewDiscoveryRESTMapper(groups),
	}
	for _, o := range []policy.Options{
		{Rules: set, Kinds: []podspec.Resource{thing}},
		{Rules: set, Actions: []string{"deny"}, DenyExisting: true, ExceptOwners: []policy.Kind{{Group: "postgresql.cnpg.io", Kind: "Cluster"}}},
	} {
		p, _ := documents[admissionregistration.ValidatingAdmissionPolicy, admissionregistration.ValidatingAdmissionPolicyBinding](t, write(t, "vap", o))
		kinds := 0
		for _, rule := range p.Spec.MatchConstraints.ResourceRules {
			for _, name := range rule.Resources {
				if strings.Contains(name, "/") { // a subresource has the type of its resource
					continue
				}
				one := p.DeepCopy()
				one.Spec.MatchConstraints.ResourceRules = []admissionregistration.NamedRuleWithOperations{*rule.DeepCopy()}
				one.Spec.MatchConstraints.ResourceRules[0].Resources = []string{name}
				if warnings := checker.Check(one); len(warnings) > 0 {
					t.Errorf("%s: %+v", name, warnings)
				}
				kinds++
				one.Spec.Validations[0].Expression = "object.spek == 'x' && " + one.Spec.Validations[0].Expression
				if len(checker.Check(one)) == 0 && name != thing.Resource { // the schema of a thing is open
					t.Errorf("%s: an expression with an unknown field has no warning: the type was not checked", name)
				}
			}
		}
		if want := len(podspec.Workloads()) + len(o.Kinds); kinds < want {
			t.Errorf("%d kinds were checked, want %d", kinds, want)
		}
	}
}
