package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// isPublishing reports whether the mapping at f, whose references are refs, holds
// the inputs or variables of a step that logs in to a registry, and so pushes to
// it.
func isPublishing(f *frame, refs map[string]*splitReference) bool {
	switch key := fold(f.key); {
	case f.object != nil:
		return false
	case isPluginStep(f.node):
		c := credentialsIn(f.node, false).and(secretCredentials(f.node))
		return c.password && c.user
	case f.item:
		return false
	case stepInputs[key]:
		c := credentialsIn(f.node, true).and(stepCredentials(f))
		return c.password && (c.user || hasRegistry(refs))
	case stepVariables[key]:
		return isLogin(f.node)
	}
	return false
}

func hasRegistry(refs map[string]*splitReference) bool {
	for _, r := range refs {
		if r.registry != nil {
			return true
		}
	}
	return false
}

// publishNote explains why the names of a step that publishes are kept.
const publishNote = "the step logs in to the registry and pushes to it"

// publishing adds the references of a step that publishes. They are kept, and
// so are the values of the keys that name what is pushed.
func (d *detector) publishing(f *frame, refs map[string]*splitReference, order []string) map[*syntax.Node]bool {
	read := map[*syntax.Node]bool{}
	first := len(d.out.Occurrences)
	isPlugin := isPluginStep(f.node) // its image is pulled
	for _, prefix := range order {
		if isPlugin {
			break
		}
		for _, n := range d.join(f, refs[prefix]) {
			read[n] = true
		}
	}
	for i := first; i < len(d.out.Occurrences); i++ {
		d.out.Occurrences[i].Keep, d.out.Occurrences[i].Note = Credentials, publishNote
	}
	for i := 0; i+1 < len(f.node.Children); i += 2 {
		key := f.node.Children[i].Value
		if v := f.node.Children[i+1].Resolve(); isPushKey(key) && !(isPlugin && (key == "image" || key == "name")) && v.Kind == syntax.Scalar && !read[v] {
			d.contexts(f, v, Context{Reason: Credentials, Note: publishNote})
			read[v] = true
		}
	}
	return read
}

// isPushKey reports whether key names what a step pushes, or where to.
func isPushKey(key string) bool {
	role, _ := keyPart(key)
	k := fold(key)
	return role == registryPart || role == repositoryPart || role == namePart || k == "tags" || k == "images" || k == "destination" || k == "target"
}

// A login is a step that logs in to a registry.
type login struct {
	job  *syntax.Node
	host string
}

// noteLogins records the registries that the mapping at f logs in to: Docker Hub
// if it names none.
func (d *detector) noteLogins(f *frame, refs map[string]*splitReference, order []string) {
	job := jobOf(f).node
	found := false
	for _, prefix := range order {
		if r := refs[prefix].registry; r != nil {
			value := r.Value
			if isVariable(value) {
				value = d.loginVariable(f, value)
			}
			host, _, _ := strings.Cut(trimTransport(value), "/")
			d.logins = append(d.logins, login{job, hubHost(host)})
			found = true
		}
	}
	if !found && stepInputs[fold(f.key)] {
		d.logins = append(d.logins, login{job, image.DockerHub})
	}
}

// loginVariable returns the value of the variable that a login at f uses as its
// registry, "" if it is not known. The value is then not changed.
func (d *detector) loginVariable(f *frame, variable string) string {
	name, _, _ := variableName(variable)
	for g := f.up; g != nil && g.node != nil; g = g.up {
		for key := range stepVariables {
			if v := g.node.Field(key).Field(name); v != nil && v.Kind == syntax.Scalar {
				if d.loginValues == nil {
					d.loginValues = map[edit.Span]string{}
				}
				d.loginValues[v.Span] = v.Value
				return v.Value
			}
		}
	}
	return ""
}

// loneRegistry returns the registry among refs that has no repository and no
// image next to it, or nil.
func loneRegistry(refs map[string]*splitReference, order []string) *syntax.Node {
	for _, prefix := range order {
		if r := refs[prefix]; r.registry != nil && r.repository == nil && r.name == nil {
			return r.registry
		}
	}
	return nil
}

// hubHost returns host, or the usual name of Docker Hub.
func hubHost(host string) string {
	if host == "" {
		return image.DockerHub
	}
	return image.CanonicalHost(host)
}
