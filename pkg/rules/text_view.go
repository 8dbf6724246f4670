package rules

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A textView is a text split into host and path.
type textView struct {
	kind        Kind
	host        string // canonical
	spelled     string // the host as written; "" for a short form
	text        string
	pathStart   int  // byte offset of the path in text; len(text) if there is no path
	noNamespace bool // a name on Docker Hub without a namespace
}

// A boundary is a place in a text where a prefix can end.
type boundary struct {
	path             string // the path before the boundary
	end              int    // byte offset; text[:end] is replaced
	componentFollows bool   // a path component follows, in the text or in suffix
	suffix           string // added after the replacement
}

// isPrefix reports whether the text has no name of an image, and no tag.
func (v textView) isPrefix() bool { return v.kind == Registry || v.kind == ChartRepository }

// splitText splits text into host and path. It returns false for a text that
// no rule can match.
func splitText(text string, k Kind) (textView, bool) {
	if k == ChartRepository {
		return splitURL(text)
	}
	if k == ShortForm {
		if v, ok := splitShortForm(text); ok {
			return v, true
		}
	}
	host, rest, slash := strings.Cut(text, "/")
	if !slash && k != Registry {
		return textView{}, false
	}
	v := textView{kind: k, host: image.CanonicalHost(host), spelled: host, text: text, pathStart: len(host)}
	if slash {
		v.pathStart++
	}
	if v.host != dockerHub {
		return v, true
	}
	if k == Registry {
		// docker login stores its credentials under an address that ends with
		// the version of the API.
		return v, rest != "v1" && rest != "v1/" && rest != "v2" && rest != "v2/"
	}
	name, slash, literal := firstComponent(rest)
	if !slash && (!literal || !validComponent(rest[:name])) {
		return textView{}, false // a variable can contain a namespace
	}
	v.noNamespace = !slash
	return v, name > 0
}

// splitShortForm splits a short form of Docker Hub. It is stricter than the
// source in one point: a name without a slash and with a dot is considered a
// host.
// Source: github.com/distribution/reference, normalize.go.
func splitShortForm(text string) (textView, bool) {
	end, slash, literal := firstComponent(text)
	first := text[:end]
	if !literal || hasDomain(first) || !validComponent(first) {
		return textView{}, false
	}
	if !slash && end < len(text) && text[end] == ':' {
		if first == "sha256" { // an image ID
			return textView{}, false
		}
		if _, slash, _ := firstComponent(text[end+1:]); slash { // host:port/
			return textView{}, false
		}
	}
	return textView{kind: ShortForm, host: dockerHub, text: text, noNamespace: !slash}, true
}

// boundaries returns the places where a prefix can end, the longest prefix
// first.
func (v textView) boundaries() []boundary {
	rest := v.text[v.pathStart:]
	if v.noNamespace {
		end, _, _ := firstComponent(rest)
		name := rest[:end]
		return []boundary{
			{path: library + "/" + name, end: v.pathStart + end},
			{path: name, end: v.pathStart + end},
			{path: library, end: v.pathStart, componentFollows: true, suffix: "/"},
			{path: "", end: v.pathStart, componentFollows: true, suffix: "/" + library + "/"},
		}
	}
	out := v.pathBoundaries()
	slices.Reverse(out)
	if name, ok := v.officialName(out); ok {
		// docker.io/library/nginx is docker.io/nginx.
		out = append(out[:1:1], append([]boundary{{path: name, end: out[0].end}}, out[1:]...)...)
	}
	host := boundary{end: len(v.spelled), componentFollows: true}
	if v.spelled == "" {
		host.suffix = "/"
	}
	return append(out, host)
}

// pathBoundaries returns the boundaries after each path component that is literal or
// one variable, up to the first other one, the shortest prefix first.
func (v textView) pathBoundaries() []boundary {
	if v.pathStart == len(v.text) {
		return nil
	}
	var out []boundary
	rest := v.text[v.pathStart:]
	for i := 0; i <= len(rest); i++ {
		switch {
		case i == len(rest) || rest[i] == '/':
			if i > 0 && rest[i-1] != '/' {
				out = append(out, boundary{path: rest[:i], end: v.pathStart + i, componentFollows: i < len(rest)})
			}
		case rest[i] == ':' || rest[i] == '@':
			if !v.isPrefix() && i > 0 {
				out = append(out, boundary{path: rest[:i], end: v.pathStart + i})
			}
			return out
		case rest[i] == '$' && variableEnd(rest, i) > i:
			i = variableEnd(rest, i) - 1
		case isAlnum(rest[i]) || rest[i] == '.' || rest[i] == '_' || rest[i] == '-', v.kind == ChartRepository && isURLChar(rune(rest[i])):
		default:
			return out
		}
	}
	return out
}

// officialName returns x if the whole path is library/x on Docker Hub.
func (v textView) officialName(bs []boundary) (string, bool) {
	if v.host != dockerHub || v.kind == Registry || len(bs) == 0 || bs[0].componentFollows {
		return "", false
	}
	name, ok := strings.CutPrefix(bs[0].path, library+"/")
	return name, ok && !strings.Contains(name, "/")
}

// firstComponent returns the byte offset where the first path component of s
// ends, whether a slash ends it, and whether it is literal, that is, without
// variables. Slashes and colons inside variables do not count.
func firstComponent(s string) (end int, slash, literal bool) {
	literal = true
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '/':
			return i, true, literal
		case c == ':' || c == '@':
			return i, false, literal
		case c == '$' || c == '{':
			i, literal = skipVariable(s, i), false
			continue
		case !isAlnum(c) && !(c >= 'A' && c <= 'Z') && c != '.' && c != '_' && c != '-':
			literal = false
		}
		i++
	}
	return len(s), false, literal
}

// skipVariable returns the byte offset after the variable that starts at s[i].
// It returns len(s) if the variable is not closed, and i+1 if no variable
// starts there.
func skipVariable(s string, i int) int {
	closing := ""
	switch rest := s[i:]; {
	case strings.HasPrefix(rest, "{{"):
		closing = "}}"
	case strings.HasPrefix(rest, "${"):
		closing = "}"
	case strings.HasPrefix(rest, "$("):
		closing = ")"
	default:
		return i + 1
	}
	open := s[i+1]
	depth := 1
	for j := i + 2; j < len(s); j++ {
		switch {
		case closing != "}}" && s[j] == open:
			depth++
		case strings.HasPrefix(s[j:], closing):
			if depth--; depth == 0 {
				return j + len(closing)
			}
		}
	}
	return len(s)
}
