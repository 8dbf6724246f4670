package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Types of admissionregistration.k8s.io/v1, with the fields that policies use.
type (
	object struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       any      `yaml:"spec"`
	}
	metadata struct {
		Name        string            `yaml:"name"`
		Annotations map[string]string `yaml:"annotations,omitempty"`
	}
	vapSpec struct {
		FailurePolicy string       `yaml:"failurePolicy"`
		Match         match        `yaml:"matchConstraints"`
		Variables     []variable   `yaml:"variables"`
		Validations   []validation `yaml:"validations"`
	}
	match struct {
		Namespaces *selector      `yaml:"namespaceSelector,omitempty"`
		Rules      []resourceRule `yaml:"resourceRules"`
	}
	selector struct {
		Expressions []requirement `yaml:"matchExpressions"`
	}
	requirement struct {
		Key      string   `yaml:"key"`
		Operator string   `yaml:"operator"`
		Values   []string `yaml:"values,flow"`
	}
	resourceRule struct {
		Groups     []string `yaml:"apiGroups,flow"`
		Versions   []string `yaml:"apiVersions,flow"`
		Operations []string `yaml:"operations,flow"`
		Resources  []string `yaml:"resources,flow"`
	}
	bindingSpec struct {
		PolicyName string   `yaml:"policyName"`
		Actions    []string `yaml:"validationActions,flow,omitempty"`
	}
)

const admissionV1 = "admissionregistration.k8s.io/v1"

// makeVAP makes a ValidatingAdmissionPolicy and its binding.
func makeVAP(o *Options) (output, error) {
	version, err := o.atLeast(Version{1, 30}, "ValidatingAdmissionPolicy is not in older versions than Kubernetes 1.30\n  use --min-kubernetes 1.30 or newer, and upgrade the cluster first")
	if err != nil {
		return output{}, err
	}
	j, err := judge(o)
	if err != nil {
		return output{}, err
	}
	actions := o.Actions
	if len(actions) == 0 {
		actions = []string{"warn", "audit"}
	}
	return output{
		notes: append([]string{fmt.Sprintf("Kubernetes %s or newer. Action: %s. failurePolicy: Fail.", version, strings.Join(actions, ", "))}, judgeNotes(o)...),
		objects: []object{
			{admissionV1, "ValidatingAdmissionPolicy", metadata{Name: o.Name}, vapSpec{"Fail", match{o.namespaces(), resourceRules(j.kinds)}, j.variables, j.validations}},
			{admissionV1, "ValidatingAdmissionPolicyBinding", metadata{Name: o.Name}, bindingSpec{o.Name, capitalized(actions)}},
		},
	}, nil
}

// capitalized returns words with a capital letter, as Kubernetes writes actions.
func capitalized(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, strings.ToUpper(w[:1])+w[1:])
	}
	return out
}

// namespaces returns the selector of all namespaces without the excepted ones, or nil.
// Kubernetes sets the label kubernetes.io/metadata.name; nobody can change it.
func (o *Options) namespaces() *selector {
	if len(o.ExceptSpaces) == 0 {
		return nil
	}
	return &selector{[]requirement{{"kubernetes.io/metadata.name", "NotIn", o.ExceptSpaces}}}
}

// resourceRules returns the rules that select the creation and the update of kinds, and
// of ephemeral containers.
func resourceRules(kinds []podspec.Resource) []resourceRule {
	var out []resourceRule
	for _, k := range kinds {
		names := []string{k.Resource}
		if k.Group == "" && k.Resource == "pods" {
			names = append(names, "pods/ephemeralcontainers")
		}
		i := slices.IndexFunc(out, func(r resourceRule) bool { return r.Groups[0] == k.Group && r.Versions[0] == k.Version })
		if i < 0 {
			i = len(out)
			out = append(out, resourceRule{[]string{k.Group}, []string{k.Version}, []string{"CREATE", "UPDATE"}, nil})
		}
		for _, name := range names {
			if !slices.Contains(out[i].Resources, name) {
				out[i].Resources = append(out[i].Resources, name)
			}
		}
	}
	return out
}

// judgeNotes are the lines of the header that every policy has which judges.
func judgeNotes(o *Options) []string {
	notes := []string{
		"It judges containers, init containers, ephemeral containers and image volumes of pods and of all kinds with a pod spec, when they are made and when they change. Mirror pods pass if a node makes them.",
	}
	if o.DenyExisting {
		notes = append(notes, "--existing deny: objects that were in the cluster before must have the new images too. They can be read and deleted; an update with an old image and a new pod of an old workload are not accepted.")
	} else {
		notes = append(notes, "--existing allow: an update passes if the same container has the same image as before. An object passes if the controller of its owner makes it, and the policy judges the kind of the owner. This leaves open: workloads that were in the cluster before keep their old images, get new pods with them, and may change in everything else.")
	}
	if len(o.ExceptOwners) > 0 {
		notes = append(notes, "--except-owner: an object passes if it names an owner of these kinds. Everybody who can make a pod can name such an owner: "+joinKinds(o.ExceptOwners)+".")
	}
	if len(o.ExceptSpaces) > 0 {
		notes = append(notes, "--except-namespace: it does not judge objects in "+strings.Join(o.ExceptSpaces, ", ")+".")
	}
	return notes
}
