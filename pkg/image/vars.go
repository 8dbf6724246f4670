package image

import "strings"

// spans are the byte ranges of the variables of a text, in order.
type spans [][2]int

// in reports whether a variable lies in [start, end).
func (s spans) in(start, end int) bool {
	for _, v := range s {
		if v[0] >= start && v[1] <= end {
			return true
		}
	}
	return false
}

// mask returns text with every byte of a variable replaced by the letter v,
// and where the variables are. Offsets stay what they are.
func mask(text string) (string, spans) {
	if !strings.ContainsAny(text, "{$<%") {
		return text, nil
	}
	var out []byte
	var found spans
	for i := 0; i < len(text); {
		n := variable(text[i:])
		if n == 0 {
			i++
			continue
		}
		if out == nil {
			out = []byte(text)
		}
		for j := i; j < i+n; j++ {
			out[j] = 'v'
		}
		found = append(found, [2]int{i, i + n})
		i += n
	}
	if out == nil {
		return text, nil
	}
	return string(out), found
}

// variable returns the length in bytes of the variable at the start of s, 0
// when there is none: a template action `{{ … }}`, a shell or Make variable
// `${…}` `$(…)` `$NAME` `$1`, also escaped as `$${…}`, a placeholder `{name}`
// `<name>`, a format verb `%s`.
func variable(s string) int {
	if len(s) < 2 {
		return 0
	}
	s = s[:min(len(s), maxWord)]
	switch {
	case strings.HasPrefix(s, "{{"):
		if i := strings.Index(s, "}}"); i >= 0 {
			return i + 2
		}
	case s[0] == '{':
		return 1 + bracketed(s[1:], '}')
	case s[0] == '<':
		return 1 + bracketed(s[1:], '>')
	case s[0] == '$' && (s[1] == '{' || s[1] == '('):
		return 1 + balanced(s[1:])
	case strings.HasPrefix(s, "$$"): // escaped: what comes after it has its own variables
		if len(s) > 2 && s[2] != '$' {
			if n := variable(s[1:]); n > 0 {
				return 1 + n
			}
		}
	case s[0] == '$':
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		if n > 1 {
			return n
		}
	case s[0] == '%' && strings.IndexByte("svdq", s[1]) >= 0:
		return 2
	}
	return 0
}

// bracketed returns the length of a name and the closing bracket after it,
// -1 when s is not of that form.
func bracketed(s string, closing byte) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == closing && i > 0:
			return i + 1
		case !isWord(s[i]) && s[i] != '.' && s[i] != '-':
			return -1
		}
	}
	return -1
}

// balanced returns the length of the bracketed text at the start of s, whose
// brackets may nest, -1 when it is not closed.
func balanced(s string) int {
	opening, closing := s[0], byte('}')
	if opening == '(' {
		closing = ')'
	}
	const most = 16 // nobody nests deeper; brackets that never close must not cost their number squared
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case opening:
			if depth++; depth > most {
				return -1
			}
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// HasVariable reports whether a variable of a template, a shell or Make stands
// in text, so that it is not known what it will be.
func HasVariable(text string) bool {
	_, vars := mask(text)
	return len(vars) > 0
}
