// Package image reads image references as their authors wrote them.
//
// The grammar is the one of the distribution project
// (https://github.com/distribution/reference, reference.go):
//
//	reference := [domain "/"] path [":" tag] ["@" digest]
//
// [Parse] splits a text that is a reference and nothing else; [Mirror] says what
// a place in a larger text is: a reference, a URL, a file path, a pattern, a
// bare host; [Find] lists all references of a text. Nothing is normalised: a
// part is the substring that stands in the text, `nginx` has no domain and
// `docker.io/nginx` no `library/`. For the network, use a library that
// normalises.
//
// Variables of a template, a shell or Make (`{{ .Tag }}`, `${TAG:-1}`,
// `$(TAG)`) may stand anywhere in a path, a tag or a digest, and count as one
// or more letters there.
package image

import (
	"errors"
	"regexp"
	"strings"
)

// A Ref is an image reference. Its parts are substrings of Text; those that
// are not written are empty. Tag and Digest come without their ":" and "@".
type Ref struct {
	Text   string
	Domain string // host and port, when the first path component is one
	Path   string
	Tag    string
	Digest string
}

// The grammar, part by part. Source: github.com/distribution/reference,
// regexp.go. Variables are masked by the letter v before it is asked.
var (
	domainRE = regexp.MustCompile(`^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?$`)
	digestRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$`)
)

// ErrFormat says that a text is no reference.
var ErrFormat = errors.New("not an image reference")

// Parse splits text, which must be a reference from its first byte to its
// last. The error is ErrFormat.
func Parse(text string) (Ref, error) {
	masked, vars := mask(text)
	ref := Ref{Text: text}
	end := len(text)
	if i := strings.IndexByte(masked, '@'); i >= 0 {
		ref.Digest = text[i+1:]
		if !digestRE.MatchString(masked[i+1:]) && !vars.in(i+1, end) {
			return Ref{}, ErrFormat
		}
		end = i
	}
	if i := strings.LastIndexByte(masked[:end], ':'); i >= 0 && !strings.Contains(masked[i:end], "/") {
		ref.Tag = text[i+1 : end]
		if !isTag(masked[i+1:end]) && !vars.in(i+1, end) {
			return Ref{}, ErrFormat
		}
		end = i
	}
	start := 0
	if i := strings.IndexByte(masked[:end], '/'); i >= 0 && !vars.in(0, i) && likeDomain(masked[:i]) {
		if !domainRE.MatchString(masked[:i]) {
			return Ref{}, ErrFormat // no registry, and no path either: every tool takes it for a host
		}
		ref.Domain = text[:i]
		start = i + 1
	}
	ref.Path = text[start:end]
	if !isPath(masked[start:end]) {
		return Ref{}, ErrFormat
	}
	return ref, nil
}

// likeDomain reports whether the first component of a name is meant as a
// domain: it has a dot or a port, is localhost, or has an upper-case letter,
// which no path has. Source: splitDockerDomain in
// github.com/distribution/reference.
func likeDomain(first string) bool {
	return strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first
}

// IsHost reports whether text is a registry's host that says so itself: a
// domain with a dot or a port, or localhost, and nothing after it.
func IsHost(text string) bool {
	return (strings.ContainsAny(text, ".:") || text == "localhost") && domainRE.MatchString(text)
}

// Transports are the prefixes of a reference that say how to reach it, as
// skopeo, Helm and GitHub Actions write them.
var transports = []string{"docker://", "oci://"}

// TrimTransport returns text without a transport before it (`docker://`,
// `oci://`), and the length of what it cut off in bytes.
func TrimTransport(text string) (string, int) {
	for _, t := range transports {
		if strings.HasPrefix(text, t) {
			return text[len(t):], len(t)
		}
	}
	return text, 0
}
