package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// stepInputs are the keys of the inputs of a step of a CI system, and
// stepVariables those of its variables.
var (
	stepInputs    = set("with", "inputs", "settings")
	stepVariables = set("env", "environment", "variables")
)

// registryWords are parts of the names of credentials that are those of a
// registry: REGISTRY_TOKEN, docker-password.
var registryWords = []string{"registry", "docker", "image", "container", "hub", "ghcr", "quay", "oci", "push", "publish", "harbor", "artifactory", "nexus"}

// A credentialKeysFound says which credentials a mapping has.
type credentialKeysFound struct{ user, password, named bool }

// credentialsIn returns the credentials in the mapping n. With anyName, every
// name that ends like one counts, else those of registries and those without a
// prefix.
func credentialsIn(n *syntax.Node, anyName bool) credentialKeysFound {
	var out credentialKeysFound
	for i := 0; i+1 < len(n.Children); i += 2 {
		key := fold(n.Children[i].Value)
		for _, s := range []string{"username", "user", "login", "password", "passwd", "pass", "token"} {
			prefix, ok := strings.CutSuffix(key, s)
			named := hasPart(prefix, registryWords)
			if !ok || prefix != "" && !named && (!anyName || s == "pass") {
				continue
			}
			if s == "username" || s == "user" || s == "login" {
				out.user = true
			} else {
				out.password, out.named = true, out.named || named
			}
			break
		}
	}
	return out
}

func hasPart(s string, parts []string) bool {
	for _, x := range parts {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}

// and returns the credentials of c and b together.
func (c credentialKeysFound) and(b credentialKeysFound) credentialKeysFound {
	return credentialKeysFound{c.user || b.user, c.password || b.password, c.named || b.named}
}

// stepCredentials returns the credentials that a step passes to the plugin with
// the settings f in other places: a list of logins, secrets, and variables.
// Sources: https://plugins.drone.io/plugins/docker,
// https://woodpecker-ci.org/plugins/docker-buildx
func stepCredentials(f *frame) credentialKeysFound {
	var out credentialKeysFound
	if logins := f.node.Field("logins"); logins != nil {
		for _, item := range logins.Children {
			if item.Kind == syntax.Mapping {
				out = out.and(credentialsIn(item, true))
			}
		}
	}
	if f.up == nil || f.up.node == nil || f.up.node.Kind != syntax.Mapping {
		return out
	}
	out = out.and(secretCredentials(f.up.node))
	for key := range stepVariables {
		if v := f.up.node.Field(key); v != nil && v.Kind == syntax.Mapping {
			out = out.and(credentialsIn(v, false))
		}
	}
	return out
}

// secretCredentials returns the credentials among the names of the secrets that
// the step n gets. A job that calls a workflow has a mapping of secrets, or passes all
// of its own.
// Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idsecrets
func secretCredentials(n *syntax.Node) credentialKeysFound {
	secrets := n.Field("secrets")
	switch {
	case secrets == nil:
		return credentialKeysFound{}
	case secrets.Kind == syntax.Mapping:
		return credentialsIn(secrets, false)
	case secrets.Kind == syntax.Scalar:
		return credentialKeysFound{password: secrets.Value == "inherit"}
	}
	names := &syntax.Node{Kind: syntax.Mapping}
	for _, item := range secrets.Children {
		name := item
		if item.Kind == syntax.Mapping {
			if name = item.Field("target"); name == nil {
				continue
			}
		}
		names.Children = append(names.Children, name, name)
	}
	return credentialsIn(names, false)
}

// isPluginStep reports whether n is a step of an old version of Drone, which has
// the settings of its plugin next to the plugin's image.
// Source: https://0-8-0.docs.drone.io/getting-started/
func isPluginStep(n *syntax.Node) bool {
	return n.Str("image") != "" && n.Str("repo") != ""
}

// isLogin reports whether the mapping n has credentials of a registry: a user
// name and a password, or a password or token that is named after a registry.
func isLogin(n *syntax.Node) bool {
	c := credentialsIn(n, false)
	return c.user && c.password || c.named
}
