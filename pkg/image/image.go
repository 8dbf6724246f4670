// Package image reads image references as they are written.
//
// The grammar is the one of the distribution project
// (https://github.com/distribution/reference, reference.go):
//
//	reference := [domain "/"] path [":" tag] ["@" digest]
//
// [Parse] splits a text that is one reference. [WordAt] classifies a word of a
// larger text: a reference, a URL, a file path, a pattern, a registry host
// only. [Find] lists all references of a text. Nothing is normalised: each part
// is a substring of the text, so `nginx` has no domain and `docker.io/nginx`
// has no `library/`. To query a registry, use a library that normalises.
//
// Variables of a template, a shell or Make (`{{ .Tag }}`, `${TAG:-1}`,
// `$(TAG)`) may be anywhere in a path, a tag or a digest. They count as one or
// more letters there. If a text is known to be one reference, the variables of
// more tools count as well, such as `((tag))` and `%TAG%`.
package image

import (
	"errors"
	"regexp"
	"strings"
)

// A Ref is an image reference. Its parts are substrings of Text; a part that
// is missing in Text is empty. Tag and Digest do not include ":" and "@".
type Ref struct {
	Text   string
	Domain string // host and optional port, if the first path component is a host
	Path   string
	Tag    string
	Digest string
}

// The grammar of domains and digests. Source: github.com/distribution/reference,
// regexp.go. The letter v replaces variables before a text is matched.
var (
	domainRE = regexp.MustCompile(`^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?$`)
	digestRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$`)
)

// ErrFormat is the error for a text that is not a reference.
var ErrFormat = errors.New("not an image reference")

// Parse splits text, all of which must be one reference. The error is
// ErrFormat.
func Parse(text string) (Ref, error) {
	masked, vars := mask(text)
	ref := Ref{Text: text}
	end := len(text)
	if i := strings.IndexByte(masked, '@'); i >= 0 {
		ref.Digest = text[i+1:]
		if !digestRE.MatchString(masked[i+1:]) && !vars.anyIn(i+1, end) {
			return Ref{}, ErrFormat
		}
		end = i
	}
	if i := strings.LastIndexByte(masked[:end], ':'); i >= 0 && !strings.Contains(masked[i:end], "/") {
		ref.Tag = text[i+1 : end]
		if !isTag(masked[i+1:end]) && !vars.anyIn(i+1, end) {
			return Ref{}, ErrFormat
		}
		end = i
	}
	start := 0
	if i := strings.IndexByte(masked[:end], '/'); i >= 0 && !vars.anyIn(0, i) && looksLikeDomain(masked[:i]) {
		if !domainRE.MatchString(masked[:i]) {
			return Ref{}, ErrFormat // neither a host nor a path; every tool reads it as a host
		}
		ref.Domain = text[:i]
		start = i + 1
	}
	ref.Path = text[start:end]
	if !isPath(masked[start:end]) || isIdentifier(masked) {
		return Ref{}, ErrFormat
	}
	return ref, nil
}

// isIdentifier reports whether text is the ID of an image, 64 hexadecimal digits, which
// cannot be a name. Source: ParseNormalizedNamed in github.com/distribution/reference.
func isIdentifier(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// looksLikeDomain reports whether the first component of a name counts as a
// domain: it has a dot or a port, is localhost, or has an upper-case letter,
// which a path cannot have. Source: splitDockerDomain in
// github.com/distribution/reference.
func looksLikeDomain(first string) bool {
	return strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first
}

// IsHost reports whether text is a registry host and nothing else: a domain
// with a dot or a port, or localhost.
func IsHost(text string) bool {
	return (strings.ContainsAny(text, ".:") || text == "localhost") && domainRE.MatchString(text)
}

// transports are the prefixes with which skopeo, Helm, GitHub Actions and Bake say
// how to fetch a reference.
var transports = []string{"docker://", "oci://", "docker-image://"}

// TrimTransport returns text without a leading transport (`docker://`,
// `oci://`, `docker-image://`), and the length of the transport in bytes.
func TrimTransport(text string) (string, int) {
	for _, t := range transports {
		if strings.HasPrefix(text, t) {
			return text[len(t):], len(t)
		}
	}
	return text, 0
}
