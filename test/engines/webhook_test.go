package engines

import (
	"slices"
	"strings"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/google/cel-go/common/types"

	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// conditions are the compiled conditions of a webhook.
type conditions struct{ cel.ConditionEvaluator }

func compileConditions(t testing.TB, list []policy.Condition) conditions {
	t.Helper()
	var all []cel.ExpressionAccessor
	for _, c := range list {
		all = append(all, expression{text: c.Expression, result: celgo.BoolType})
	}
	// As k8s.io/apiserver/pkg/admission/plugin/webhook/accessors.go compiles them.
	e := cel.NewConditionCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 30))).
		CompileCondition(all, cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
	if errs := e.CompilationErrors(); len(errs) > 0 {
		t.Fatalf("compiling: %v", errs)
	}
	return conditions{e}
}

func newConditions(t testing.TB, set *rules.Set, except ...policy.Kind) conditions {
	t.Helper()
	list, err := policy.WebhookConditions(set.Table(), except)
	if err != nil {
		t.Fatal(err)
	}
	return compileConditions(t, list)
}

// call reports whether the API server calls the webhook, and the cost.
func (c conditions) call(t testing.TB, r request) (bool, int64) {
	t.Helper()
	results, cost := r.evaluate(t, c)
	for _, x := range results {
		if x.Error != nil {
			t.Fatal(x.Error)
		}
		if x.EvalResult == types.False {
			return false, cost
		}
	}
	return true, cost
}

// podWith returns a pod with an image in one of its four places, among others.
func podWith(ref string, place int) map[string]any {
	lists := map[string][]string{"containers": {"registry.example.com/none"}}
	switch place % 4 {
	case 0:
		lists["containers"] = append(lists["containers"], ref)
	case 1:
		lists["initContainers"] = []string{ref}
	case 2:
		lists["ephemeralContainers"] = []string{ref}
	default:
		return object(pods, lists, ref)
	}
	return object(pods, lists)
}

// neverExcluded returns the references that move and for which the API server does not
// call the webhook, and the number of those for which it calls it and that do not move.
func neverExcluded(t testing.TB, set *rules.Set, c conditions, refs []string) (excluded []string, needless, moves int) {
	t.Helper()
	for i, ref := range refs {
		called, _ := c.call(t, request{resource: pods, operation: admission.Create, object: podWith(ref, i)})
		moved := move(set, ref) != ""
		switch {
		case moved && !called:
			excluded = append(excluded, ref)
		case called && !moved:
			needless++
		}
		if moved {
			moves++
		}
	}
	return excluded, needless, moves
}

// The conditions of the webhook never exclude an image that a rule moves, short names
// included.
func TestWebhookConditionsNeverExclude(t *testing.T) {
	t.Parallel()
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		refs := compared(set)
		excluded, needless, moves := neverExcluded(t, set, newConditions(t, set), refs)
		if len(excluded) > 0 {
			t.Errorf("%v: %d of %d images that move are excluded, such as %q", args, len(excluded), moves, excluded[0])
		}
		t.Logf("%v: %d references, %d move, 0 are excluded; %d calls that change nothing", args, len(refs), moves, needless)
	}
}

// Faults in the conditions are found.
func TestWebhookConditionsPlantedFaults(t *testing.T) {
	t.Parallel()
	set := ruleSet(t, "docker.io/bitnami=harbor.example.com/bitnami", "docker.io/library/nginx=harbor.example.com/nginx", "k8s")
	for name, change := range map[string]func(string) string{
		"no short names":        func(e string) string { return strings.Replace(e, `["bitnami", `, `["none", `, 1) },
		"no short names of hub": func(e string) string { return strings.Replace(e, `"nginx"]`, `"none"]`, 1) },
		"no host":               func(e string) string { return strings.Replace(e, `"k8s.gcr.io": `, `"k8s.gcr.io.": `, 1) },
		"no volumes":            func(e string) string { return strings.Replace(e, ".?volumes", ".?volume", 1) },
		"no init containers":    func(e string) string { return strings.Replace(e, ".?initContainers", ".?init", 1) },
		"other path": func(e string) string {
			return strings.Replace(e, "gcr.io/google-containers", "gcr.io/google-container/", 1)
		},
		"exact": func(e string) string { return strings.Replace(e, "i.startsWith(p)", "i == p", 1) },
	} {
		list, err := policy.WebhookConditions(set.Table(), nil)
		if err != nil {
			t.Fatal(err)
		}
		changed := change(list[0].Expression)
		if changed == list[0].Expression {
			t.Errorf("%s: nothing changed in %s", name, changed)
		}
		list[0].Expression = changed
		if excluded, _, _ := neverExcluded(t, set, compileConditions(t, list), references(set, 3_000)); len(excluded) == 0 {
			t.Errorf("%s: the fault was not found", name)
		}
	}
}

// Pods of excepted owners do not reach the webhook; nothing in a pod is an error.
func TestWebhookConditionsOnPods(t *testing.T) {
	set := ruleSet(t, "docker.io=harbor.example.com/hub", "k8s")
	c := newConditions(t, set, policy.Kind{Group: "postgresql.cnpg.io", Kind: "Cluster"})
	owned := func(version, kind string) map[string]any {
		o := podWith(oldImage, 0)
		o["metadata"] = map[string]any{"name": "x", "ownerReferences": []any{map[string]any{"apiVersion": version, "kind": kind, "name": "o", "controller": true}}}
		return o
	}
	for name, x := range map[string]struct {
		object map[string]any
		want   bool
	}{
		"excepted owner":  {owned("postgresql.cnpg.io/v1", "Cluster"), false},
		"other owner":     {owned("postgresql.cnpg.io/v1", "Pooler"), true},
		"core owner":      {owned("v1", "Cluster"), true},
		"no images":       {map[string]any{"metadata": map[string]any{"name": "x"}, "spec": map[string]any{"containers": []any{map[string]any{"name": "c"}}, "volumes": []any{map[string]any{"name": "v", "emptyDir": map[string]any{}}}}}, true},
		"no spec":         {map[string]any{"metadata": map[string]any{"name": "x"}}, false},
		"another one":     {object(pods, map[string][]string{"containers": {"quay.io/a/b"}}), false},
		"short name":      {object(pods, map[string][]string{"containers": {"quay.io/a/b", "nginx"}}), true},
		"local":           {object(pods, map[string][]string{"containers": {"localhost/a"}}), false},
		"host with port":  {object(pods, map[string][]string{"containers": {"local:5000/a"}}), false},
		"short namespace": {object(pods, map[string][]string{"containers": {"a/b"}}), true},
	} {
		if got, _ := c.call(t, request{resource: pods, operation: admission.Create, object: x.object}); got != x.want {
			t.Errorf("%s: got %v, want %v", name, got, x.want)
		}
	}
	update := request{resource: pods, sub: "ephemeralcontainers", operation: admission.Update, object: podWith(oldImage, 2), old: podWith(oldImage, 1)}
	if got, _ := c.call(t, update); !got {
		t.Error("ephemeral containers: not called")
	}
}

// The conditions cost less than a tenth of what Kubernetes accepts for all conditions of a
// webhook.
func TestWebhookConditionsCost(t *testing.T) {
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		images := slices.Repeat([]string{"registry.example.com/" + strings.Repeat("a/", 80) + "x:1"}, 100)
		_, cost := newConditions(t, set).call(t, request{resource: pods, operation: admission.Create, object: object(pods, map[string][]string{"containers": images})})
		t.Logf("%v: %d", args, cost)
		if cost > 250_000 {
			t.Errorf("%v: the conditions cost %d for a pod with 100 containers", args, cost)
		}
	}
}
