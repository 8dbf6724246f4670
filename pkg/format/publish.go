package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
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
// the step n gets.
func secretCredentials(n *syntax.Node) credentialKeysFound {
	secrets := n.Field("secrets")
	if secrets == nil || secrets.Kind != syntax.Sequence {
		return credentialKeysFound{}
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

// A buildTags is the list of the names that a build step gives an image.
type buildTags struct {
	job         *syntax.Node
	names       []string
	spans       []edit.Span
	occurrences []int // indexes in the result
}

// A NameSet is a list of names that one image gets. All of them move, or none.
type NameSet struct {
	Names []string
	Spans []edit.Span // of the names in the file
}

// isBuildTags reports whether the value at f is the list of the names that a
// build step gives an image.
// Sources: https://github.com/docker/build-push-action#inputs,
// https://github.com/docker/metadata-action#inputs,
// https://docs.docker.com/reference/compose-file/build/#tags,
// https://docs.docker.com/build/bake/reference/#targettags,
// https://goreleaser.com/customization/docker/
func isBuildTags(f *frame) bool {
	if f.up == nil || f.object != nil || f.item {
		return false
	}
	switch fold(f.key) {
	case "imagetemplates":
		return true
	case "tags", "images":
		return stepInputs[fold(f.up.key)] || f.key == "tags" && (f.up.key == "build" || f.up.up != nil && f.up.up.key == "target")
	}
	return false
}

// buildTags adds the names in the value at f: a list, or a text with a name per
// line or between commas. It returns false if the value has no names.
func (d *detector) buildTags(f *frame) bool {
	b := buildTags{job: jobOf(f).node}
	items := f.node.Children
	if f.node.Kind == syntax.Scalar {
		items = []*syntax.Node{f.node}
	}
	for i, item := range items {
		item = item.Resolve()
		if item.Kind != syntax.Scalar || d.pieces[item] {
			continue
		}
		g := f
		if item != f.node {
			g = f.below(item)
			g.item, g.index = true, i
		}
		for _, at := range tagNames(item.Value) {
			if f.key != "tags" || isTagName(item.Value[at.Start:at.End], f.up.node) {
				d.buildTag(&b, g, at)
			}
		}
	}
	if len(b.occurrences) == 0 {
		return false
	}
	d.builds = append(d.builds, b)
	d.out.NameSets = append(d.out.NameSets, NameSet{b.names, b.spans})
	for _, item := range items {
		g := f.below(item.Resolve())
		for _, i := range d.marksIn(g.node.Span) {
			if !d.explained[i] {
				d.recordReason(i, imageContext(g, d.in.Marks[i]))
			}
		}
	}
	return true
}

// isTagName reports whether text, an entry of the key `tags` of the mapping step,
// is the name of an image. If another key has the name, the entry is a tag alone:
// repo: acme/app, tags: [latest].
func isTagName(text string, step *syntax.Node) bool {
	for i := 0; i+1 < len(step.Children); i += 2 {
		if role, _ := keyPart(step.Children[i].Value); role == repositoryPart {
			return strings.Contains(text, "/")
		}
	}
	return strings.ContainsAny(text, "/:")
}

// buildTag adds the name at the bytes at of the scalar at f to b.
func (d *detector) buildTag(b *buildTags, f *frame, at edit.Span) {
	text := f.node.Value[at.Start:at.End]
	b.names = append(b.names, text)
	if !isReference(text) || image.IsHost(text) || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "{{") {
		return
	}
	p := d.part(f.node, at.Start, at.End, Whole, "")
	b.spans = append(b.spans, p.Span)
	b.occurrences = append(b.occurrences, len(d.out.Occurrences))
	d.add(f, Occurrence{Pieces: []Piece{p}, IsImage: true, IsPushed: true})
}

// tagNames returns where the names are in text, one per line or between commas.
// Of name=NAME,enable=true, as in docker/metadata-action, the name counts.
func tagNames(text string) []edit.Span {
	var out []edit.Span
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != ',' && text[end] != '\n' {
			if n := wordVariable(text[end:]); n > 0 {
				end += n
			} else {
				end++
			}
		}
		entry := strings.Trim(text[start:end], " \t\r\"'")
		at := start + strings.Index(text[start:end], entry)
		if name, ok := strings.CutPrefix(entry, "name="); ok {
			at, entry = at+len("name="), name
		}
		if entry != "" && !strings.Contains(entry, "=") {
			out = append(out, edit.Span{Start: at, End: at + len(entry)})
		}
		start = end + 1
	}
	return out
}

// keepPushed keeps the names of build steps whose job logs in to their
// registry: the login is not changed, and a push to another registry would fail.
func (d *detector) keepPushed() {
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		if _, ok := d.loginValues[o.Pieces[0].Span]; ok && o.Keep == "" {
			o.Keep, o.Note = Credentials, publishNote
		}
	}
	for _, b := range d.builds {
		host := ""
		for _, i := range b.occurrences {
			r, _ := image.Parse(d.out.Occurrences[i].Text())
			for _, l := range d.logins {
				if l.job == b.job && l.host == hubHost(r.Domain) {
					host = l.host
				}
			}
		}
		for _, i := range b.occurrences {
			if o := &d.out.Occurrences[i]; host != "" {
				o.Keep, o.Note = Credentials, "the job logs in to "+host+" and pushes to it"
			}
		}
	}
}
