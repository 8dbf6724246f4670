package policy

import (
	"errors"
	"slices"
	"strings"
)

const kyvernoV1 = "policies.kyverno.io/v1"

// Types of policies.kyverno.io/v1, with the fields that policies use.
type validatingPolicySpec struct {
	Actions       []string     `yaml:"validationActions,flow"`
	FailurePolicy string       `yaml:"failurePolicy"`
	Match         match        `yaml:"matchConstraints"`
	Variables     []variable   `yaml:"variables"`
	Validations   []validation `yaml:"validations"`
}

// makeKyverno makes a policy for Kyverno.
func makeKyverno(o *Options) (output, error) {
	if (o.Kubernetes != Version{}) {
		return output{}, errors.New("--min-kubernetes: Kyverno evaluates the policy, in all versions of Kubernetes that it supports\n  remove the flag; the policy needs Kyverno 1.19 or newer")
	}
	switch {
	case o.Legacy:
		return makeClusterPolicy(o)
	case o.Mutate:
		return makeMutatingPolicy(o)
	}
	return makeValidatingPolicy(o)
}

// makeValidatingPolicy makes a ValidatingPolicy of Kyverno. It names all kinds, so that
// Kyverno derives no rules for the kinds that make pods: these would not be exact.
func makeValidatingPolicy(o *Options) (output, error) {
	j, err := judge(o)
	if err != nil {
		return output{}, err
	}
	actions, failure := o.webhookActions()
	spec := validatingPolicySpec{capitalized(actions), failure, match{o.namespaces(), resourceRules(j.kinds)}, j.variables, j.validations}
	return output{
		notes: append([]string{
			"Kyverno 1.19 or newer. " + failureNote(actions, failure),
			"Background scans report all objects with old images, also those that --existing allow lets pass, and mirror pods: they do not know who made an object, or what it was before.",
		}, append(judgeNotes(o), kyvernoNotes(o)...)...),
		objects: []object{{kyvernoV1, "ValidatingPolicy", metadata{Name: o.Name}, spec}},
	}, nil
}

// makeMutatingPolicy makes a MutatingPolicy of Kyverno.
func makeMutatingPolicy(o *Options) (output, error) {
	variables, err := o.mutationVariables("policy kyverno without --mutate")
	if err != nil {
		return output{}, err
	}
	notes := append([]string{
		"Kyverno 1.19 or newer. failurePolicy: Ignore: a pod starts with its old images if the policy cannot be evaluated, or if Kyverno does not respond. reinvocationPolicy: IfNeeded: containers that other webhooks add are moved too.",
	}, append(mutationNotes(o), kyvernoNotes(o)...)...)
	return output{notes, []object{
		{kyvernoV1, "MutatingPolicy", metadata{Name: o.Name}, mapSpec{"Ignore", "IfNeeded", o.mutationMatch(), variables, mutations}},
	}}, nil
}

// webhookActions returns the actions of a policy that a webhook evaluates, and its
// failurePolicy. A policy that only warns must not keep objects out while the webhook
// does not respond.
func (o *Options) webhookActions() (actions []string, failure string) {
	actions = o.Actions
	if len(actions) == 0 {
		actions = []string{"warn", "audit"}
	}
	if slices.Contains(actions, "deny") {
		return actions, "Fail"
	}
	return actions, "Ignore"
}

func failureNote(actions []string, failure string) string {
	note := "Action: " + strings.Join(actions, ", ") + ". failurePolicy: " + failure
	if failure == "Fail" {
		return note + ": while Kyverno does not respond, all objects of these kinds are denied."
	}
	return note + ", since it denies nothing; with --action deny it is Fail."
}

// kyvernoNotes say what Kyverno does not show to policies.
// Source: kyverno/kyverno, charts/kyverno/values.yaml, resourceFilters and excludeGroups.
func kyvernoNotes(o *Options) []string {
	notes := []string{"Kyverno's own configuration decides first what policies see. By default it leaves out the namespaces kube-system and kyverno, requests of nodes, and ReplicaSets (resourceFilters and excludeGroups in the ConfigMap kyverno, namespaceSelector of its webhooks)."}
	if !o.DenyExisting && !o.Mutate {
		notes = append(notes, "Somebody who may make ReplicaSets can therefore run old images. Remove [ReplicaSet,*,*] from resourceFilters to close this, or use --existing deny.")
	}
	return notes
}
