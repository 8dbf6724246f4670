package format

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A PushedName is an image that commands push to a registry after they log in to
// it, or this registry. It is not changed: the login is not changed either, and a
// push to another registry would fail.
type PushedName struct {
	Host  string
	Spans []edit.Span // in the file, where the name is written
}

// loginTools are the tools with a subcommand `login`. Without a registry,
// `docker login` logs in to Docker Hub.
var loginTools = set("docker", "podman", "buildah", "nerdctl", "finch", "skopeo", "crane", "gcrane", "oras", "regctl", "helm", "img")

// pushedNames returns the images that text, a script, pushes to a registry to
// which it logs in, or to one of hosts. Spans are offsets in text.
func pushedNames(text string, hosts ...string) []PushedName {
	if len(text) > maxMappingText || len(hosts) == 0 && !strings.Contains(text, "login") {
		return nil
	}
	commands := commandsOf(text)
	known := newAssignments(text, commands)
	logins := map[string]*PushedName{}
	for _, host := range hosts {
		logins[host] = &PushedName{Host: host}
	}
	for _, words := range commands {
		if host, spans := loginHost(words, known); host != "" {
			if logins[host] == nil {
				logins[host] = &PushedName{Host: host}
			}
			logins[host].Spans = append(logins[host].Spans, spans...)
		}
	}
	if len(logins) == 0 {
		return nil
	}
	pushed := map[string]*PushedName{} // by the name of an image
	known.eachOperand(pushCommands(commands), nil, func(x expansion) {
		if r, err := image.Parse(x.text); err == nil {
			if l := logins[hubHost(r.Domain)]; l != nil {
				pushed[fullName(r)] = l
			}
		}
	})
	known.eachOperand(commands, nil, func(x expansion) {
		if l := pushed[imageName(x.text)]; l != nil {
			l.Spans = append(l.Spans, x.used...)
		}
	})
	var out []PushedName
	for _, l := range logins {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b PushedName) int { return strings.Compare(a.Host, b.Host) })
	return out
}

// eachOperand calls do for every word of the commands that may be an image, with
// each of its values. It leaves out commands that use rejects.
func (a assignments) eachOperand(commands [][]commandWord, use func([]commandWord) bool, do func(expansion)) {
	count := 0
	for _, words := range commands {
		if count > maxCopyMappings || use != nil && !use(words) {
			continue
		}
		for _, o := range operandsOf(words) {
			for _, env := range a.environments([]commandWord{{o.text, o.span}}) {
				x := expand(o.text, env, 0)
				x.text, x.used = trimTransport(x.text), append(x.used, o.span)
				count++
				do(x)
			}
		}
	}
}

// loginHost returns the registry to which the command words log in, and where it
// is written if a variable has its name; "" if words are not a login or the
// registry is not known.
func loginHost(words []commandWord, known assignments) (host string, spans []edit.Span) {
	tool := slices.IndexFunc(words, func(w commandWord) bool { return loginTools[path.Base(strings.TrimLeft(w.text, "@-+"))] })
	if tool < 0 {
		return "", nil
	}
	at := slices.IndexFunc(words[tool:], func(w commandWord) bool { return w.text == "login" })
	if at < 0 {
		return "", nil
	}
	isOpen := false // a word with an unknown variable may be the registry
	for _, w := range words[tool+at+1:] {
		x := expansion{text: w.text}
		if envs := known.environments([]commandWord{w}); len(envs) > 0 {
			x = expand(w.text, envs[0], 0)
		}
		name, _, _ := strings.Cut(x.text, "/")
		switch {
		case strings.HasPrefix(w.text, "-"):
		case image.IsHost(name):
			return hubHost(name), x.used
		case strings.Contains(x.text, "$"):
			isOpen = true
		}
	}
	if isOpen || path.Base(words[tool].text) != "docker" {
		return "", nil
	}
	return image.DockerHub, nil
}

// pushCommands returns the commands that push images. Of commands that copy an
// image, it returns the last word, which is the destination.
func pushCommands(commands [][]commandWord) [][]commandWord {
	var out [][]commandWord
	for _, words := range commands {
		what, rest := copyCommand(words)
		switch {
		case isPushCommand(words):
			out = append(out, words)
		case len(rest) > 0 && !strings.HasSuffix(what, "tag"):
			out = append(out, rest[len(rest)-1:])
		}
	}
	return out
}

// isPushCommand reports whether words push an image: docker push, or a build with
// --push or --destination.
func isPushCommand(words []commandWord) bool {
	return slices.ContainsFunc(words, func(w commandWord) bool {
		name, value, _ := strings.Cut(w.text, "=")
		return name == "push" || name == "--destination" || name == "--push" && value != "false"
	})
}

// scriptPushes records what the scripts of the file push to registries to which
// they log in. The logins also count for the steps of the same job.
func (d *detector) scriptPushes() {
	for _, g := range d.scripts {
		s := g.script()
		var hosts []string
		for _, l := range d.logins {
			if l.job == g.node {
				hosts = append(hosts, l.host)
			}
		}
		for _, p := range pushedNames(s.text.String(), hosts...) {
			d.logins = append(d.logins, login{g.node, p.Host})
			kept := PushedName{Host: p.Host}
			for _, x := range p.Spans {
				if span, ok := s.toFile.Enclosing(x.Start, x.End); ok {
					kept.Spans = append(kept.Spans, span)
				}
			}
			d.out.Pushed = append(d.out.Pushed, kept)
		}
	}
}
