package rules

import (
	"slices"
	"strings"
)

// maxRounds bounds how often Match asks again about its own result. New
// refuses rules that go round; what is left are names without a namespace on
// Docker Hub, which mean one more component than they show.
const maxRounds = 8

// Match returns how the rules change text, a reference
// `[domain[:port]/]path[:tag][@digest]` or, of Kind Registry, the registry
// alone. Variables of a template or a shell may stand after the prefix that
// matches; a text that starts with one never matches. It is false when no
// rule applies. The most specific rule wins, and a rule applies at component
// boundaries only.
//
// A rule with a path does not apply to the last component of a reference when
// its To has none: gcr.io/google_containers:1 would become an image of no
// name.
//
// On Docker Hub the three spelled names are one, and a reference without a
// namespace is in library. A short form and a spelling stay as they are when
// both sides are on Docker Hub.
func (s *Set) Match(text string, k Kind) (Match, bool) {
	m, ok := s.matchOnce(text, k)
	if !ok || m.Keep != "" {
		return m, ok
	}
	for range maxRounds {
		now := m.New + text[m.Len:]
		next, again := s.matchOnce(now, k)
		if !again || next.Keep != "" || next.New == now[:next.Len] {
			return m, true
		}
		if next.Len <= len(m.New) {
			m.New = next.New + m.New[next.Len:]
			continue
		}
		m.Len += next.Len - len(m.New)
		m.New = next.New
	}
	return Match{}, false
}

// matchOnce applies the most specific rule that can apply.
func (s *Set) matchOnce(text string, k Kind) (Match, bool) {
	v, ok := splitText(text, k)
	if !ok {
		return Match{}, false
	}
	nodes := s.hosts[v.host]
	if nodes == nil {
		return Match{}, false
	}
	keep := ""
	for _, c := range v.boundaries() {
		n, ok := nodes[c.path]
		if !ok {
			continue
		}
		if n.rule != nil {
			if m, ok := v.apply(n, c); ok {
				m.Keep = keep
				return m, true
			}
		}
		if n.rule == nil && keep == "" {
			keep = n.keep
		}
	}
	return Match{}, false
}

// A textView is a text seen as host and path.
type textView struct {
	kind        Kind
	host        string // canonical
	spelled     string // the host as written; "" for a short form
	text        string
	pathStart   int  // where the path starts in text; len(text) when there is none
	noNamespace bool // a name on Docker Hub without a namespace
}

// A boundary is a place where a prefix may end.
type boundary struct {
	path             string // the path up to there
	end              int    // text[:end] is replaced
	componentFollows bool   // a component follows in the text, or in tail
	suffix           string // goes after what replaces it
}

// splitText splits text. It is false for a text that no rule can be asked about.
func splitText(text string, k Kind) (textView, bool) {
	if k == ShortForm {
		if v, ok := splitShortForm(text); ok {
			return v, true
		}
	}
	host, rest, slash := strings.Cut(text, "/")
	if !slash && k != Registry {
		return textView{}, false
	}
	v := textView{kind: k, host: canonicalHost(host), spelled: host, text: text, pathStart: len(host)}
	if slash {
		v.pathStart++
	}
	if v.host != dockerHub {
		return v, true
	}
	if k == Registry {
		// The API's version, part of the address that docker login stores.
		return v, rest != "v1" && rest != "v1/" && rest != "v2" && rest != "v2/"
	}
	name, below, literal := firstComponent(rest)
	if !below && (!literal || !validComponent(rest[:name])) {
		return textView{}, false // it may have a namespace, it may have none
	}
	v.noNamespace = !below
	return v, name > 0
}

// splitShortForm splits a short form of Docker Hub.
// Source: github.com/distribution/reference, normalize.go. It is stricter in
// one thing: a name without a slash that has a dot is rather a host.
func splitShortForm(text string) (textView, bool) {
	end, below, literal := firstComponent(text)
	first := text[:end]
	if !literal || hasDomain(first) || !validComponent(first) {
		return textView{}, false
	}
	if !below && end < len(text) && text[end] == ':' {
		if first == "sha256" { // an image's identity
			return textView{}, false
		}
		if _, slash, _ := firstComponent(text[end+1:]); slash { // host:port/
			return textView{}, false
		}
	}
	return textView{kind: ShortForm, host: dockerHub, text: text, noNamespace: !below}, true
}

// boundaries returns the places where a prefix may end, the longest prefix first.
func (v textView) boundaries() []boundary {
	rest := v.text[v.pathStart:]
	if v.noNamespace {
		name, _, _ := firstComponent(rest)
		return []boundary{
			{path: library + "/" + rest[:name], end: v.pathStart + name},
			{path: rest[:name], end: v.pathStart + name},
			{path: library, end: v.pathStart, componentFollows: true, suffix: "/"},
			{path: "", end: v.pathStart, componentFollows: true, suffix: "/" + library + "/"},
		}
	}
	var out []boundary
	for i := 0; i <= len(rest) && v.pathStart < len(v.text); i++ {
		switch {
		case i == len(rest) || rest[i] == '/':
			if i > 0 && rest[i-1] != '/' {
				out = append(out, boundary{path: rest[:i], end: v.pathStart + i, componentFollows: i < len(rest)})
			}
			continue
		case rest[i] == ':' || rest[i] == '@':
			if v.kind != Registry && i > 0 {
				out = append(out, boundary{path: rest[:i], end: v.pathStart + i})
			}
		case isAlnum(rest[i]) || rest[i] == '.' || rest[i] == '_' || rest[i] == '-':
			continue
		}
		break
	}
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

// officialName returns x for library/x, the whole path on Docker Hub.
func (v textView) officialName(cuts []boundary) (string, bool) {
	if v.host != dockerHub || v.kind == Registry || len(cuts) == 0 || cuts[0].componentFollows {
		return "", false
	}
	name, ok := strings.CutPrefix(cuts[0].path, library+"/")
	return name, ok && !strings.Contains(name, "/")
}

// apply returns the match of the rule at n that ends at c. It is false when
// the result would have no name.
func (v textView) apply(n prefixNode, c boundary) (Match, bool) {
	if n.from.path != "" && n.to.path == "" && !c.componentFollows && v.kind != Registry {
		return Match{}, false
	}
	to := n.to.spelled
	if v.host == dockerHub && n.to.isDockerHub() && n.to.path != "" {
		first, _, _ := strings.Cut(n.to.path, "/")
		switch {
		case v.spelled != "":
			to = v.spelled + "/" + n.to.path
		case !hasDomain(first):
			to = n.to.path
		}
	}
	return Match{Rule: n.rule, Len: c.end, New: to + c.suffix}, true
}

// firstComponent returns where the first path component of s ends, whether a
// slash ends it, and whether it is written out. Slashes and colons inside
// variables do not count.
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

// skipVariable returns the offset after the variable that starts at s[i]: the
// end of s when it is not closed, i+1 when there is none.
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
