package format

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold returns key in lower case without separators, so that imageRegistry,
// image_registry and IMAGE-REGISTRY are equal. The tables of keys are folded.
func fold(key string) string {
	isFolded := true
	for i := 0; i < len(key) && isFolded; i++ {
		c := key[i]
		isFolded = 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
	}
	if isFolded {
		return key
	}
	var short [64]byte
	if len(key) <= len(short) && isASCII(key) {
		folded := short[:0]
		for i := range len(key) {
			switch c := key[i]; {
			case 'A' <= c && c <= 'Z':
				folded = append(folded, c+'a'-'A')
			case c != '-' && c != '_' && c != '.' && c != ' ':
				folded = append(folded, c)
			}
		}
		return string(folded)
	}
	return strings.Map(func(r rune) rune { // does not copy a key that does not change
		switch r {
		case '-', '_', '.', ' ':
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A keyRole is the part of a reference that the name of a key promises.
type keyRole uint8

const (
	noPart keyRole = iota
	registryPart
	organizationPart
	repositoryPart
	namePart
	tagPart
	digestPart
)

var partSuffixes = []struct {
	suffix string
	part   keyRole
}{
	{"registryhost", registryPart}, {"registryurl", registryPart}, {"registryserver", registryPart}, {"registryprefix", registryPart}, {"imagehub", registryPart},
	{"registry", registryPart},
	{"repository", repositoryPart}, {"repo", repositoryPart},
	{"imagename", namePart}, {"image", namePart},
	{"imagetag", tagPart}, {"tag", tagPart}, {"version", tagPart},
	{"digest", digestPart}, {"sha256", digestPart}, {"sha", digestPart},
}

// keyPart returns the role of key, and the prefix that the keys of one
// reference share in a mapping of several references: "" for `registry`,
// "sidecar" for `sidecarImageRegistry`.
func keyPart(key string) (role keyRole, prefix string) {
	k := fold(key)
	switch k {
	case "hub":
		return registryPart, ""
	case "name":
		return namePart, ""
	case "org", "organization", "organisation", "imageorg", "registryorg", "registrynamespace":
		return organizationPart, ""
	}
	for _, s := range partSuffixes {
		if strings.HasSuffix(k, s.suffix) {
			return s.part, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(k, s.suffix), "image"), "docker")
		}
	}
	if name := strings.TrimRight(k, "0123456789"); name != k && strings.HasSuffix(name, "image") { // image2
		return namePart, strings.TrimSuffix(name, "image") + k[len(name):]
	}
	return noPart, ""
}

// IsRegistryKey reports whether key names a registry: if its value is a host
// alone, images are pulled from that host.
func IsRegistryKey(key string) bool {
	if IsImageRegistryKey(key) {
		return true
	}
	k := fold(key)
	p, _ := keyPart(key)
	return p == registryPart && keptListReason(k) == "" && !hasPrefix(k, formerKeys)
}

// IsImageRegistryKey reports whether key names a registry, and says that it is one
// of images: imageRepository, defaultImageRegistry.
func IsImageRegistryKey(key string) bool {
	k := fold(key)
	if keptListReason(k) != "" || hasPrefix(k, formerKeys) {
		return false
	}
	return slices.ContainsFunc(imageRegistryKeys, func(s string) bool { return strings.HasSuffix(k, s) })
}

var imageRegistryKeys = []string{"imagerepository", "imagerepo", "imageregistry", "imagehub", "imagebase"}

// AreRegistryAndRepository reports whether two keys name the registry and the
// repository of one image: imageRegistry and imageRepository.
func AreRegistryAndRepository(registry, repository string) bool {
	p, of := keyPart(registry)
	q, other := keyPart(repository)
	return p == registryPart && q == repositoryPart && of == other
}

// IsRegistryOf reports whether two keys of one mapping name the registry and the name of
// one image: registry and image.
func IsRegistryOf(registry, name string) bool {
	p, of := keyPart(registry)
	q, other := keyPart(name)
	return p == registryPart && (q == repositoryPart || q == namePart) && of == other
}

// formerKeys are the beginnings of keys for a registry that is no longer used,
// or from which another one copies.
var formerKeys = []string{"old", "legacy", "deprecated", "former", "previous", "source", "upstream"}

// apiKeys are the ends of keys whose values are groups of APIs of Kubernetes, such as
// gateway.networking.k8s.io/v1, which looks like a reference.
var apiKeys = []string{"apiversion", "apiversions", "apigroup", "apigroups"}

// proseKeys are keys whose values are text for people.
var proseKeys = set("description", "message", "msg", "title", "summary", "note", "notes", "comment", "comments", "help", "doc", "docs", "documentation",
	"example", "examples", "longdescription", "shortdescription", "displayname", "text", "body", "tooltip", "subtitle", "usage", "caption", "deprecationmessage", "failuremessage", "hint")

// historyKeys are keys whose values are changelogs.
var historyKeys = set("artifacthubio/changes", "changelog", "releasenotes", "changes")

// pathKeys are the ends of keys whose values are paths of files and folders.
var pathKeys = []string{"path", "paths", "dir", "dirs", "directory", "folder", "file", "files", "filename", "mountpath", "subpath", "workdir", "workingdir"}

// patternKeys are the ends of keys whose values are patterns.
var patternKeys = []string{"pattern", "patterns", "regex", "regexp", "regexes", "glob", "globs", "runifchanged", "skipifonlychanged", "matchexpression"}

// allowKeys are keys of lists of allowed or blocked names.
var allowKeys = set("tofqdns", "matchname", "matchpattern", "allowedregistries", "allowedrepos", "allowedimages", "allowedhosts", "allowlist", "whitelist",
	"noproxy", "trustedregistries", "insecureregistries", "blockedregistries", "deniedregistries", "denylist", "blacklist", "blocklist", "registrysources", "allowedregistriesforimport",
	"admissionwhitelistpatterns", "exemptimages", "exemptedimages", "disallowedregistries", "disallowedrepos")

// mirrorKeys are keys of mirror configurations.
var mirrorKeys = set("mirrors", "registrymirrors", "registrymirror", "containerdregistrymirrors", "dockerregistrymirrors", "mirroredregistries", "imagecontentsources", "imagedigestsources", "imagedigestmirrors",
	"imagetagmirrors", "repositorydigestmirrors", "pullthroughcache")

// credentialKeys are keys of credentials.
var credentialKeys = set("dockerconfigjson", "dockercfg", "auths", "credhelpers", "credentialhelpers", "registrycredentials", "registryauth", "registryauths", "imagepullcredentials", "imagecredentials", "dockerauthconfig")

func set(keys ...string) map[string]bool {
	m := make(map[string]bool, len(keys))
	for _, k := range keys {
		m[k] = true
	}
	return m
}

func hasSuffix(s string, suffixes []string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}

func hasPrefix(s string, prefixes []string) bool {
	for _, x := range prefixes {
		if strings.HasPrefix(s, x) {
			return true
		}
	}
	return false
}
