package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

type (
	mapSpec struct {
		FailurePolicy string     `yaml:"failurePolicy"`
		Reinvocation  string     `yaml:"reinvocationPolicy"`
		Match         match      `yaml:"matchConstraints"`
		Variables     []variable `yaml:"variables"`
		Mutations     []mutation `yaml:"mutations"`
	}
	mutation struct {
		PatchType string    `yaml:"patchType"`
		JSONPatch jsonPatch `yaml:"jsonPatch"`
	}
	jsonPatch struct {
		Expression string `yaml:"expression"`
	}
)

// makeMAP makes a MutatingAdmissionPolicy and its binding.
func makeMAP(o *Options) (output, error) {
	version, err := o.atLeast(Version{1, 36}, "MutatingAdmissionPolicy is not in v1 in older versions than Kubernetes 1.36\n  use the engine vap with --action deny, and change the manifests")
	if err != nil {
		return output{}, err
	}
	switch {
	case len(o.Actions) > 0:
		return output{}, errors.New("--action: a mutation has no action: it gives no warning and writes no audit annotation\n  use --action with the engine vap")
	case o.DenyExisting:
		return output{}, errors.New("--existing deny: a mutation denies nothing\n  use --existing with the engine vap")
	case len(o.Kinds) > 0:
		return output{}, errors.New("--kind: this engine changes pods only: other objects that it changed would differ from what their owners apply\n  use --kind with the engine vap")
	}
	variables := append([]variable{resourceVariable, {"images", podImages()}}, lookup(o.Rules.Table())...)
	exempt := mirrorPod
	if len(o.ExceptOwners) > 0 {
		variables = append(variables, ownersVariable)
		exempt += " ||\n  variables.owners.exists(k, k in " + celList(kindNames(o.ExceptOwners)) + ")"
	}
	variables = append(variables, variable{"exempt", exempt})
	if err := checkLimits(o.Rules.Table(), variables); err != nil {
		return output{}, err
	}
	rule := func(operation, resource string) resourceRule {
		return resourceRule{[]string{""}, []string{"v1"}, []string{operation}, []string{resource}}
	}
	spec := mapSpec{
		"Ignore", "IfNeeded",
		match{o.namespaces(), []resourceRule{rule("CREATE", "pods"), rule("UPDATE", "pods/ephemeralcontainers")}},
		variables,
		[]mutation{{"JSONPatch", jsonPatch{`variables.moved[0].filter(m, !variables.exempt)
  .map(m, JSONPatch{op: "replace", path: m[0], value: m[2]})`}}},
	}
	notes := []string{
		fmt.Sprintf("Kubernetes %s or newer. failurePolicy: Ignore: a pod starts with its old images if the policy cannot be evaluated. reinvocationPolicy: IfNeeded: containers that webhooks add are moved too.", version),
		"It moves the images of pods when they are made, and of ephemeral containers when they are added. It does not change workloads: their owners and GitOps would see a difference. It gives no warning and leaves no mark in the audit log: change the manifests too.",
		"An operator that compares the images of its pods with its own replaces such pods for ever: see --except-owner. Mirror pods do not change.",
	}
	if len(o.ExceptOwners) > 0 {
		notes = append(notes, "--except-owner: it does not change pods of "+joinKinds(o.ExceptOwners)+".")
	}
	if len(o.ExceptSpaces) > 0 {
		notes = append(notes, "--except-namespace: it does not change pods in "+strings.Join(o.ExceptSpaces, ", ")+".")
	}
	return output{notes, []any{
		object{admissionV1, "MutatingAdmissionPolicy", metadata{Name: o.Name}, spec},
		object{admissionV1, "MutatingAdmissionPolicyBinding", metadata{Name: o.Name}, bindingSpec{PolicyName: o.Name}},
	}}, nil
}

// podImages returns the images of a pod that may change, as lookup expects them; field
// is a JSON pointer. When ephemeral containers are added, only the new ones may change.
func podImages() string {
	var lists []string
	for _, l := range podspec.ContainerLists {
		path := fmt.Sprintf(`["/spec/%s/" + string(i) + "/image", string(c.?image.orValue(""))]`, l.Key)
		if l.Key == "ephemeralContainers" {
			lists = append(lists, fmt.Sprintf(`pod.spec.?%s.orValue([]).transformList(i, c,
      oldObject == null || !dyn(oldObject).spec.?%s.orValue([]).exists(o, o.name == c.name),
      %s)`, l.Key, l.Key, path))
			continue
		}
		lists = append(lists, fmt.Sprintf(`(request.operation == "CREATE" ? pod.spec.?%s.orValue([]) : []).transformList(i, c, %s)`, l.Key, path))
	}
	lists = append(lists, `(request.operation == "CREATE" ? pod.spec.?volumes.orValue([]) : []).transformList(i, v, v.?image.?reference.hasValue(),
      ["/spec/volumes/" + string(i) + "/image/reference", string(v.image.reference)])`)
	return "[dyn(object)].map(pod,\n    " + strings.Join(lists, "\n  + ") + ")"
}
