package engines

import (
	"bytes"
	"context"
	"slices"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	admissionregistration "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/lazy"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
	"sigs.k8s.io/yaml"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/regmigrate/regmigrate/pkg/policy"
)

// A kyvernoPolicy is a compiled ValidatingPolicy or MutatingPolicy. It is compiled and
// evaluated as Kyverno 1.19 does, whose packages take many minutes to build: each
// variable is a program of its own, and the environment differs from that of Kubernetes.
// Source: kyverno/kyverno, pkg/cel/compiler/env.go, pkg/cel/policies/{vpol,mpol}/compiler.
type kyvernoPolicy struct {
	variables                   map[string]celgo.Program
	condition, message, patches celgo.Program
}

var variablesType = types.NewObjectType("kyverno.variables")

// A variablesProvider knows the types of variables.
type variablesProvider struct {
	types.Provider
	fields map[string]*types.Type
}

func (p variablesProvider) FindStructType(name string) (*types.Type, bool) {
	if name == variablesType.DeclaredTypeName() {
		return types.NewTypeTypeWithParam(variablesType), true
	}
	return p.Provider.FindStructType(name)
}

func (p variablesProvider) FindStructFieldType(structType, field string) (*types.FieldType, bool) {
	if structType == variablesType.DeclaredTypeName() {
		t, ok := p.fields[field]
		return &types.FieldType{Type: t}, ok
	}
	return p.Provider.FindStructFieldType(structType, field)
}

// kyvernoEnv returns the environment of a policy: that of Kubernetes 1.0 for a
// ValidatingPolicy, and 2.0 for a MutatingPolicy.
func kyvernoEnv(t testing.TB, major uint) (*celgo.Env, variablesProvider) {
	t.Helper()
	base := environment.MustBaseEnvSet(version.MajorMinor(major, 0))
	env, err := base.Env(environment.StoredExpressions)
	if err != nil {
		t.Fatal(err)
	}
	provider := variablesProvider{env.CELTypeProvider(), map[string]*types.Type{}}
	request := cel.BuildRequestType()
	declared, err := apiservercel.NewDeclTypeProvider(request).EnvOptions(provider)
	if err != nil {
		t.Fatal(err)
	}
	options := append([]celgo.EnvOption{
		celgo.HomogeneousAggregateLiterals(), celgo.EagerlyValidateDeclarations(true), celgo.DefaultUTCTimeZone(true), celgo.CrossTypeNumericComparisons(true),
		celgo.OptionalTypes(), ext.Bindings(), ext.Encoders(), ext.Lists(ext.ListsVersion(3)), ext.Math(), ext.Protos(), ext.Sets(),
		ext.Strings(ext.StringsVersion(2)), ext.Regex(ext.RegexVersion(1)),
		library.CIDR(), library.Format(), library.IP(), library.Regex(), library.URLs(), library.Quantity(), library.SemverLib(library.SemverVersion(1)),
		celgo.Macros(celgo.ReceiverMacro("orValue", 1, func(eh celgo.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *celgo.Error) {
			return eh.NewCall("__orValueCompat__", target, args[0]), nil
		})),
		celgo.Function("__orValueCompat__", celgo.Overload("__orValueCompat___dyn_dyn", []*celgo.Type{celgo.DynType, celgo.DynType}, celgo.DynType,
			celgo.BinaryBinding(func(value, other ref.Val) ref.Val {
				optional, ok := value.(*types.Optional)
				if !ok {
					return value
				}
				if optional.HasValue() {
					return optional.GetValue()
				}
				return other
			}))),
		celgo.Variable("object", celgo.DynType), celgo.Variable("oldObject", celgo.DynType), celgo.Variable("request", request.CelType()),
		celgo.Types(request.CelType()), celgo.Types(types.NewObjectType("JSONPatch")), celgo.Variable("variables", variablesType),
	}, declared...)
	if major > 1 {
		options = append(options, common.ResolverEnvOption(&mutation.DynamicTypeResolver{}), library.JSONPatch())
	}
	extended, err := base.Extend(environment.VersionedOptions{IntroducedVersion: version.MajorMinor(major, 0), EnvOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	env, err = extended.Env(environment.StoredExpressions)
	if err != nil {
		t.Fatal(err)
	}
	return env, provider
}

// A kyvernoSpec is the spec of a ValidatingPolicy or a MutatingPolicy.
type kyvernoSpec struct {
	ValidationActions  []string                             `json:"validationActions"`
	FailurePolicy      string                               `json:"failurePolicy"`
	ReinvocationPolicy string                               `json:"reinvocationPolicy"`
	MatchConstraints   admissionregistration.MatchResources `json:"matchConstraints"`
	Variables          []admissionregistration.Variable     `json:"variables"`
	Validations        []admissionregistration.Validation   `json:"validations"`
	Mutations          []admissionregistration.Mutation     `json:"mutations"`
}

func compileKyverno(t testing.TB, src []byte) kyvernoPolicy {
	t.Helper()
	var p struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              kyvernoSpec `json:"spec"`
	}
	parts := bytes.Split(src, []byte("\n---\n"))
	if len(parts) != 2 {
		t.Fatalf("%d documents, want a header and a policy", len(parts))
	}
	if err := yaml.UnmarshalStrict(parts[1], &p); err != nil {
		t.Fatal(err)
	}
	major := uint(1)
	if p.Kind == "MutatingPolicy" {
		major = 2
	}
	env, provider := kyvernoEnv(t, major)
	program := func(text string, result *celgo.Type) celgo.Program {
		t.Helper()
		ast, issues := env.Compile(text)
		if issues.Err() != nil {
			t.Fatalf("compiling %s: %v", text, issues.Err())
		}
		if result != nil && !ast.OutputType().IsExactType(result) {
			t.Fatalf("the type of %s is %s, want %s", text, ast.OutputType(), result)
		}
		if result == nil {
			provider.fields[""] = ast.OutputType()
		}
		out, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	k := kyvernoPolicy{variables: map[string]celgo.Program{}}
	for _, v := range p.Spec.Variables {
		k.variables[v.Name] = program(v.Expression, nil)
		provider.fields[v.Name] = provider.fields[""]
	}
	for _, v := range p.Spec.Validations {
		k.condition, k.message = program(v.Expression, celgo.BoolType), program(v.MessageExpression, celgo.StringType)
	}
	for _, m := range p.Spec.Mutations {
		k.patches = program(m.JSONPatch.Expression, celgo.ListType(types.NewObjectType("JSONPatch")))
	}
	return k
}

// data returns the values of an evaluation.
func (k kyvernoPolicy) data(t testing.TB, r request) map[string]any {
	t.Helper()
	attr := r.attributes()
	input, err := runtime.DefaultUnstructuredConverter.ToUnstructured(cel.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind)))
	if err != nil {
		t.Fatal(err)
	}
	variables := lazy.NewMapValue(variablesType)
	data := map[string]any{"object": r.object, "oldObject": r.old, "request": input, "variables": variables}
	for name, program := range k.variables {
		variables.Append(name, func(*lazy.MapValue) ref.Val {
			out, _, err := program.ContextEval(context.Background(), data)
			if err != nil {
				return types.WrapErr(err)
			}
			return out
		})
	}
	return data
}

// denial returns the message of a denial, or "" if the object passes.
func (k kyvernoPolicy) denial(t testing.TB, r request) (string, error) {
	t.Helper()
	data := k.data(t, r)
	out, _, err := k.condition.ContextEval(context.Background(), data)
	if err != nil || out == types.True {
		return "", err
	}
	message, _, err := k.message.ContextEval(context.Background(), data)
	if err != nil {
		return "", err
	}
	return message.Value().(string), nil
}

// moves returns the new values by JSON pointer.
func (k kyvernoPolicy) moves(t testing.TB, r request) map[string]string {
	t.Helper()
	result, _, err := k.patches.ContextEval(context.Background(), k.data(t, r))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for it := result.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		p := it.Next().(*mutation.JSONPatchVal)
		if p.Op != "replace" {
			t.Fatalf("operation %q", p.Op)
		}
		out[p.Path] = p.Val.Value().(string)
	}
	return out
}

// A ValidatingPolicy decides as Match does, and a MutatingPolicy moves as Match does.
func TestKyvernoEqualsMatch(t *testing.T) {
	t.Parallel()
	total := 0
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		judges := compileKyverno(t, write(t, "kyverno", policy.Options{Rules: set}))
		mutates := compileKyverno(t, write(t, "kyverno", policy.Options{Rules: set, Mutate: true}))
		for chunk := range slices.Chunk(compared(set), 20) {
			third := len(chunk) / 3
			o := object(pods, map[string][]string{"containers": chunk[:third], "initContainers": chunk[third : 2*third]}, chunk[2*third:]...)
			r := request{resource: pods, operation: admission.Create, object: o}
			got, err := judges.denial(t, r)
			if want := expected(set, pods, o); err != nil || cut(got) != cut(want) {
				t.Fatalf("%v: %q: got %q, %v, want %q", args, chunk, got, err, want)
			}
			moves := mutates.moves(t, r)
			for _, i := range pods.Images(o) {
				if want := move(set, i.Ref); moves[i.Pointer] != want {
					t.Fatalf("%v: %s: %q: got %q, want %q", args, i.Pointer, i.Ref, moves[i.Pointer], want)
				}
			}
			total += len(chunk)
		}
	}
	t.Logf("%d references for each kind of policy, 0 differences", total)
}

// The policies of Kyverno and of Kubernetes decide alike about everything else.
func TestKyvernoEqualsVAP(t *testing.T) {
	set := ruleSet(t, "k8s")
	for _, o := range []policy.Options{{Rules: set}, {Rules: set, DenyExisting: true}, {Rules: set, ExceptOwners: []policy.Kind{{Group: "apps", Kind: "ReplicaSet"}}}} {
		vap, kyverno := newVAP(t, o, 30), compileKyverno(t, write(t, "kyverno", o))
		for _, r := range situations() {
			want, _ := vap.denial(t, r)
			if got, err := kyverno.denial(t, r); err != nil || got != want {
				t.Errorf("%s %s by %s: got %q, %v, want %q", r.operation, r.resource.Kind, r.user, got, err, want)
			}
		}
	}
}

// compileLegacy compiles a ClusterPolicy, whose CEL Kyverno evaluates with the packages
// of Kubernetes.
func compileLegacy(t testing.TB, src []byte) judge {
	t.Helper()
	var p struct {
		Spec struct {
			Rules []struct {
				Validate struct {
					CEL struct {
						Variables   []admissionregistration.Variable
						Expressions []admissionregistration.Validation
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(bytes.Split(src, []byte("\n---\n"))[1], &p); err != nil {
		t.Fatal(err)
	}
	rule := p.Spec.Rules[0].Validate.CEL
	return compile(t, &admissionregistration.ValidatingAdmissionPolicy{Spec: admissionregistration.ValidatingAdmissionPolicySpec{Variables: rule.Variables, Validations: rule.Expressions}}, 35)
}

// A ClusterPolicy decides as the policies of Kubernetes do, also if a request has a kind
// and no resource.
func TestLegacyEqualsVAP(t *testing.T) {
	for _, o := range []policy.Options{{Rules: ruleSet(t, "k8s")}, {Rules: ruleSet(t, ruleSets[2]...), DenyExisting: true}} {
		vap := newVAP(t, o, 30)
		o.Legacy = true
		legacy := compileLegacy(t, write(t, "kyverno", o))
		requests := situations()
		for chunk := range slices.Chunk(references(o.Rules, 2_000), 10) {
			requests = append(requests, request{resource: pods, operation: admission.Create, object: object(pods, map[string][]string{"containers": chunk})})
		}
		for _, r := range requests {
			want, _ := vap.denial(t, r)
			for _, resource := range []string{r.resource.Resource, ""} {
				r.resource.Resource = resource
				if got, err := legacy.tryDenial(t, r); err != nil || got != want {
					t.Errorf("%s %s by %s: got %q, %v, want %q", r.operation, r.resource.Kind, r.user, got, err, want)
				}
			}
		}
	}
}

func TestKyvernoMutatesNewEphemeralContainers(t *testing.T) {
	k := compileKyverno(t, write(t, "kyverno", policy.Options{Rules: ruleSet(t, "k8s"), Mutate: true}))
	old := object(pods, map[string][]string{"containers": {oldImage}, "ephemeralContainers": {oldImage}})
	o := object(pods, map[string][]string{"containers": {oldImage}, "initContainers": {oldImage}, "ephemeralContainers": {oldImage, oldImage, newImage}}, oldImage)
	got := k.moves(t, request{resource: pods, sub: "ephemeralcontainers", operation: admission.Update, object: o, old: old})
	if len(got) != 1 || got["/spec/ephemeralContainers/1/image"] != newImage {
		t.Errorf("got %v", got)
	}
}

func TestKyvernoPlantedFaults(t *testing.T) {
	t.Parallel()
	plantFaults(t, "kyverno", celFaults, func(src []byte) judgeFunc { return compileKyverno(t, src).denial })
}
