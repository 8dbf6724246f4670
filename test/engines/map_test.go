package engines

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/common/types/traits"
	admissionregistration "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/mutation"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"github.com/regmigrate/regmigrate/pkg/policy"
)

// A mutator is a compiled MutatingAdmissionPolicy.
type mutator struct {
	compiler  *cel.CompositedCompiler
	evaluator cel.MutatingEvaluator
}

func newMAP(t testing.TB, o policy.Options) mutator {
	t.Helper()
	p, _ := documents[admissionregistration.MutatingAdmissionPolicy, admissionregistration.MutatingAdmissionPolicyBinding](t, write(t, "map", o))
	var variables []admissionregistration.Variable
	for _, v := range p.Spec.Variables {
		variables = append(variables, admissionregistration.Variable(v))
	}
	c := composited(t, variables, 36)
	e := c.CompileMutatingEvaluator(expression{text: p.Spec.Mutations[0].JSONPatch.Expression, result: celgo.ListType(types.NewObjectType("JSONPatch"))},
		cel.OptionalVariableDeclarations{HasPatchTypes: true}, environment.NewExpressions)
	if errs := e.CompilationErrors(); len(errs) > 0 {
		t.Fatalf("compiling: %v", errs)
	}
	return mutator{c, e}
}

// patches returns the new values by JSON pointer, and the cost.
func (m mutator) patches(t testing.TB, r request) (map[string]string, int64) {
	t.Helper()
	attr := r.attributes()
	result, left, err := m.evaluator.ForInput(m.compiler.CreateContext(context.Background()), attr,
		cel.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind)),
		cel.OptionalVariableBindings{}, nil, celconfig.RuntimeCELCostBudget)
	if err != nil {
		t.Fatal(err)
	}
	if result.Error != nil {
		t.Fatal(result.Error)
	}
	out := map[string]string{}
	for it := result.EvalResult.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		p := it.Next().(*mutation.JSONPatchVal)
		if p.Op != "replace" {
			t.Fatalf("operation %q", p.Op)
		}
		out[p.Path] = p.Val.Value().(string)
	}
	return out, celconfig.RuntimeCELCostBudget - left
}

// A pod gets the images to which Match moves them, in all places.
func TestMAPEqualsMatch(t *testing.T) {
	t.Parallel()
	total := 0
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		m := newMAP(t, policy.Options{Rules: set})
		for chunk := range slices.Chunk(compared(set), 20) {
			third := len(chunk) / 3
			o := object(pods, map[string][]string{"containers": chunk[:third], "initContainers": chunk[third : 2*third]}, chunk[2*third:]...)
			got, _ := m.patches(t, request{resource: pods, operation: admission.Create, object: o})
			moved := 0
			for _, i := range pods.Images(o) {
				want := move(set, i.Ref)
				if got[i.Pointer] != want {
					t.Fatalf("%v: %s: %q: got %q, want %q", args, i.Pointer, i.Ref, got[i.Pointer], want)
				}
				if want != "" {
					moved++
				}
				total++
			}
			if moved != len(got) {
				t.Fatalf("%v: %d patches, want %d", args, len(got), moved)
			}
		}
	}
	t.Logf("%d references, 0 differences", total)
}

// Only ephemeral containers that are added change: Kubernetes refuses any other change.
func TestMAPEphemeralContainers(t *testing.T) {
	m := newMAP(t, policy.Options{Rules: ruleSet(t, "k8s")})
	old := object(pods, map[string][]string{"containers": {oldImage}, "ephemeralContainers": {oldImage}})
	o := object(pods, map[string][]string{"containers": {oldImage}, "initContainers": {oldImage}, "ephemeralContainers": {oldImage, oldImage, newImage}}, oldImage)
	got, _ := m.patches(t, request{resource: pods, sub: "ephemeralcontainers", operation: admission.Update, object: o, old: old})
	if len(got) != 1 || got["/spec/ephemeralContainers/1/image"] != newImage {
		t.Errorf("got %v", got)
	}
}

// A second pass changes nothing.
func TestMAPIsFinal(t *testing.T) {
	t.Parallel()
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		m := newMAP(t, policy.Options{Rules: set})
		var results []string
		for _, ref := range references(set, 2_000) {
			if to := move(set, ref); to != "" && !slices.Contains(results, to) {
				results = append(results, to)
			}
		}
		o := object(pods, map[string][]string{"containers": results})
		if got, _ := m.patches(t, request{resource: pods, operation: admission.Create, object: o}); len(got) > 0 {
			t.Errorf("%v: a second pass changes %v", args, got)
		}
	}
}

func TestMAPExceptOwner(t *testing.T) {
	m := newMAP(t, policy.Options{Rules: ruleSet(t, "k8s"), ExceptOwners: []policy.Kind{{Group: "postgresql.cnpg.io", Kind: "Cluster"}}})
	for owner, want := range map[string]int{"postgresql.cnpg.io/v1 Cluster": 0, "postgresql.cnpg.io/v1 Pooler": 1, "other.io/v1 Cluster": 1} {
		version, kind, _ := strings.Cut(owner, " ")
		o := object(pods, map[string][]string{"containers": {oldImage}})
		o["metadata"] = map[string]any{"name": "x", "ownerReferences": []any{map[string]any{"apiVersion": version, "kind": kind, "name": "o", "controller": true}}}
		if got, _ := m.patches(t, request{resource: pods, operation: admission.Create, object: o}); len(got) != want {
			t.Errorf("%s: got %v", owner, got)
		}
	}
}
