package rules

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// plainHost returns a host in lower case and without the port of https.
func plainHost(host string) string {
	return image.CanonicalHost(strings.TrimSuffix(strings.ToLower(host), ":443"))
}

// sameHost reports whether two hosts are spellings of one registry.
func sameHost(a, b string) bool { return plainHost(a) == plainHost(b) }

// keptReason returns why the mirror does not move host, or "" if it does.
func (m *Mirror) keptReason(host string) string {
	for _, k := range m.Keep {
		if p, err := parseRulePrefix(k); err == nil && sameHost(p.host, host) && p.path == "" {
			return "keep"
		}
	}
	if m.isTarget(host) {
		return "the mirror itself"
	}
	if reason := localReason(host); reason != "" {
		return reason
	}
	if _, named := m.Names[host]; !named && m.layout.unnamed == keepOthers {
		return "the mirror has no images of this registry"
	}
	return ""
}

// isTarget reports whether host is the host of the mirror, or one of its hosts if each
// registry has one.
func (m *Mirror) isTarget(host string) bool {
	pattern, _, _ := strings.Cut(m.To, "/")
	before, after, hasName := strings.Cut(pattern, registryPlaceholder)
	if !hasName {
		return sameHost(pattern, host)
	}
	name, ok := strings.CutPrefix(plainHost(host), strings.ToLower(before))
	if !ok {
		return false
	}
	name, ok = strings.CutSuffix(name, plainHost(after))
	return ok && m.isName(name)
}

// isName reports whether name may be the name of a registry under the mirror.
func (m *Mirror) isName(name string) bool {
	for _, n := range m.Names {
		if n == name {
			return true
		}
	}
	return m.layout.unnamed == useHost && strings.Contains(name, ".") && validHost(name)
}

// portRE matches the port in the name that a host has without another one.
var portRE = regexp.MustCompile(`-([0-9]{1,5})$`)

// RegistryOf returns the registry of a reference on the mirror: quay.io of
// harbor.example.com/proxy/quay.io/acme/app. It returns false if the reference is not on the
// mirror, if its name does not say the registry, and if each registry has its own host.
func (m *Mirror) RegistryOf(ref string) (string, bool) {
	before, _, _ := strings.Cut(m.To, registryPlaceholder)
	host, path, ok := strings.Cut(before, "/")
	refHost, rest, hasPath := strings.Cut(ref, "/")
	if !ok || !hasPath || !sameHost(host, refHost) {
		return "", false
	}
	if rest, ok = strings.CutPrefix(rest, path); !ok {
		return "", false
	}
	for h, name := range m.Names {
		if strings.HasPrefix(rest, name+"/") {
			return h, true
		}
	}
	name, _, ok := strings.Cut(rest, "/")
	name = portRE.ReplaceAllString(name, ":$1") // no top-level domain ends with a number
	return name, ok && m.layout.unnamed == useHost && image.IsHost(name)
}

// localReason returns why a mirror cannot reach the registry host, or "".
func localReason(host string) string {
	name, _, hasPort := cutPort(strings.ToLower(host))
	plain := strings.Trim(name, "[]")
	if _, err := netip.ParseAddr(plain); err == nil {
		return "an address"
	}
	switch {
	case name == "localhost" || strings.HasSuffix(name, ".localhost"):
		return "this machine"
	case hasPort && !strings.Contains(name, "."):
		return "a host of the local network"
	case strings.HasSuffix(name, ".docker.internal"), strings.HasPrefix(name, "host.") && strings.HasSuffix(name, ".internal"):
		return "this machine"
	case strings.HasSuffix(name, ".local"), strings.HasSuffix(name, ".svc"):
		return "a host of the cluster or of the local network"
	}
	return ""
}
