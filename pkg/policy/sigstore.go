package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

type (
	imagePolicySpec struct {
		Mode        string      `yaml:"mode"`
		Images      []glob      `yaml:"images"`
		Authorities []authority `yaml:"authorities"`
	}
	glob struct {
		Glob string `yaml:"glob"`
	}
	authority struct {
		Name   string `yaml:"name"`
		Static static `yaml:"static"`
	}
	static struct {
		Action  string `yaml:"action"`
		Message string `yaml:"message"`
	}
)

// makeImagePolicy makes a ClusterImagePolicy of sigstore's policy-controller. It has no
// signatures: its authority fails for every image that a glob matches.
func makeImagePolicy(o *Options) (output, error) {
	if err := o.checkImagePolicy(); err != nil {
		return output{}, err
	}
	globs, err := globsOf(o.Rules.Table())
	if err != nil {
		return output{}, err
	}
	spec := imagePolicySpec{
		Mode:        "warn",
		Authorities: []authority{{"moved", static{"fail", "the image is in a registry that moved; the command regmigrate rules test IMAGE prints its new reference"}}},
	}
	action := "mode: warn: it warns."
	if slices.Contains(o.Actions, "deny") {
		spec.Mode, action = "enforce", "mode: enforce: it does not accept old images."
	}
	for _, g := range globs {
		spec.Images = append(spec.Images, glob{g})
	}
	return output{
		notes: []string{
			"sigstore policy-controller with policy.sigstore.dev/v1beta1. " + action,
			"The policy-controller decides what it judges: pods and the workloads of Kubernetes in namespaces with the label policy.sigstore.dev/include=true, and in them containers, init containers and ephemeral containers, but no image volumes. It judges objects that were in the cluster before when they change, and new pods of old workloads.",
			"The policy-controller replaces tags with digests first, and asks the old registry for them. It does not accept an image without a digest, also with mode: warn, nor, by default, an image that no policy matches (no-match-policy in the ConfigMap config-policy-controller).",
		},
		objects: []object{{"policy.sigstore.dev/v1beta1", "ClusterImagePolicy", metadata{Name: o.Name}, spec}},
	}, nil
}

// checkImagePolicy returns an error for options that a ClusterImagePolicy does not have.
func (o *Options) checkImagePolicy() error {
	const use = "\n  use the engine vap"
	isDeny := slices.Contains(o.Actions, "deny")
	switch {
	case slices.Contains(o.Actions, "audit"):
		return errors.New("--action: a ClusterImagePolicy does not audit: expected warn or deny" + use)
	case isDeny && !o.DenyExisting:
		return errors.New("--action deny: the policy-controller judges new pods of workloads that were in the cluster before, too, so that --existing allow is not possible\n  use --existing deny as well, or the engine vap")
	case !isDeny && o.DenyExisting:
		return errors.New("--existing deny: the policy denies nothing without --action deny" + use)
	case len(o.ExceptSpaces) > 0:
		return errors.New("--except-namespace: the policy-controller judges namespaces with the label policy.sigstore.dev/include=true only\n  remove the flag, and the label of the namespace")
	case len(o.ExceptOwners) > 0:
		return errors.New("--except-owner: the policy-controller does not know owners" + use)
	case len(o.Kinds) > 0:
		return errors.New("--kind: the policy-controller judges its own list of kinds" + use)
	case len(o.Controllers) > 0:
		return errors.New("--controller: the policy-controller does not know who makes an object" + use)
	case o.Kubernetes != Version{}:
		return errors.New("--min-kubernetes: the policy-controller evaluates the policy, in all versions of Kubernetes that it supports\n  remove the flag")
	}
	return nil
}

// sigstoreHub is the host of Docker Hub in the names that globs are compared with.
const sigstoreHub = "index.docker.io"

// globsOf returns globs that match exactly the references that the table moves. It
// returns an error that names a rule if no globs do.
//
// The policy-controller compares a glob with the whole name of an image, which has a
// registry, library/ on Docker Hub, and either a tag or a digest. In a glob, * stands for
// everything but a slash, and ** for everything.
// Source: github.com/sigstore/policy-controller, pkg/apis/glob/glob.go, and ParseReference
// of github.com/google/go-containerregistry/pkg/name.
func globsOf(t *rules.Table) ([]string, error) {
	var out []string
	add := func(globs ...string) {
		for _, g := range globs {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	for _, host := range t.Hosts() {
		rows := t.Rows(host)
		name := host
		if host == "" || host == image.DockerHub {
			name = sigstoreHub
		}
		if name == sigstoreHub && !sameRows(rows, t.Rows(sigstoreHub)) {
			return nil, fmt.Errorf("the rule %s: it decides differently about the names of Docker Hub, and for the policy-controller these are the same name\n  use the engine vap", ruleOf(rows))
		}
		for i := range rows {
			r := &rows[i]
			if r.To == "" {
				continue
			}
			if err := checkRow(host, r); err != nil {
				return nil, err
			}
			for _, kept := range rows {
				if kept.To == "" && overlap(r, &kept) {
					return nil, fmt.Errorf("the rule %s: it keeps %s, and a ClusterImagePolicy has no exceptions\n  use the engine vap", r.Rule.From, keptName(host, &kept))
				}
			}
			add(rowGlobs(name, r)...)
		}
	}
	return out, nil
}

// ruleOf returns the prefix of the first rule of rows.
func ruleOf(rows []rules.Row) string {
	for _, r := range rows {
		if r.Rule != nil {
			return r.Rule.From
		}
	}
	return image.DockerHub
}

func keptName(host string, kept *rules.Row) string {
	if kept.Keep != "" {
		return kept.Keep
	}
	return strings.Trim(host+"/"+kept.From, "/")
}

// sameRows reports whether rows apply to the same paths with the same decision to move.
func sameRows(a, b []rules.Row) bool {
	return slices.EqualFunc(a, b, func(x, y rules.Row) bool {
		return x.From == y.From && x.Mode == y.Mode && (x.To == "") == (y.To == "")
	})
}

// checkRow returns an error for a row whose names the policy-controller reads in another
// way: a registry has a dot or a colon, and everything else is on Docker Hub.
func checkRow(host string, r *rules.Row) error {
	first, _, _ := strings.Cut(r.From, "/")
	switch {
	case host != "" && !strings.ContainsAny(host, ".:"):
		return fmt.Errorf("the rule %s: the policy-controller reads %s/NAME as an image of Docker Hub\n  use the engine vap", r.Rule.From, host)
	case isHub(host) && host != "registry-1.docker.io" && (first == "" || first == "localhost"):
		return fmt.Errorf("the rule %s: the policy-controller reads localhost/NAME as an image of Docker Hub, so that a glob for all of Docker Hub matches it too\n  use rules for parts of Docker Hub, or the engine vap", r.Rule.From)
	case isHub(host) && r.From == "library" && r.Mode != rules.Exactly:
		return fmt.Errorf("the rule %s: the policy-controller reads a registry without a name, such as gcr.io, as an image in library\n  use rules for single images, or the engine vap", r.Rule.From)
	}
	return nil
}

func isHub(host string) bool { return slices.Contains(rules.HubHosts(), host) }

// rowGlobs returns globs for the names on host to which the row r applies.
func rowGlobs(host string, r *rules.Row) []string {
	prefix := host
	if r.From != "" {
		prefix += "/" + r.From
	}
	var out []string
	isExact := r.Mode == rules.AtOrBelow || r.Mode == rules.Exactly
	if isExact && r.From != "" && (!isHub(host) || strings.Contains(r.From, "/")) {
		out = append(out, prefix+":**", prefix+"@**")
	}
	switch r.Mode {
	case rules.AtOrBelow, rules.Below:
		out = append(out, prefix+"/**")
	case rules.ChildrenOf:
		out = append(out, prefix+"/*")
	}
	if !isHub(host) || host == sigstoreHub {
		return out
	}
	// On this host, the policy-controller does not add library/ to a single name.
	if name, ok := strings.CutPrefix(r.From, "library/"); ok && isExact && !strings.Contains(name, "/") {
		out = append(out, host+"/"+name+":**", host+"/"+name+"@**")
	}
	return out
}

// overlap reports whether a path exists to which both rows apply.
func overlap(a, b *rules.Row) bool {
	if len(a.From) > len(b.From) {
		a, b = b, a
	}
	rest, isBelow := strings.CutPrefix(b.From, a.From)
	switch {
	case a.From == b.From:
		return (a.Mode != rules.Exactly || b.Mode == rules.AtOrBelow || b.Mode == rules.Exactly) &&
			(b.Mode != rules.Exactly || a.Mode == rules.AtOrBelow || a.Mode == rules.Exactly)
	case !isBelow || a.From != "" && rest[0] != '/' || a.Mode == rules.Exactly:
		return false
	case a.Mode == rules.ChildrenOf:
		isChild := !strings.Contains(strings.TrimPrefix(rest, "/"), "/")
		return isChild && (b.Mode == rules.AtOrBelow || b.Mode == rules.Exactly)
	}
	return true
}
