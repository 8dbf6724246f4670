package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// patchExpression returns the JSON patch of a mutation in CEL.
const patchExpression = `variables.moved[0].filter(m, !variables.exempt)
  .map(m, JSONPatch{op: "replace", path: m[0], value: m[2]})`

type (
	mutation struct {
		PatchType string    `yaml:"patchType"`
		JSONPatch jsonPatch `yaml:"jsonPatch"`
	}
	jsonPatch struct {
		Expression string `yaml:"expression"`
	}
)

// mutations is the mutation of pods in CEL. It needs the variables of mutationVariables.
var mutations = []mutation{{"JSONPatch", jsonPatch{patchExpression}}}

// mutationMatch selects pods when they are made, and ephemeral containers when they are
// added.
func (o *Options) mutationMatch() match {
	rule := func(operation, resource string) resourceRule {
		return resourceRule{[]string{""}, []string{"v1"}, []string{operation}, []string{resource}}
	}
	return match{o.namespaces(), []resourceRule{rule("CREATE", "pods"), rule("UPDATE", "pods/ephemeralcontainers")}}
}

// mutationVariables returns the variables of a policy that moves the images of pods. It
// returns an error for options that only a policy which judges has; judges is the
// command that writes one.
func (o *Options) mutationVariables(judges string) ([]variable, error) {
	switch {
	case len(o.Actions) > 0:
		return nil, errors.New("--action: a mutation has no action: it gives no warning and writes no audit annotation\n  use --action with " + judges)
	case o.DenyExisting:
		return nil, errors.New("--existing deny: a mutation denies nothing\n  use --existing with " + judges)
	case len(o.Kinds) > 0:
		return nil, errors.New("--kind: this engine changes pods only: other objects that it changed would differ from what their owners apply\n  use --kind with " + judges)
	}
	variables := append([]variable{resourceVariable, {"images", podImages()}}, lookup(o.Rules.Table())...)
	exempt := mirrorPod
	if len(o.ExceptOwners) > 0 {
		variables = append(variables, ownersVariable)
		exempt += " ||\n  variables.owners.exists(k, k in " + celList(kindNames(o.ExceptOwners)) + ")"
	}
	variables = append(variables, variable{"exempt", exempt})
	return variables, checkLimits(o.Rules.Table(), variables)
}

// mutationNotes are the lines of the header that every policy has which moves images.
func mutationNotes(o *Options) []string {
	notes := []string{
		"It moves the images of pods when they are made, and of ephemeral containers when they are added. It does not change workloads: their owners and GitOps would see a difference. It gives no warning and leaves no mark in the audit log: change the manifests too.",
		"An operator that compares the images of its pods with its own replaces such pods for ever: see --except-owner. Mirror pods do not change.",
	}
	if len(o.ExceptOwners) > 0 {
		notes = append(notes, "--except-owner: it does not change pods of "+joinKinds(o.ExceptOwners)+".")
	}
	if len(o.ExceptSpaces) > 0 {
		notes = append(notes, "--except-namespace: it does not change pods in "+strings.Join(o.ExceptSpaces, ", ")+".")
	}
	return notes
}

// podImages returns the images of a pod that may change, as lookup expects them; field
// is a JSON pointer. When ephemeral containers are added, only the new ones may change.
func podImages() string {
	var lists []string
	for _, l := range podspec.ContainerLists {
		path := fmt.Sprintf(`["/spec/%s/" + string(i) + "/image", string(c.?image.orValue(""))]`, l.Key)
		if l.Key == "ephemeralContainers" {
			lists = append(lists, fmt.Sprintf(`pod.spec.?%s.orValue([]).transformList(i, c,
      request.operation == "CREATE" || !dyn(oldObject).spec.?%s.orValue([]).exists(o, o.name == c.name),
      %s)`, l.Key, l.Key, path))
			continue
		}
		lists = append(lists, fmt.Sprintf(`(request.operation == "CREATE" ? pod.spec.?%s.orValue([]) : []).transformList(i, c, %s)`, l.Key, path))
	}
	lists = append(lists, `(request.operation == "CREATE" ? pod.spec.?volumes.orValue([]) : []).transformList(i, v, v.?image.?reference.hasValue(),
      ["/spec/volumes/" + string(i) + "/image/reference", string(v.image.reference)])`)
	return "[dyn(object)].map(pod,\n    " + strings.Join(lists, "\n  + ") + ")"
}
