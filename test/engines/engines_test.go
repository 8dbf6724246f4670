// Package engines compares the generated policies with the rules in the libraries with
// which Kubernetes evaluates them. It is a module of its own, so that the program does
// not depend on these libraries.
package engines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	celgo "github.com/google/cel-go/cel"
	admissionregistration "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A request is an admission request.
type request struct {
	resource  podspec.Resource
	sub       string // the subresource, or ""
	operation admission.Operation
	object    map[string]any
	old       map[string]any
	user      string
	groups    []string
}

func (r request) attributes() *admission.VersionedAttributes {
	kind := schema.GroupVersionKind{Group: r.resource.Group, Version: r.resource.Version, Kind: r.resource.Kind}
	wrap := func(o map[string]any) runtime.Object {
		if o == nil {
			return nil
		}
		return &unstructured.Unstructured{Object: o}
	}
	object, old := wrap(r.object), wrap(r.old)
	a := admission.NewAttributesRecord(object, old, kind, "ns", "name",
		schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: r.resource.Resource}, r.sub, r.operation, nil, false,
		&user.DefaultInfo{Name: r.user, Groups: r.groups})
	return &admission.VersionedAttributes{Attributes: a, VersionedKind: kind, VersionedObject: admission.NewLazyObject(object), VersionedOldObject: admission.NewLazyObject(old)}
}

// evaluate evaluates expressions as Kubernetes does, and returns their cost.
func (r request) evaluate(t testing.TB, eval cel.ConditionEvaluator) ([]cel.EvaluationResult, int64) {
	t.Helper()
	attr := r.attributes()
	gvr := metav1.GroupVersionResource(attr.GetResource())
	results, left, err := eval.ForInput(context.Background(), attr, cel.CreateAdmissionRequest(attr.Attributes, gvr, metav1.GroupVersionKind(attr.VersionedKind)),
		cel.OptionalVariableBindings{}, nil, celconfig.RuntimeCELCostBudget)
	if err != nil {
		t.Fatal(err)
	}
	return results, celconfig.RuntimeCELCostBudget - left
}

// An expression is a CEL expression with a name, if it is a variable, and a type.
type expression struct {
	name, text string
	result     *celgo.Type
}

func (e expression) GetName() string            { return e.name }
func (e expression) GetExpression() string      { return e.text }
func (e expression) ReturnTypes() []*celgo.Type { return []*celgo.Type{e.result} }

// A judge is a compiled ValidatingAdmissionPolicy.
type judge struct {
	conditions, messages cel.ConditionEvaluator
}

// compile compiles the expressions for a version of Kubernetes.
func compile(t testing.TB, p *admissionregistration.ValidatingAdmissionPolicy, minor uint) judge {
	t.Helper()
	c := composited(t, p.Spec.Variables, minor)
	var conditions, messages []cel.ExpressionAccessor
	for _, v := range p.Spec.Validations {
		conditions = append(conditions, expression{text: v.Expression, result: celgo.BoolType})
		messages = append(messages, expression{text: v.MessageExpression, result: celgo.StringType})
	}
	j := judge{
		c.CompileCondition(conditions, cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions),
		c.CompileCondition(messages, cel.OptionalVariableDeclarations{}, environment.NewExpressions),
	}
	for _, e := range []cel.ConditionEvaluator{j.conditions, j.messages} {
		if errs := e.CompilationErrors(); len(errs) > 0 {
			t.Fatalf("compiling: %v", errs)
		}
	}
	return j
}

func composited(t testing.TB, variables []admissionregistration.Variable, minor uint) *cel.CompositedCompiler {
	t.Helper()
	c, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, minor)))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		if r := c.CompileAndStoreVariable(expression{v.Name, v.Expression, celgo.AnyType}, cel.OptionalVariableDeclarations{HasAuthorizer: true, HasPatchTypes: true}, environment.NewExpressions); r.Error != nil {
			t.Fatalf("variable %s: %v\n%s", v.Name, r.Error, v.Expression)
		}
	}
	return c
}

// denial returns the message of a denial, or "" if the object passes, and the cost.
func (j judge) denial(t testing.TB, r request) (string, int64) {
	t.Helper()
	results, cost := r.evaluate(t, j.conditions)
	message, err := j.read(t, r, results)
	if err != nil {
		t.Fatal(err)
	}
	return message, cost
}

// tryDenial is like denial, and returns the error of the evaluation.
func (j judge) tryDenial(t testing.TB, r request) (string, error) {
	t.Helper()
	results, _ := r.evaluate(t, j.conditions)
	return j.read(t, r, results)
}

func (j judge) read(t testing.TB, r request, results []cel.EvaluationResult) (string, error) {
	t.Helper()
	for _, x := range results {
		if x.Error != nil {
			return "", x.Error
		}
		if x.EvalResult.Value() != false {
			return "", nil
		}
	}
	messages, _ := r.evaluate(t, j.messages)
	for _, x := range messages {
		if x.Error != nil {
			return "", x.Error
		}
		return x.EvalResult.Value().(string), nil
	}
	return "", errors.New("no message")
}

// documents decodes the documents of a policy, strictly.
func documents[P, B any](t testing.TB, src []byte) (p P, b B) {
	t.Helper()
	parts := bytes.Split(src, []byte("\n---\n"))
	if len(parts) != 3 {
		t.Fatalf("%d documents, want a header, a policy and a binding", len(parts))
	}
	for i, into := range []any{&p, &b} {
		if err := yaml.UnmarshalStrict(parts[i+1], into); err != nil {
			t.Fatal(err)
		}
	}
	return p, b
}

func newVAP(t testing.TB, o policy.Options, minor uint) judge {
	t.Helper()
	p, _ := documents[admissionregistration.ValidatingAdmissionPolicy, admissionregistration.ValidatingAdmissionPolicyBinding](t, write(t, "vap", o))
	return compile(t, &p, minor)
}

func write(t testing.TB, engine string, o policy.Options) []byte {
	t.Helper()
	o.Name = "regmigrate"
	out, err := policy.Write(engine, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ruleSet returns the rules of presets and of FROM=TO, -KEEP.
func ruleSet(t testing.TB, args ...string) *rules.Set {
	t.Helper()
	var list []rules.Rule
	for _, a := range args {
		if keep, ok := strings.CutPrefix(a, "-"); ok {
			list[len(list)-1].Keep = append(list[len(list)-1].Keep, keep)
			continue
		}
		if from, to, ok := strings.Cut(a, "="); ok {
			list = append(list, rules.Rule{Name: a, From: from, To: to})
			continue
		}
		p, err := rules.Preset(a)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p...)
	}
	s, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ruleSets are the sets of rules that all engines are compared with.
var ruleSets = [][]string{
	{"k8s"},
	{"k8s", "bitnami", "istio"},
	{"docker.io=harbor.example/hub", "-docker.io/library/nginx", "-docker.io/bitnami", "k8s"},
	{"docker.io/library/nginx=a.example/n", "docker.io/nginx=b.example/n", "docker.io/library=c.example/lib", "docker.io=d.example/hub"},
	{"k8s-staging", "k8s", "bitnami"},
	{"quay.io/x=docker.io", "docker.io/library=h.example/lib", "-docker.io/library/redis", "docker.io/nginx=h.example/n"},
	{"docker.io/bitnami=docker.io/bitnamilegacy"},
	{"gcr.io/google_containers=registry.k8s.io", "gcr.io=mirror.example:5000/gcr", "-gcr.io/distroless"},
	{"quay.io=docker.io/mirror", "ghcr.io/x=docker.io", "docker.io/library=docker.io/lib"},
	{"localhost:5000=a.example", "localhost=b.example", "a.example/x=c.example/y/z"},
	{"docker.io/z.w/x=docker.io/v.u/x", "docker.io/library/library=e.example/l", "docker.io/library=e.example/lib"},
	{"ghcr.io/a=ghcr.io/b", "-ghcr.io/a/b", "-ghcr.io/a/c/d", "ghcr.io/a/b/c=ghcr.io/e"},
}

// references returns n valid references that are near the rules.
func references(set *rules.Set, n int) []string {
	prefixes := append(set.OldPrefixes(), "docker.io", "index.docker.io", "registry-1.docker.io", "quay.io", "harbor.corp/k8s.gcr.io", "k8s.gcr.io:443", "K8S.gcr.io", "localhost")
	for _, r := range set.Rules() {
		prefixes = append(prefixes, r.From, r.To)
		prefixes = append(prefixes, r.Keep...)
	}
	tails := []string{"", ":1.2-x_Y", "@sha256:" + strings.Repeat("a", 64), ":1@sha256:" + strings.Repeat("a", 64)}
	parts := []string{"", "x", "/nginx", "/library/nginx", "/library", "/redis", "/x/y", "-x", ".x", "/z.w/x", "/bitnami/redis", "/pause"}
	var out []string
	for i := 0; len(out) < n; i++ {
		ref := prefixes[i%len(prefixes)] + parts[i/len(prefixes)%len(parts)]
		if k := i / len(prefixes) / len(parts); k%3 == 1 {
			_, ref, _ = strings.Cut(ref, "/")
		} else if k%3 == 2 {
			ref += parts[k%len(parts)]
		}
		ref += tails[(i/7)%len(tails)]
		if i%11 == 0 {
			ref = []string{"nginx", "nginx:1", "library/nginx", "sha256:abc", "nginx.x", "localhost", "registry:5000/x", "bitnami/redis:7", "x/y", "redis@sha256:" + strings.Repeat("b", 64)}[(i/11)%10]
		}
		if i > 100*n {
			return out
		}
		if _, err := image.Parse(ref); err == nil {
			out = append(out, ref)
		}
	}
	return out
}

// compared returns the references that a test compares with Match: 10,000, or with -short,
// as in CI, each seventh of them.
func compared(set *rules.Set) []string {
	all := references(set, 10_000)
	if !testing.Short() {
		return all
	}
	var out []string
	for i := 0; i < len(all) && len(out) < 1_400; i += 7 {
		out = append(out, all[i])
	}
	return out
}

// pod returns an object of the kind with the given images as containers.
func object(r podspec.Resource, lists map[string][]string, volumes ...string) map[string]any {
	spec := map[string]any{}
	for key, images := range lists {
		var l []any
		for i, image := range images {
			l = append(l, map[string]any{"name": fmt.Sprint(key[:1], i), "image": image})
		}
		spec[key] = l
	}
	var l []any
	for i, ref := range volumes {
		l = append(l, map[string]any{"name": fmt.Sprint("v", i), "image": map[string]any{"reference": ref}})
	}
	if l != nil {
		spec["volumes"] = l
	}
	var value any = spec
	steps := podspec.Steps(r.Path)
	slices.Reverse(steps)
	for _, s := range steps {
		value = map[string]any{s: value}
	}
	out := value.(map[string]any)
	out["apiVersion"], out["kind"] = strings.TrimPrefix(r.Group+"/"+r.Version, "/"), r.Kind
	out["metadata"] = map[string]any{"name": "name"}
	return out
}

// move returns the reference to which Match moves ref, or "".
func move(set *rules.Set, ref string) string {
	if m, ok := set.Match(ref, rules.ShortForm); ok && m.Keep == "" && m.New+ref[m.Len:] != ref {
		return m.New + ref[m.Len:]
	}
	return ""
}

// expected returns the message for the images of o that Match moves.
func expected(set *rules.Set, r podspec.Resource, o map[string]any) string {
	var out []string
	for _, i := range r.Images(o) {
		if to := move(set, i.Ref); to != "" {
			out = append(out, i.Field+": "+i.Ref+" must be "+to)
		}
	}
	return strings.Join(out, "; ")
}
