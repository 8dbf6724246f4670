package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// PolicyFlags are the flags of the command policy.
type PolicyFlags struct {
	Name             string
	Actions          []string
	Existing         string
	Kubernetes       string
	ExceptNamespaces []string
	ExceptOwners     []string
	Kinds            []string
	Controllers      []string
	Mutate           bool
	Legacy           bool

	Kustomize string // the folder to write, or ""
	Tests     string // the folder to write with tests of the policy, or ""
	Update    bool   // the arguments are policies to make again
	Check     bool   // write no file
	Force     bool   // replace files that were edited
	Verbose   bool   // list each file of Tests

	// Parse and ParseManifests read the arguments of the commands policy and webhook
	// manifests, with their names.
	Parse          func(args []string) (*session.Flags, *PolicyFlags, []string, error)
	ParseManifests func(args []string) (*session.Flags, *ManifestFlags, error)
}

// Policy runs the command policy: it writes the policy for an engine to standard output,
// or to a folder.
func Policy(s session.Streams, f *session.Flags, p *PolicyFlags, engine string) error {
	o, err := p.options()
	if err != nil {
		return err
	}
	if o.Rules, o.Config, o.Command, err = headerOfCommand(f); err != nil {
		return err
	}
	if o.Legacy {
		fmt.Fprintf(s.Err, "note: %s\n", policy.LegacyNote)
	}
	if dir, make := p.folder(); dir.path != "" {
		parts, err := make(engine, o)
		if err != nil {
			return err
		}
		return writePolicyFolder(s, p, dir, parts)
	}
	text, err := policy.Write(engine, o)
	if err != nil {
		return err
	}
	return writeAll(s, text)
}

// headerOfCommand returns what the header of a generated file names: the rules of the
// flags, the configuration that they come from, and the command.
func headerOfCommand(f *session.Flags) (set *rules.Set, config, command string, err error) {
	if len(f.Maps) > 0 {
		return nil, "", "", errors.New("--map: the header of a policy names its rules, and no file of mappings; expected rules in a configuration, or --rule")
	}
	f.Color = "never"
	x, err := session.New(f, nil, nil)
	if err != nil {
		return nil, "", "", err
	}
	return x.Rewrite.Rules, x.ConfigInRoot(), strings.Join(append([]string{"regmigrate"}, report.ShellQuoted(withoutWriting(f.Args))...), " "), nil
}

// writeAll writes text to standard output.
func writeAll(s session.Streams, text []byte) error {
	if _, err := s.Out.Write(text); err != nil {
		return session.Failed(fmt.Errorf("writing to standard output: %w", err))
	}
	return nil
}

// folder returns the folder to write and the function that makes its files. The path is
// "" if the policy is written to standard output.
func (p *PolicyFlags) folder() (policyFolder, func(string, policy.Options) ([]policy.File, error)) {
	if p.Tests != "" {
		return policyFolder{"--tests", p.Tests}, policy.Suite
	}
	return policyFolder{"--kustomize", p.Kustomize}, policy.Kustomization
}

// withoutWriting returns args without the flags that say what happens to files: the policy
// does not depend on them.
func withoutWriting(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(a string) bool {
		name, _, _ := strings.Cut(a, "=")
		return slices.Contains([]string{"--check", "--force", "--verbose", "-v"}, name)
	})
}

// options validates the flags that do not depend on the engine.
func (p *PolicyFlags) options() (policy.Options, error) {
	o := policy.Options{Name: p.Name, Actions: p.Actions, Mutate: p.Mutate, Legacy: p.Legacy}
	switch p.Existing {
	case "allow":
	case "deny":
		o.DenyExisting = true
	default:
		return o, fmt.Errorf("--existing %q: expected allow or deny", p.Existing)
	}
	var err error
	if p.Kubernetes != "" {
		if o.Kubernetes, err = policy.ParseVersion(p.Kubernetes); err != nil {
			return o, fmt.Errorf("--min-kubernetes %w", err)
		}
	}
	for _, name := range p.ExceptNamespaces {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(name, "-") != name || len(name) > 63 {
			return o, fmt.Errorf("--except-namespace %q: expected the name of a namespace: a-z, 0-9 and -", name)
		}
		o.ExceptSpaces = append(o.ExceptSpaces, name)
	}
	for _, text := range p.ExceptOwners {
		k, err := policy.ParseKind(text)
		if err != nil {
			return o, fmt.Errorf("--except-owner %w", err)
		}
		o.ExceptOwners = append(o.ExceptOwners, k)
	}
	for _, text := range p.Kinds {
		r, err := podspec.ParseResource(text)
		if err != nil {
			return o, fmt.Errorf("--kind %w", err)
		}
		o.Kinds = append(o.Kinds, r)
	}
	for _, text := range p.Controllers {
		kind, user, ok := strings.Cut(text, "=")
		if !ok || user == "" || strings.ContainsFunc(user, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return o, fmt.Errorf("--controller %q: expected GROUP/KIND=USER, such as argoproj.io/Rollout=system:serviceaccount:rollouts:argo-rollouts", text)
		}
		k, err := policy.ParseKind(kind)
		if err != nil {
			return o, fmt.Errorf("--controller %w", err)
		}
		o.Controllers = append(o.Controllers, policy.Controller{Kind: k, User: user})
	}
	return o, nil
}
