package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// A validation is one condition of a policy that judges.
type validation struct {
	Expression        string `yaml:"expression"`
	Message           string `yaml:"message"`
	MessageExpression string `yaml:"messageExpression,omitempty"`
}

// A judgement is a policy in CEL that judges objects, for the engines that evaluate CEL.
type judgement struct {
	kinds       []podspec.Resource
	variables   []variable
	validations []validation
}

// judge returns the judgement for the options.
func judge(o *Options) (judgement, error) {
	j := judgement{kinds: append(podspec.Workloads(), o.Kinds...)}
	specs, fields, err := specsAndFields("object", j.kinds)
	if err != nil {
		return j, err
	}
	j.variables = []variable{resourceVariable, {"specs", specs}}
	images := variable{"images", imagesOf("variables.specs", fields)}
	j.variables = append(j.variables, images)
	exempt, err := o.exemptions()
	if err != nil {
		return j, err
	}
	j.variables = append(j.variables, lookup(o.Rules.Table())...)
	result := "moved"
	if !o.DenyExisting {
		specs, fields, err := specsAndFields("oldObject", j.kinds)
		if err != nil {
			return j, err
		}
		j.variables = append(j.variables,
			variable{"oldSpecs", specs},
			variable{"oldImages", imagesOf("variables.oldSpecs", fields)},
			variable{"judged", `variables.moved.map(l, l.filter(m, request.operation != "UPDATE" ||
  !variables.oldImages.exists(o, [m[0], m[1]] in o)))`})
		result = "judged"
	}
	j.variables = append(j.variables, exempt...)
	list := "variables." + result
	j.validations = []validation{{
		Expression: "variables.exempt || " + list + ".all(l, size(l) == 0)",
		Message:    "an image is in a registry that moved; the command regmigrate rules test IMAGE prints its new reference",
		MessageExpression: `[` + list + `.filter(l, size(l) > 0)
  .map(l, l.map(m, m[0] + ": " + m[1] + " must be " + m[2]).join("; ")).join("; ").replace("\n", " ")]
  .map(t, size(t) > ` + fmt.Sprint(maxMessage) + ` ? t.substring(0, ` + fmt.Sprint(maxMessage) + `) + " ..." : t)[0]`,
	}}
	return j, checkLimits(o.Rules.Table(), j.variables)
}

// maxMessage is the maximum number of characters of a message. Kubernetes drops a
// message of more than 5 KiB, and a message with a newline.
// Source: k8s.io/apiserver/pkg/apis/cel/config.go.
const maxMessage = 4000

// ownersVariable holds GROUP/KIND of the owner that controls the object, as a list.
var ownersVariable = variable{"owners", `dyn(object).metadata.?ownerReferences.orValue([])
  .filter(o, o.?controller.orValue(false) == true)
  .map(o, (string(o.apiVersion).contains("/") ? string(o.apiVersion).split("/", 2)[0] : "") + "/" + string(o.kind))`}

// mirrorPod is true for the mirror pod of a static pod. Only nodes make one: others may
// set the annotation, but are not in the group.
const mirrorPod = `variables.resource == "/pods" && "system:nodes" in request.userInfo.?groups.orValue([]) &&
  "kubernetes.io/config.mirror" in dyn(object).metadata.?annotations.orValue({})`

// exemptions returns the variable exempt, and those that it needs.
func (o *Options) exemptions() ([]variable, error) {
	out := []variable{ownersVariable}
	exempt := mirrorPod
	if len(o.ExceptOwners) > 0 {
		exempt += " ||\n  variables.owners.exists(k, k in " + celList(kindNames(o.ExceptOwners)) + ")"
	}
	if !o.DenyExisting {
		controllers, err := o.controllers()
		if err != nil {
			return nil, err
		}
		out = append(out, controllers)
		exempt += ` ||
  variables.owners.exists(k, request.userInfo.?username.orValue("") in variables.controllers[?k].orValue([]))`
	}
	if exempt == mirrorPod {
		out = nil // nothing uses the owners
	}
	return append(out, variable{"exempt", exempt}), nil
}

// joinKinds returns kinds as the header names them.
func joinKinds(kinds []Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.String())
	}
	return strings.Join(out, ", ")
}

// kindNames returns kinds in the form of the variable owners.
func kindNames(kinds []Kind) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Group+"/"+k.Kind)
	}
	return out
}

// managerUser is the user of all controllers of Kubernetes if the controller manager
// runs without --use-service-account-credentials.
const managerUser = "system:kube-controller-manager"

// controllers returns a map from GROUP/KIND to the users that make the objects which an
// object of that kind owns.
func (o *Options) controllers() (variable, error) {
	users := map[string][]string{}
	var kinds []string
	add := func(kind, user string) {
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		if !slices.Contains(users[kind], user) {
			users[kind] = append(users[kind], user)
		}
	}
	groups := map[string]bool{}
	for _, r := range podspec.Workloads() {
		groups[r.Group] = true
		if r.Controller == "" {
			continue
		}
		add(r.Group+"/"+r.Kind, "system:serviceaccount:"+strings.ReplaceAll(r.Controller, "/", ":"))
		if strings.HasPrefix(r.Controller, "kube-system/") {
			add(r.Group+"/"+r.Kind, managerUser)
		}
	}
	for _, k := range o.Kinds {
		groups[k.Group] = true
	}
	for _, c := range o.Controllers {
		if !groups[c.Kind.Group] {
			return variable{}, fmt.Errorf("--controller %s=%s: the policy judges no kind of the group %q, so old images would reach the cluster through such owners\n  judge the kind with --kind, or use --except-owner %s", c.Kind, c.User, c.Kind.Group, c.Kind)
		}
		add(c.Kind.Group+"/"+c.Kind.Kind, c.User)
	}
	var rows []string
	for _, k := range kinds {
		rows = append(rows, fmt.Sprintf("\n  %q: %s", k, celList(users[k])))
	}
	return variable{"controllers", "{" + strings.Join(rows, ",") + "\n}"}, nil
}
