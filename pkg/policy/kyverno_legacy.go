package policy

import (
	"errors"
	"slices"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Types of kyverno.io/v1, with the fields that policies use.
type (
	clusterPolicySpec struct {
		Background bool                `yaml:"background"`
		Warn       bool                `yaml:"emitWarning"`
		Webhook    legacyWebhook       `yaml:"webhookConfiguration"`
		Rules      []clusterPolicyRule `yaml:"rules"`
	}
	legacyWebhook struct {
		FailurePolicy string `yaml:"failurePolicy"`
	}
	clusterPolicyRule struct {
		Name     string         `yaml:"name"`
		Match    legacyAny      `yaml:"match"`
		Exclude  *legacyAny     `yaml:"exclude,omitempty"`
		Validate legacyValidate `yaml:"validate"`
	}
	legacyAny struct {
		Any []legacyFilter `yaml:"any"`
	}
	legacyFilter struct {
		Resources legacyResources `yaml:"resources"`
	}
	legacyResources struct {
		Kinds      []string `yaml:"kinds,omitempty"`
		Operations []string `yaml:"operations,flow,omitempty"`
		Namespaces []string `yaml:"namespaces,flow,omitempty"`
	}
	legacyValidate struct {
		Action string    `yaml:"failureAction"`
		CEL    legacyCEL `yaml:"cel"`
	}
	legacyCEL struct {
		Variables   []variable   `yaml:"variables"`
		Expressions []validation `yaml:"expressions"`
	}
)

// LegacyNote says that the kind of a legacy policy is deprecated.
const LegacyNote = "ClusterPolicy is deprecated since Kyverno 1.19; without --legacy the policy is a ValidatingPolicy"

// legacyRule is the name of the rule of a ClusterPolicy.
const legacyRule = "images"

// makeClusterPolicy makes a ClusterPolicy of Kyverno.
func makeClusterPolicy(o *Options) (output, error) {
	switch {
	case o.Mutate:
		return output{}, errors.New("--legacy: the mutations of a ClusterPolicy have no CEL, and their own language cannot hold the rules exactly\n  use --mutate without --legacy")
	case len(o.Kinds) > 0:
		return output{}, errors.New("--legacy: a ClusterPolicy selects kinds, and --kind names a resource, whose kind is not known\n  use --kind without --legacy")
	}
	j, err := judge(o)
	if err != nil {
		return output{}, err
	}
	j.variables[0] = variable{resourceVariable.Name, resourceByKind(j.kinds)} // its command line tool sends no resource
	actions, failure := o.webhookActions()
	action := "Audit"
	if failure == "Fail" {
		action = "Enforce"
	}
	rule := clusterPolicyRule{
		Name:     legacyRule,
		Match:    legacyAny{[]legacyFilter{{legacyResources{Kinds: legacyKinds(j.kinds), Operations: []string{"CREATE", "UPDATE"}}}}},
		Validate: legacyValidate{action, legacyCEL{j.variables, j.validations}},
	}
	if len(o.ExceptSpaces) > 0 {
		rule.Exclude = &legacyAny{[]legacyFilter{{legacyResources{Namespaces: o.ExceptSpaces}}}}
	}
	spec := clusterPolicySpec{false, slices.Contains(actions, "warn"), legacyWebhook{failure}, []clusterPolicyRule{rule}}
	return output{
		notes: append([]string{
			LegacyNote + ".",
			"Kyverno 1.13 or newer. " + failureNote(actions, failure) + " It does not scan what is in the cluster (background: false), since it judges a subresource.",
		}, append(judgeNotes(o), kyvernoNotes(o)...)...),
		objects: []object{{"kyverno.io/v1", "ClusterPolicy", metadata{o.Name, map[string]string{"pod-policies.kyverno.io/autogen-controllers": "none"}}, spec}},
	}, nil
}

// legacyKinds returns kinds as a ClusterPolicy names them: GROUP/VERSION/KIND.
func legacyKinds(kinds []podspec.Resource) []string {
	var out []string
	for _, k := range kinds {
		name := k.Version + "/" + k.Kind
		if k.Group != "" {
			name = k.Group + "/" + name
		}
		out = append(out, name)
		if k.Group == "" && k.Kind == "Pod" {
			out = append(out, name+"/ephemeralcontainers")
		}
	}
	return out
}
