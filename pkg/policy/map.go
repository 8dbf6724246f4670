package policy

import "fmt"

type mapSpec struct {
	FailurePolicy string     `yaml:"failurePolicy"`
	Reinvocation  string     `yaml:"reinvocationPolicy"`
	Match         match      `yaml:"matchConstraints"`
	Variables     []variable `yaml:"variables"`
	Mutations     []mutation `yaml:"mutations"`
}

// makeMAP makes a MutatingAdmissionPolicy and its binding.
func makeMAP(o *Options) (output, error) {
	version, err := o.atLeast(Version{1, 36}, "MutatingAdmissionPolicy is not in v1 in older versions than Kubernetes 1.36\n  use the engine vap with --action deny, and change the manifests")
	if err != nil {
		return output{}, err
	}
	variables, err := o.mutationVariables("the engine vap")
	if err != nil {
		return output{}, err
	}
	notes := append([]string{
		fmt.Sprintf("Kubernetes %s or newer. failurePolicy: Ignore: a pod starts with its old images if the policy cannot be evaluated. reinvocationPolicy: IfNeeded: containers that webhooks add are moved too.", version),
	}, mutationNotes(o)...)
	return output{notes, []object{
		{admissionV1, "MutatingAdmissionPolicy", metadata{Name: o.Name}, mapSpec{"Ignore", "IfNeeded", o.mutationMatch(), variables, mutations}},
		{admissionV1, "MutatingAdmissionPolicyBinding", metadata{Name: o.Name}, bindingSpec{PolicyName: o.Name}},
	}}, nil
}
