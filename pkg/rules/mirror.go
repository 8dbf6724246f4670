package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// AnyRegistry is the From of a rule that is a mirror: *.
const AnyRegistry = "*"

// The placeholders in the target of a mirror.
const (
	registryPlaceholder = "{registry}"
	pathPlaceholder     = "{path}"
)

// A Mirror is a registry in front of all others: a proxy that caches their images. It
// is no [Rule], because it does not say which registries it moves. [Mirror.Rules]
// returns its rules for the registries that the caller has found.
type Mirror struct {
	Name string // where the mirror comes from, for messages and reports

	// To is host[:port][/path]/{registry}/{path}. The text {registry} may also be a
	// part of a component, and it may be in the host.
	To string

	// Names replace registries in To: docker.io: hub. A key is a canonical host.
	Names map[string]string

	// Keep lists registries, and prefixes under registries, that do not move.
	Keep []string

	// Doc, Source and Date are those of the rules.
	Doc, Source, Date string

	layout layout
}

// A KeptRegistry is a registry that a mirror does not move, and the reason.
type KeptRegistry struct{ Host, Reason string }

// An UnnamedError says that a mirror needs names for registries, and has none.
type UnnamedError struct {
	Mirror string   // the name of the mirror
	Hosts  []string // sorted
}

func (e *UnnamedError) Error() string {
	return fmt.Sprintf("the mirror (%s) has no name for %s", e.Mirror, strings.Join(e.Hosts, ", "))
}

// mirrorExample is the second line of errors about --mirror.
const mirrorExample = "\n  for example: --mirror harbor.example.com/proxy"

// ParseMirrorFlag parses the value of --mirror, [LAYOUT:]TARGET, and the values of
// --mirror-name, REGISTRY=NAME. TARGET is host[:port][/path], or the whole text with
// {registry} and {path}. Its errors name the flag and show an example on a second line.
func ParseMirrorFlag(target string, names []string) (*Mirror, error) {
	m := &Mirror{Name: "--mirror", Names: map[string]string{}}
	for _, text := range names {
		host, name, ok := strings.Cut(text, "=")
		if !ok || host == "" || name == "" {
			return nil, fmt.Errorf("--mirror-name %q: expected REGISTRY=NAME\n  for example: --mirror-name docker.io=hub", text)
		}
		if err := m.setName(host, name); err != nil {
			return nil, fmt.Errorf("--mirror-name %q: %w", text, err)
		}
	}
	if err := m.setTarget(target); err != nil {
		return nil, fmt.Errorf("--mirror %q: %w"+mirrorExample, target, err)
	}
	return m, nil
}

// setName adds a name for a registry.
func (m *Mirror) setName(host, name string) error {
	p, err := parsePrefix(host)
	if err != nil {
		return err
	}
	if p.isURL() || p.path != "" {
		return fmt.Errorf("%q: expected a registry without a path, such as %s", host, dockerHub)
	}
	if _, err := parsePrefix("mirror.example/" + name); err != nil {
		return fmt.Errorf("the name %q: expected components of a path, such as hub or proxies/hub", name)
	}
	if old, ok := m.Names[p.host]; ok && old != name {
		return fmt.Errorf("%s has two names, %q and %q; remove one of them", p.host, old, name)
	}
	m.Names[p.host] = name
	return nil
}

// setTarget sets To, after the names have been set.
func (m *Mirror) setTarget(text string) error {
	m.layout = defaultLayout
	if name, rest, ok := strings.Cut(text, ":"); ok && !strings.ContainsAny(name, "./{[") && !startsWithPort(rest) && !strings.HasPrefix(rest, "//") {
		l, err := loadLayout(name)
		if err != nil {
			return err
		}
		if rest == "" {
			return fmt.Errorf("expected a registry after the layout %s", name)
		}
		m.layout, text = l, rest
		m.Source = cmp.Or(m.Source, l.Source)
	}
	m.To = strings.TrimSuffix(text, "/")
	if !strings.ContainsAny(text, "{}") {
		if _, err := parsePrefix(text); err != nil {
			return err
		}
		m.To = strings.ReplaceAll(m.layout.to, "{target}", m.To)
	}
	switch {
	case !strings.HasSuffix(m.To, "/"+pathPlaceholder) || strings.Count(m.To, pathPlaceholder) > 1:
		return fmt.Errorf("expected one %s, at the end", pathPlaceholder)
	case strings.Count(m.To, registryPlaceholder) != 1:
		return fmt.Errorf("expected one %s: without it, images of different registries would get the same name", registryPlaceholder)
	}
	if strings.HasPrefix(m.To, registryPlaceholder+"/") {
		return fmt.Errorf("expected a host, or a domain after %s", registryPlaceholder)
	}
	if m.layout.needsPath && strings.Count(text, "/") < 1 {
		return fmt.Errorf("expected a path after the host: %s", m.layout.Doc)
	}
	to, err := parsePrefix(m.target("a.example"))
	if err != nil {
		return err
	}
	if to.isURL() {
		return fmt.Errorf("expected a registry, without a scheme")
	}
	for host, name := range m.layout.names {
		if _, ok := m.Names[host]; !ok {
			m.Names[host] = name
		}
	}
	return nil
}

// startsWithPort reports whether text, which follows the first colon of a target, begins
// with a port and is not the target of a layout.
func startsWithPort(text string) bool {
	port, _, _ := strings.Cut(text, "/")
	return isDigits(port)
}

// target returns the prefix of the images of the registry called name.
func (m *Mirror) target(name string) string {
	return strings.TrimSuffix(strings.Replace(m.To, registryPlaceholder, name, 1), "/"+pathPlaceholder)
}

// WellKnownRegistries are the registries that a mirror moves even if no file spells them
// out, because a template may print them. They need no names: see [Mirror.NamesAll].
var WellKnownRegistries = [...]string{"docker.io", "gcr.io", "ghcr.io", "k8s.gcr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io", "registry.gitlab.com", "registry.k8s.io"}

// NamesAll reports whether the mirror has a name for every registry.
func (m *Mirror) NamesAll() bool { return m.layout.unnamed == useHost || m.layout.unnamed == useDashes }

// NamedRegistries returns the canonical hosts that have names, sorted. If there are
// any, [Mirror.Rules] needs no other hosts.
func (m *Mirror) NamedRegistries() []string { return slices.Sorted(maps.Keys(m.Names)) }

// Rules returns one rule for each of hosts that moves, sorted by host, and the hosts that
// do not move. hosts are hosts as written in references, with their ports, in any order.
// The error is an [*UnnamedError] if a registry needs a name and has none; otherwise it says
// that two registries would get the same name, or which target is no valid prefix.
func (m *Mirror) Rules(hosts []string) ([]Rule, []KeptRegistry, error) {
	var (
		out     []Rule
		kept    []KeptRegistry
		unnamed []string
		targets = map[string]string{} // by target, the host
	)
	for _, host := range canonicalHosts(hosts) {
		if reason := m.keptReason(host); reason != "" {
			kept = append(kept, KeptRegistry{host, reason})
			continue
		}
		name, ok := m.nameOf(host)
		if !ok {
			unnamed = append(unnamed, host)
			continue
		}
		r := Rule{Name: m.Name, From: host, PullOnly: true, To: m.target(name), Keep: m.keepUnder(host), Doc: m.Doc, Source: m.Source, Date: m.Date}
		if _, err := parseRule(r); err != nil {
			return nil, nil, fmt.Errorf("the mirror of %s: %w\n  give the registry a name: --mirror-name %s=NAME, or the key names in the configuration", host, err, host)
		}
		for to, other := range targets {
			if sameHost(other, host) {
				continue // one registry in two spellings
			}
			if to == r.To || strings.HasPrefix(to, r.To+"/") || strings.HasPrefix(r.To, to+"/") {
				return nil, nil, fmt.Errorf("the mirror moves %s to %s and %s to %s, so that different images get the same name; expected names of which none contains another", min(host, other), m.targetOf(min(host, other)), max(host, other), m.targetOf(max(host, other)))
			}
		}
		if other, ok := targets[r.To]; !ok || !sameHost(other, host) {
			targets[r.To] = host
		}
		out = append(out, r)
	}
	if len(unnamed) > 0 {
		return nil, nil, &UnnamedError{m.Name, unnamed}
	}
	return out, kept, nil
}

// targetOf returns the target of a host that has a name.
func (m *Mirror) targetOf(host string) string {
	name, _ := m.nameOf(host)
	return m.target(name)
}

// canonicalHosts returns the distinct canonical hosts of hosts, sorted.
func canonicalHosts(hosts []string) []string {
	out := make([]string, 0, len(hosts))
	for _, h := range hosts {
		out = append(out, image.CanonicalHost(h))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nameOf returns the name of a registry under the mirror.
func (m *Mirror) nameOf(host string) (string, bool) {
	for _, h := range []string{host, plainHost(host)} {
		if name, ok := m.Names[h]; ok {
			return name, true
		}
	}
	host = plainHost(host)
	switch m.layout.unnamed {
	case useHost:
		return strings.ReplaceAll(host, ":", "-"), true
	case useDashes:
		return strings.NewReplacer(".", "-", ":", "-").Replace(host), true
	}
	return "", false
}

// keepUnder returns the entries of Keep that are on host and have a path.
func (m *Mirror) keepUnder(host string) []string {
	var out []string
	for _, k := range m.Keep {
		if p, err := parseRulePrefix(k); err == nil && sameHost(p.host, host) && p.path != "" {
			out = append(out, host+"/"+p.path)
		}
	}
	return out
}
