package cluster

import (
	"fmt"
	"slices"
	"strings"
)

// An AdviceKind says what advice is for.
type AdviceKind string

// The kinds of advice.
const (
	ActionRequired AdviceKind = "action required"
	Information    AdviceKind = "note"
)

// An Advice is text for a person. It never changes an exit code.
type Advice struct {
	Kind   AdviceKind
	Object string // what it is about; "" for the cluster
	Text   string
}

// publicHosts are registries that serve images without a login.
var publicHosts = []string{"docker.io", "registry.k8s.io", "quay.io", "gcr.io", "ghcr.io", "mcr.microsoft.com", "public.ecr.aws", "registry.gitlab.com"}

// AdviseOperators returns advice about pods that operators make.
func AdviseOperators(images []Image) []Advice {
	var out []Advice
	for _, x := range OperatedUses(images) {
		out = append(out, Advice{ActionRequired, strings.TrimPrefix(x.Context+": "+x.Owner.String(), ": "),
			fmt.Sprintf("its operator makes pods with %s: change the custom resource or the settings of the operator; do not mutate these pods, the operator may undo it or make them again and again", strings.Join(x.Images, ", "))})
	}
	return out
}

// Advise returns advice about images that a rule moves, and about images that did not
// arrive at a node.
func Advise(images []Image) []Advice {
	var out []Advice
	secrets := map[string][]string{}   // new registry -> owners without a pull secret
	otherHost := map[string][]string{} // new registry -> owners with pull secrets
	never := map[string][]string{}     // new registry -> owners whose policy is Never
	cached := 0
	for i := range images {
		m := &images[i]
		host, _, _ := strings.Cut(m.New, "/")
		for k := range m.Uses {
			u := &m.Uses[k]
			owner := strings.TrimPrefix(u.Context+": "+u.Owner.String(), ": ")
			if u.Waiting > 0 {
				text := fmt.Sprintf("%s of %d pods did not get the image %s (%s)", fmt.Sprint(u.Waiting), u.Pods, m.Ref, u.Reason)
				if u.Waiting < u.Pods {
					text += "; the others run from images that their nodes hold, which hides that it is missing"
				}
				out = append(out, Advice{ActionRequired, owner, text})
			}
			if m.New == "" || !u.State.Gates() {
				continue
			}
			switch {
			case host == m.Registry || !isHost(host):
			case len(u.PullSecrets) > 0:
				add(otherHost, host, owner)
			case !slices.Contains(publicHosts, host):
				add(secrets, host, owner)
			}
			if u.PullPolicy == "Never" {
				add(never, host, owner)
			}
			if u.PullPolicy == "IfNotPresent" && u.Pods > 0 {
				cached++
			}
		}
	}
	for _, x := range []struct {
		owners map[string][]string
		kind   AdviceKind
		text   string
	}{
		{secrets, ActionRequired, "has no pull secret: if %s needs a login, add one, or let the nodes log in"},
		{otherHost, ActionRequired, "has pull secrets: check that one is for %s"},
		{never, ActionRequired, "has imagePullPolicy Never: put the image on the nodes under its new name, on %s, before it moves"},
	} {
		for _, host := range sortedKeys(x.owners) {
			all := x.owners[host]
			out = append(out, Advice{x.kind, firstOwners(all), fmt.Sprintf(x.text, host)})
		}
	}
	if cached > 0 {
		out = append(out, Advice{Information, "", fmt.Sprintf("%d uses of images to move have imagePullPolicy IfNotPresent: nodes that hold the old image do not show that it is missing; regmigrate registry check shows it", cached)})
	}
	return append(out, adviseCatalogue(images)...)
}

// isHost reports whether the first component of a reference is a registry.
func isHost(s string) bool { return strings.ContainsAny(s, ".:") || s == "localhost" }

func add(to map[string][]string, key, value string) {
	if !slices.Contains(to[key], value) {
		to[key] = append(to[key], value)
	}
}

// adviseCatalogue returns the entries of the catalogue of renamed and removed images.
func adviseCatalogue(images []Image) []Advice {
	var out []Advice
	for i := range images {
		for _, a := range images[i].Advice {
			out = append(out, Advice{Information, images[i].Ref, a.Text})
		}
	}
	return out
}

const maxNamedOwners = 3

func firstOwners(all []string) string {
	slices.Sort(all)
	if len(all) <= maxNamedOwners+1 {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:maxNamedOwners], ", ") + fmt.Sprintf(" and %d more", len(all)-maxNamedOwners)
}
