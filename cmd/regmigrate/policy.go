package main

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/spf13/cobra"
)

// newPolicyCommand returns `regmigrate policy`. The parameter line holds the arguments
// that the user typed.
func newPolicyCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var p app.PolicyFlags
	cmd := &cobra.Command{
		Use:   "policy [flags] ENGINE",
		Short: "write a policy that keeps old images out of a cluster",
		Long: `policy writes a policy for Kubernetes to standard output. The policy decides about
each image exactly as the rules do: whole path components, kept prefixes, short
names of Docker Hub and its other hosts, tags and digests.

The ENGINE vap is ValidatingAdmissionPolicy, for Kubernetes 1.30 or newer. It judges
pods, ephemeral containers, and all kinds with a pod spec: those of Kubernetes, Argo
Rollouts and Knative, and those of --kind. By default it warns and writes to the
audit log, and workloads that were in the cluster before stay as they are. With
--action deny it does not accept old images. Its failurePolicy is Fail.

The ENGINE map is MutatingAdmissionPolicy, for Kubernetes 1.36 or newer. It moves the
images of pods when they are made, and of ephemeral containers when they are added.
It does not change workloads. Its failurePolicy is Ignore: if it cannot be evaluated,
the pod starts with its old images.

The ENGINE kyverno is ValidatingPolicy, for Kyverno 1.19 or newer. It judges as vap
does. Its failurePolicy is Ignore, and Fail with --action deny: Kyverno is a webhook.
With --mutate it is MutatingPolicy, and moves images as map does.

The ENGINE gatekeeper is ConstraintTemplate with its constraint, for Gatekeeper 3.18 or
newer. It holds the same conditions in CEL and in Rego, and judges as vap does. Its
enforcementAction is warn; audit lists all objects with old images.

No engine judges or changes the mirror pods of nodes. The header of the output
holds the command that makes it, and says what the policy leaves open.`,
		Example: `  regmigrate policy vap | kubectl apply -f -
  regmigrate policy vap --action deny --except-namespace kube-system > policy.yaml
  regmigrate policy vap --kind monitoring.coreos.com/v1/prometheuses:/spec/image
  regmigrate policy kyverno --action deny,audit | kubectl apply -f -
  regmigrate policy kyverno --mutate --except-namespace kube-system
  regmigrate policy gatekeeper --action deny > policy.yaml
  regmigrate policy map --except-owner postgresql.cnpg.io/Cluster`,
		ValidArgs: policy.EngineNames(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("policy: expected one ENGINE: %s\n  for example: regmigrate policy vap", strings.Join(policy.EngineNames(), ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			f.Args = *line
			return app.Policy(s, &f, &p, args[0])
		},
	}
	setExits(cmd, "", "standard output could not be written")
	x := cmd.Flags()
	x.SortFlags = false
	addRuleFlags(cmd, &f)
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
	x.BoolVar(&p.Mutate, "mutate", false, "kyverno: move the images of pods instead of judging them")
	x.StringVar(&p.Name, "name", "regmigrate", "`name` of the policy and its binding")
	complete(cmd, "action", policy.ActionNames)
	complete(cmd, "existing", []string{"allow", "deny"})
	return cmd
}
