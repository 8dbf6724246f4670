package engines

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	admissionregistration "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"sigs.k8s.io/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/policy"
)

// A gatekeeperPolicy is a compiled ConstraintTemplate.
type gatekeeperPolicy struct {
	cel  judge
	rego rego.PreparedEvalQuery
}

func compileGatekeeper(t testing.TB, src []byte) gatekeeperPolicy {
	t.Helper()
	var template struct {
		Spec struct {
			Targets []struct {
				Target string
				Code   []struct {
					Engine string
					Source struct {
						GenerateVAP   bool
						FailurePolicy string
						Variables     []admissionregistration.Variable
						Validations   []admissionregistration.Validation
						Rego          string
					}
				}
			}
		}
	}
	parts := bytes.Split(src, []byte("\n---\n"))
	if len(parts) != 3 {
		t.Fatalf("%d documents, want a header, a template and a constraint", len(parts))
	}
	if err := yaml.Unmarshal(parts[1], &template); err != nil {
		t.Fatal(err)
	}
	var g gatekeeperPolicy
	for _, c := range template.Spec.Targets[0].Code {
		switch c.Engine {
		case "K8sNativeValidation":
			p := admissionregistration.ValidatingAdmissionPolicy{Spec: admissionregistration.ValidatingAdmissionPolicySpec{Variables: c.Source.Variables, Validations: c.Source.Validations}}
			g.cel = compile(t, &p, 35)
		case "Rego":
			var err error
			g.rego, err = rego.New(rego.Query("data.regmigrate.violation"), rego.Module("policy.rego", c.Source.Rego), rego.SetRegoVersion(ast.RegoV0)).PrepareForEval(context.Background())
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return g
}

// denialByRego returns the message of a denial, or "" if the object passes.
func (g gatekeeperPolicy) denialByRego(t testing.TB, r request) (string, error) {
	t.Helper()
	attr := r.attributes()
	review, err := runtime.DefaultUnstructuredConverter.ToUnstructured(cel.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind)))
	if err != nil {
		t.Fatal(err)
	}
	review["object"] = r.object
	if r.old != nil {
		review["oldObject"] = r.old
	}
	results, err := g.rego.Eval(context.Background(), rego.EvalInput(map[string]any{"review": review}))
	if err != nil {
		return "", err
	}
	violations := results[0].Expressions[0].Value.([]any)
	switch len(violations) {
	case 0:
		return "", nil
	case 1:
		return violations[0].(map[string]any)["msg"].(string), nil
	}
	return "", errors.New("more than one violation")
}

// The CEL and the Rego of a template decide as Match does.
func TestGatekeeperEqualsMatch(t *testing.T) {
	t.Parallel()
	total := 0
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		g := compileGatekeeper(t, write(t, "gatekeeper", policy.Options{Rules: set}))
		for chunk := range slices.Chunk(compared(set), 10) {
			third := len(chunk) / 3
			o := object(pods, map[string][]string{"containers": chunk[:third], "initContainers": chunk[third : 2*third]}, chunk[2*third:]...)
			r := request{resource: pods, operation: admission.Create, object: o}
			want := expected(set, pods, o)
			if got, err := g.cel.tryDenial(t, r); err != nil || cut(got) != cut(want) {
				t.Fatalf("%v: CEL: %q: got %q, %v, want %q", args, chunk, got, err, want)
			}
			if got, err := g.denialByRego(t, r); err != nil || cut(got) != cut(want) {
				t.Fatalf("%v: Rego: %q: got %q, %v, want %q", args, chunk, got, err, want)
			}
			total += len(chunk)
		}
	}
	t.Logf("%d references for each language, 0 differences", total)
}

// The policies of Gatekeeper and of Kubernetes decide alike about everything else.
func TestGatekeeperEqualsVAP(t *testing.T) {
	set := ruleSet(t, "k8s")
	things := usersKinds(t)
	for _, o := range []policy.Options{
		{Rules: set, Kinds: things}, {Rules: set, DenyExisting: true, Kinds: things},
		{Rules: set, Kinds: things, ExceptOwners: []policy.Kind{{Group: "apps", Kind: "ReplicaSet"}}},
	} {
		vap, g := newVAP(t, o, 30), compileGatekeeper(t, write(t, "gatekeeper", o))
		for _, r := range append(situations(), usersSituations(things)...) {
			want, _ := vap.denial(t, r)
			if got, err := g.cel.tryDenial(t, r); err != nil || got != want {
				t.Errorf("CEL: %s %s by %s: got %q, %v, want %q", r.operation, r.resource.Kind, r.user, got, err, want)
			}
			if got, err := g.denialByRego(t, r); err != nil || got != want {
				t.Errorf("Rego: %s %s by %s: got %q, %v, want %q", r.operation, r.resource.Kind, r.user, got, err, want)
			}
		}
	}
}

// Requests of audit have a kind, and neither a resource nor a user nor an operation.
func TestGatekeeperAudit(t *testing.T) {
	things := usersKinds(t)
	g := compileGatekeeper(t, write(t, "gatekeeper", policy.Options{Rules: ruleSet(t, "k8s"), Kinds: things}))
	check := func(r request, want string) {
		t.Helper()
		r.resource.Resource = ""
		if got, err := g.cel.tryDenial(t, r); err != nil || got != want {
			t.Errorf("CEL: %s: got %q, %v, want %q", r.resource.Kind, got, err, want)
		}
		if got, err := g.denialByRego(t, r); err != nil || got != want {
			t.Errorf("Rego: %s: got %q, %v, want %q", r.resource.Kind, got, err, want)
		}
	}
	for _, k := range podspec.Workloads() {
		check(request{resource: k, object: object(k, map[string][]string{"containers": {oldImage}})}, `container "c0": `+oldImage+" must be "+newImage)
		other := k
		other.Group = "other.example"
		check(request{resource: other, object: object(k, map[string][]string{"containers": {oldImage}})}, "")
	}
	prometheus := things[0]
	prometheus.Kind = "Prometheus"
	check(request{resource: prometheus, object: map[string]any{"metadata": map[string]any{"name": "x"}, "spec": map[string]any{"image": oldImage}}}, "/spec/image: "+oldImage+" must be "+newImage)
}

// The condition and the message share one budget, and the estimate of the generator is
// not lower.
func TestGatekeeperCost(t *testing.T) {
	t.Parallel()
	for _, args := range append(ruleSets, []string{"k8s-staging", "k8s", "bitnami", "istio"}) {
		set := ruleSet(t, args...)
		refs := references(set, 5_000)
		g := compileGatekeeper(t, write(t, "gatekeeper", policy.Options{Rules: set}))
		most := int64(0)
		for _, ref := range append(refs[:20:20], refs[len(refs)-20:]...) {
			o := object(pods, map[string][]string{"containers": slices.Repeat([]string{ref}, 100)})
			r := request{resource: pods, operation: admission.Update, object: o, old: object(pods, map[string][]string{"containers": slices.Repeat([]string{"x"}, 100)})}
			_, condition := r.evaluate(t, g.cel.conditions)
			_, message := r.evaluate(t, g.cel.messages)
			most = max(most, condition+message)
		}
		t.Logf("%v: cost of the condition and the message %d", args, most)
		if estimate := policy.EstimateCost(set.Table()) * 5 / 2; int64(estimate) < most || most > 200_000 {
			t.Errorf("%v: the cost is %d, the estimate %d", args, most, estimate)
		}
	}
}

// regoFaults are faults of the generator of Rego.
var regoFaults = []fault{
	{`startswith(p, r[0])`, `contains(p, r[0])`},
	{`:= "library/" {`, `:= "" {`},
	{`"registry-1.docker.io"][_]`, `"registry-2.docker.io"][_]`},
	{`split(split(rest, "@")[0], ":")[0]`, `split(rest, ":")[0]`},
	{`  not contains(path, ".")`, `  true`},
	{`  row[1] != ""`, `  true`},
	{`count(row[0]) - 1, count(p)`, `count(row[0]), count(p)`},
	{`, substring(rest, count(path), -1)])`, `])`},
	{`  host == "localhost"`, `  false`},
	{`  below == ""`, `  true`},
	{`indexof(below, "/") == count(below) - 1`, `indexof(below, "/") < count(below)`},
	{`object.get(table[host], "", []))`, `[])`},
	{`applies(r, p)][0]`, `applies(r, p)][_]`},
}

func TestGatekeeperPlantedFaults(t *testing.T) {
	t.Parallel()
	plantFaults(t, "gatekeeper", celFaults, func(src []byte) judgeFunc { return compileGatekeeper(t, src).cel.tryDenial })
	plantFaults(t, "gatekeeper", regoFaults, func(src []byte) judgeFunc { return compileGatekeeper(t, src).denialByRego })
}
