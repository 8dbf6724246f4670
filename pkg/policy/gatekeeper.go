package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Types of Gatekeeper, with the fields that policies use.
type (
	templateSpec struct {
		CRD     templateCRD      `yaml:"crd"`
		Targets []templateTarget `yaml:"targets"`
	}
	templateCRD struct {
		Spec struct {
			Names struct {
				Kind string `yaml:"kind"`
			} `yaml:"names"`
		} `yaml:"spec"`
	}
	templateTarget struct {
		Target string `yaml:"target"`
		Code   []code `yaml:"code"`
	}
	code struct {
		Engine string `yaml:"engine"`
		Source any    `yaml:"source"`
	}
	celSource struct {
		GenerateVAP   bool         `yaml:"generateVAP"`
		FailurePolicy string       `yaml:"failurePolicy"`
		Variables     []variable   `yaml:"variables"`
		Validations   []validation `yaml:"validations"`
	}
	regoSource struct {
		Rego string `yaml:"rego"`
	}
	constraintSpec struct {
		Action string          `yaml:"enforcementAction"`
		Match  constraintMatch `yaml:"match"`
	}
	constraintMatch struct {
		Kinds    []groupKinds `yaml:"kinds"`
		Excluded []string     `yaml:"excludedNamespaces,flow,omitempty"`
	}
	groupKinds struct {
		Groups []string `yaml:"apiGroups,flow"`
		Kinds  []string `yaml:"kinds,flow"`
	}
)

// makeGatekeeper makes a ConstraintTemplate with CEL and with Rego, and its constraint.
func makeGatekeeper(o *Options) (output, error) {
	switch {
	case o.Mutate:
		return output{}, errors.New("--mutate: Assign, AssignImage and ModifySet of Gatekeeper set constants; they cannot replace a prefix and keep the rest of a name (open-policy-agent/gatekeeper#2381)\n  use policy map (Kubernetes 1.36 or newer) or policy kyverno --mutate")
	case o.Kubernetes != Version{}:
		return output{}, errors.New("--min-kubernetes: Gatekeeper evaluates the policy, in all versions of Kubernetes that it supports\n  remove the flag; the policy needs Gatekeeper 3.18 or newer")
	}
	kind, err := constraintKind(o.Name)
	if err != nil {
		return output{}, err
	}
	j, err := judge(o)
	if err != nil {
		return output{}, err
	}
	// The condition and its message share one budget.
	if cost := EstimateCost(o.Rules.Table()) * 5 / 2; cost > maxCost {
		return output{}, fmt.Errorf("the rules are too many for CEL: an object with 100 containers may cost %d, and Gatekeeper accepts at most %d; use fewer rules on one registry", cost, maxCost)
	}
	j.variables[0] = variable{resourceVariable.Name, resourceByKind(j.kinds)}
	rego, err := makeRego(o, j.kinds)
	if err != nil {
		return output{}, err
	}
	spec := templateSpec{Targets: []templateTarget{{"admission.k8s.gatekeeper.sh", []code{
		{"K8sNativeValidation", celSource{false, "Fail", j.variables, j.validations}},
		{"Rego", regoSource{rego}},
	}}}}
	spec.CRD.Spec.Names.Kind = kind
	action, note := o.enforcementAction()
	return output{
		notes: append([]string{
			"Gatekeeper 3.18 or newer. " + note + " Gatekeeper evaluates the CEL, and the Rego where its CEL is off; both decide alike.",
			"failurePolicy: Fail: an object that cannot be evaluated is a violation. The webhook of Gatekeeper has a failurePolicy of its own, by default Ignore: objects pass while Gatekeeper does not respond.",
			"Audit reports all objects with old images, also those that --existing allow lets pass, and mirror pods: it does not know who made an object, or what it was before.",
		}, judgeNotes(o)...),
		objects: []object{
			{"templates.gatekeeper.sh/v1", "ConstraintTemplate", metadata{Name: strings.ToLower(kind)}, spec},
			{"constraints.gatekeeper.sh/v1beta1", kind, metadata{Name: o.Name}, constraintSpec{action, constraintMatch{constraintKinds(j.kinds), o.ExceptSpaces}}},
		},
	}, nil
}

// constraintKind returns the kind of the constraints of a template: name in upper camel
// case.
func constraintKind(name string) (string, error) {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	kind := b.String()
	if kind[0] >= '0' && kind[0] <= '9' || len(kind) > 63 {
		return "", fmt.Errorf("--name %q: the kind of the constraint is made of it: expected a letter first, and at most 63 letters and digits", name)
	}
	return kind, nil
}

// enforcementAction returns the action of a constraint, and a sentence about it. A
// constraint has one action, and audit always lists its violations.
func (o *Options) enforcementAction() (action, note string) {
	switch {
	case slices.Contains(o.Actions, "deny"):
		return "deny", "enforcementAction: deny, and audit lists violations in the status of the constraint."
	case len(o.Actions) == 0 || slices.Contains(o.Actions, "warn"):
		return "warn", "enforcementAction: warn, and audit lists violations in the status of the constraint."
	}
	return "dryrun", "enforcementAction: dryrun: audit lists violations in the status of the constraint."
}

// constraintKinds returns the kinds that a constraint selects. The kind of a resource
// that a user names is not known: the constraint selects the group, and the template the
// resource.
func constraintKinds(kinds []podspec.Resource) []groupKinds {
	var out []groupKinds
	for _, k := range kinds {
		kind := k.Kind
		if kind == "" {
			kind = "*"
		}
		i := slices.IndexFunc(out, func(g groupKinds) bool { return g.Groups[0] == k.Group })
		if i < 0 {
			i, out = len(out), append(out, groupKinds{Groups: []string{k.Group}})
		}
		if !slices.Contains(out[i].Kinds, kind) {
			out[i].Kinds = append(out[i].Kinds, kind)
		}
	}
	return out
}

// A kindResource is GROUP/KIND in lower case, and its GROUP/RESOURCE.
type kindResource struct{ kind, resource string }

// kindResources returns the resources of kinds, for requests without a resource: those
// of audit and of gator.
func kindResources(kinds []podspec.Resource) []kindResource {
	var out []kindResource
	for _, k := range kinds {
		names := []string{strings.ToLower(k.Kind)}
		if k.Kind == "" {
			names = singulars(k.Resource)
		}
		for _, n := range names {
			row := kindResource{k.Group + "/" + n, k.Group + "/" + k.Resource}
			if !slices.Contains(out, row) {
				out = append(out, row)
			}
		}
	}
	return out
}

// singulars returns the kinds in lower case that may have this plural.
// Source: k8s.io/apimachinery, pkg/api/meta, UnsafeGuessKindToResource.
func singulars(plural string) []string {
	out := []string{plural}
	for _, s := range []struct{ suffix, singular string }{{"ies", "y"}, {"es", ""}, {"s", ""}} {
		if stem, ok := strings.CutSuffix(plural, s.suffix); ok && stem != "" {
			out = append(out, stem+s.singular)
		}
	}
	return out
}

// resourceByKind returns GROUP/RESOURCE of a request in CEL.
func resourceByKind(kinds []podspec.Resource) string {
	var rows []string
	for _, r := range kindResources(kinds) {
		rows = append(rows, fmt.Sprintf("\n    %q: %q", r.kind, r.resource))
	}
	return `request.resource.resource != "" ? request.resource.group + "/" + request.resource.resource :
  {` + strings.Join(rows, ",") + `
  }[?(request.kind.group + "/" + request.kind.kind).lowerAscii()].orValue("")`
}
