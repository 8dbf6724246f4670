package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newPolicyCommand returns `regmigrate policy`. The parameter line holds the arguments
// that the user typed.
func newPolicyCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var p app.PolicyFlags
	cmd := &cobra.Command{
		Use:   "policy [flags] ENGINE|FILE...",
		Short: "write a policy that keeps old images out of a cluster",
		Long: `policy writes a policy for Kubernetes to standard output. The policy decides
about each image exactly as the rules do: whole path components, kept prefixes,
short names of Docker Hub and its other hosts, tags and digests.

    ENGINE      writes                     needs            with an old image
    vap         ValidatingAdmissionPolicy  Kubernetes 1.30  warning, audit log
    map         MutatingAdmissionPolicy    Kubernetes 1.36  the image moves
    kyverno     ValidatingPolicy           Kyverno 1.19     warning, audit log
    gatekeeper  ConstraintTemplate         Gatekeeper 3.18  warning, audit
    sigstore    ClusterImagePolicy         –                warning

vap, kyverno and gatekeeper judge pods, ephemeral containers, and all kinds with a
pod spec: those of Kubernetes, Argo Rollouts and Knative, and those of --kind. With
--action deny they refuse old images. Workloads that were in the cluster before stay
as they are; --existing deny changes that. gatekeeper has its conditions in CEL and
in Rego.

map moves the images of pods when they are made, and of ephemeral containers when
they are added. It does not change workloads. kyverno --mutate does the same with a
MutatingPolicy. kyverno --legacy writes a ClusterPolicy, which Kyverno has deprecated.

sigstore has globs without exceptions: if they cannot say the same as the rules, the
exit code is 2. Its --action deny needs --existing deny. The policy-controller decides
which objects it judges.

The failurePolicy is Fail for vap, and for kyverno with --action deny. For map and other
policies of kyverno it is Ignore: if the policy cannot be evaluated, the object is
accepted as it is, and the pod starts with its old images. For gatekeeper it is
Fail in the ConstraintTemplate, and the webhook of Gatekeeper has its own, by default
Ignore; the enforcementAction is warn, and audit lists all objects with old images. A
ClusterImagePolicy of sigstore has no failurePolicy; its mode is warn.

No other engine judges or changes the mirror pods of nodes. The header of the output
holds the command that makes it, and says what the policy leaves open.

--kustomize writes a folder instead, for kubectl apply -k: one file for each object.

--tests writes a folder with the policy and its tests, for kyverno test or gator verify:
for each rule images that move, and images near it that stay.

--update makes policies again: each FILE with the command in its header, from the
rules and the configuration of today. regmigrate never replaces a file that it did not
make, and one that was edited since only with --force.`,
		Example: `  regmigrate policy vap | kubectl apply -f -
  regmigrate policy vap --action deny --except-namespace kube-system > policy.yaml
  regmigrate policy vap --kind monitoring.coreos.com/v1/prometheuses:/spec/image
  regmigrate policy kyverno --action deny,audit | kubectl apply -f -
  regmigrate policy kyverno --mutate --except-namespace kube-system
  regmigrate policy gatekeeper --action deny > policy.yaml
  regmigrate policy map --except-owner postgresql.cnpg.io/Cluster
  regmigrate policy vap --kustomize deploy/policy
  regmigrate policy gatekeeper --tests policy-tests && gator verify policy-tests
  regmigrate policy --update --check policy.yaml deploy/policy/*.yaml`,
		ValidArgs: policy.EngineNames(),
		Args:      func(_ *cobra.Command, args []string) error { return checkPolicyArgs(&p, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			f.Args, p.Parse, p.ParseManifests = *line, parsePolicy, parseManifests
			if p.Update {
				if err := refuseWithUpdate(cmd); err != nil {
					return err
				}
				return app.UpdatePolicies(s, &f, &p, args)
			}
			return app.Policy(s, &f, &p, args[0])
		},
	}
	setExits(cmd, "--check: a file would change", "a file or standard output could not be written")
	addPolicyFlags(cmd, &f, &p)
	return cmd
}

// checkPolicyArgs validates the arguments of the command policy.
func checkPolicyArgs(p *app.PolicyFlags, args []string) error {
	switch {
	case p.Update && len(args) == 0:
		return errors.New("policy --update: expected policies that regmigrate made\n  for example: regmigrate policy --update policy.yaml")
	case !p.Update && len(args) != 1:
		return fmt.Errorf("policy: expected one ENGINE: %s\n  for example: regmigrate policy vap", strings.Join(policy.EngineNames(), ", "))
	case p.Kustomize != "" && p.Tests != "":
		return errors.New("policy: --kustomize and --tests: expected one of them\n  run the command twice, with different folders")
	case !p.Update && p.Kustomize == "" && p.Tests == "" && (p.Check || p.Force):
		return errors.New("policy: --check and --force: expected with --update, --kustomize or --tests")
	}
	return nil
}

// refuseWithUpdate returns an error for flags that --update takes from the headers.
func refuseWithUpdate(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(x *pflag.Flag) {
		switch x.Name {
		case "update", "check", "force":
		default:
			if err == nil {
				err = fmt.Errorf("policy --update: --%s: the command in the header of a policy has its flags\n  to change them, make the policy again without --update", x.Name)
			}
		}
	})
	return err
}

// parsePolicy reads the arguments of the command policy, with its name. They come from the
// header of a policy.
func parsePolicy(args []string) (*session.Flags, *app.PolicyFlags, []string, error) {
	var f session.Flags
	var p app.PolicyFlags
	cmd := &cobra.Command{}
	addPolicyFlags(cmd, &f, &p)
	err := cmd.ParseFlags(args[1:])
	if err == nil {
		args = cmd.Flags().Args()
		if err = checkPolicyArgs(&p, args); err == nil && p.Update {
			err = errors.New("expected no --update")
		}
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("the command in the header: %w", err)
	}
	return &f, &p, args, nil
}

// parsePolicyRules reads the flags that select rules, of policy or of webhook manifests.
func parsePolicyRules(args []string) (*session.Flags, error) {
	if args[0] == "webhook" {
		f, _, err := parseManifests(args)
		return f, err
	}
	f, _, _, err := parsePolicy(args)
	return f, err
}

func addPolicyFlags(cmd *cobra.Command, f *session.Flags, p *app.PolicyFlags) {
	x := cmd.Flags()
	x.SortFlags = false
	addRuleFlags(cmd, f)
	if err := x.MarkHidden("scope"); err != nil {
		panic(err)
	}
	x.StringSliceVar(&p.Actions, "action", nil, "vap, kyverno, gatekeeper: comma-separated `list` of what happens to an object with an old image: "+strings.Join(policy.ActionNames, ", ")+" (default warn,audit)")
	x.StringVar(&p.Existing, "existing", "allow", "vap, kyverno, gatekeeper: `what` happens to objects that were in the cluster before: allow, deny")
	x.StringVar(&p.Kubernetes, "min-kubernetes", "", "vap, map: the oldest `version` of Kubernetes that evaluates the policy (default: the oldest of the engine)")
	x.StringArrayVar(&p.ExceptNamespaces, "except-namespace", nil, "do not judge or change objects in the namespace `name` (repeatable)")
	x.StringArrayVar(&p.ExceptOwners, "except-owner", nil, "do not judge or change objects that an owner of this `GROUP/KIND` controls (repeatable)")
	x.StringArrayVar(&p.Kinds, "kind", nil, "vap, kyverno, gatekeeper: also judge the images, or the pod specs, at a path of this kind, `GROUP/VERSION/RESOURCE:/PATH` (repeatable)")
	x.StringArrayVar(&p.Controllers, "controller", nil, "vap, kyverno, gatekeeper: the user that makes the objects of owners of this kind, `GROUP/KIND=USER`, in addition to the usual ones (repeatable)")
	x.BoolVar(&p.Legacy, "legacy", false, "kyverno: write a ClusterPolicy, for Kyverno 1.13 or newer; it is deprecated since 1.19")
	x.BoolVar(&p.Mutate, "mutate", false, "kyverno: move the images of pods instead of judging them")
	x.StringVar(&p.Name, "name", "regmigrate", "`name` of the policy and its binding")
	x.StringVar(&p.Kustomize, "kustomize", "", "write a kustomization to this `folder` instead of standard output")
	x.StringVar(&p.Tests, "tests", "", "kyverno, gatekeeper: write the policy with tests of each rule to this `folder`, for kyverno test or gator verify")
	x.BoolVar(&p.Update, "update", false, "make policies again, with the commands in their headers and the rules of today")
	x.BoolVar(&p.Check, "check", false, "with --update, --kustomize or --tests: write no file; exit 1 if a file would change")
	x.BoolVar(&p.Force, "force", false, "with --update, --kustomize or --tests: also replace policies that were edited by hand")
	x.BoolVarP(&p.Verbose, "verbose", "v", false, "with --tests: list every file")
	complete(cmd, "action", policy.ActionNames)
	complete(cmd, "existing", []string{"allow", "deny"})
}
