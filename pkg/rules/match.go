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
	m, ok := s.once(text, k)
	if !ok || m.Keep != "" {
		return m, ok
	}
	for range maxRounds {
		now := m.New + text[m.Len:]
		next, again := s.once(now, k)
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

// once applies the most specific rule that can apply.
func (s *Set) once(text string, k Kind) (Match, bool) {
	v, ok := look(text, k)
	if !ok {
		return Match{}, false
	}
	nodes := s.hosts[v.host]
	if nodes == nil {
		return Match{}, false
	}
	keep := ""
	for _, c := range v.cuts() {
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

// A view is a text seen as host and path.
type view struct {
	kind    Kind
	host    string // canonical
	spelled string // the host as written; "" for a short form
	text    string
	base    int  // where the path starts in text; len(text) when there is none
	single  bool // a name on Docker Hub without a namespace
}

// A cut is a place where a prefix may end.
type cut struct {
	path  string // the path up to there
	end   int    // text[:end] is replaced
	below bool   // a component follows in the text, or in tail
	tail  string // goes after what replaces it
}

// look splits text. It is false for a text that no rule can be asked about.
func look(text string, k Kind) (view, bool) {
	if k == ShortForm {
		if v, ok := lookShort(text); ok {
			return v, true
		}
	}
	host, rest, slash := strings.Cut(text, "/")
	if !slash && k != Registry {
		return view{}, false
	}
	v := view{kind: k, host: canonicalHost(host), spelled: host, text: text, base: len(host)}
	if slash {
		v.base++
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
		return view{}, false // it may have a namespace, it may have none
	}
	v.single = !below
	return v, name > 0
}

// lookShort splits a short form of Docker Hub.
// Source: github.com/distribution/reference, normalize.go. It is stricter in
// one thing: a name without a slash that has a dot is rather a host.
func lookShort(text string) (view, bool) {
	end, below, literal := firstComponent(text)
	first := text[:end]
	if !literal || hasDomain(first) || !validComponent(first) {
		return view{}, false
	}
	if !below && end < len(text) && text[end] == ':' {
		if first == "sha256" { // an image's identity
			return view{}, false
		}
		if _, slash, _ := firstComponent(text[end+1:]); slash { // host:port/
			return view{}, false
		}
	}
	return view{kind: ShortForm, host: dockerHub, text: text, single: !below}, true
}

// cuts returns the places where a prefix may end, the longest prefix first.
func (v view) cuts() []cut {
	rest := v.text[v.base:]
	if v.single {
		name, _, _ := firstComponent(rest)
		return []cut{
			{path: library + "/" + rest[:name], end: v.base + name},
			{path: rest[:name], end: v.base + name},
			{path: library, end: v.base, below: true, tail: "/"},
			{path: "", end: v.base, below: true, tail: "/" + library + "/"},
		}
	}
	var out []cut
	for i := 0; i <= len(rest) && v.base < len(v.text); i++ {
		switch {
		case i == len(rest) || rest[i] == '/':
			if i > 0 && rest[i-1] != '/' {
				out = append(out, cut{path: rest[:i], end: v.base + i, below: i < len(rest)})
			}
			continue
		case rest[i] == ':' || rest[i] == '@':
			if v.kind != Registry && i > 0 {
				out = append(out, cut{path: rest[:i], end: v.base + i})
			}
		case alnum(rest[i]) || rest[i] == '.' || rest[i] == '_' || rest[i] == '-':
			continue
		}
		break
	}
	slices.Reverse(out)
	if name, ok := v.officialName(out); ok {
		// docker.io/library/nginx is docker.io/nginx.
		out = append(out[:1:1], append([]cut{{path: name, end: out[0].end}}, out[1:]...)...)
	}
	host := cut{end: len(v.spelled), below: true}
	if v.spelled == "" {
		host.tail = "/"
	}
	return append(out, host)
}

// officialName returns x for library/x, the whole path on Docker Hub.
func (v view) officialName(cuts []cut) (string, bool) {
	if v.host != dockerHub || v.kind == Registry || len(cuts) == 0 || cuts[0].below {
		return "", false
	}
	name, ok := strings.CutPrefix(cuts[0].path, library+"/")
	return name, ok && !strings.Contains(name, "/")
}

// apply returns the match of the rule at n that ends at c. It is false when
// the result would have no name.
func (v view) apply(n node, c cut) (Match, bool) {
	if n.from.path != "" && n.to.path == "" && !c.below && v.kind != Registry {
		return Match{}, false
	}
	to := n.to.spelled
	if v.host == dockerHub && n.to.onHub() && n.to.path != "" {
		first, _, _ := strings.Cut(n.to.path, "/")
		switch {
		case v.spelled != "":
			to = v.spelled + "/" + n.to.path
		case !hasDomain(first):
			to = n.to.path
		}
	}
	return Match{Rule: n.rule, Len: c.end, New: to + c.tail}, true
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
		case !alnum(c) && !(c >= 'A' && c <= 'Z') && c != '.' && c != '_' && c != '-':
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
