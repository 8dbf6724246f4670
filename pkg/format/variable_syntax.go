package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
)

// A variableForm is the text before and after the name of a variable. A form without
// text after the name is that of a shell: $NAME.
type variableForm struct{ open, closing string }

// A variableSyntax is the forms of the uses of a tool.
type variableSyntax []variableForm

// A variableRef is a use of a variable, or an expression with one, in a text.
type variableRef struct {
	start, end int // offsets in the text

	// values are what the use can stand for. It is empty if the use is an expression that
	// is not understood, or has only a part of the value: ${NAME%:*}.
	values []variableValue

	names []string // all names in the use
}

// A variableValue is a variable, or a literal of an expression.
type variableValue struct {
	name       string // "" for a literal
	start, end int    // of the literal, offsets in the text
}

// maxVariableRefs bounds the uses in one text. If a text has more, all values are conflicts.
const maxVariableRefs = 1 << 12

// refs returns the uses in text, in order.
func (s variableSyntax) refs(text string) (out []variableRef) {
	for i := 0; i < len(text) && len(out) < maxVariableRefs; {
		if strings.HasPrefix(text[i:], "$$") && s.has("${", "}") {
			i += 2 // an escaped dollar sign
			continue
		}
		r, ok := s.refAt(text, i)
		if !ok {
			i++
			continue
		}
		out = append(out, r)
		i = r.end
	}
	return out
}

func (s variableSyntax) has(open, closing string) bool {
	for _, f := range s {
		if f == (variableForm{open, closing}) {
			return true
		}
	}
	return false
}

// refAt returns the use that begins at offset i of text. The longest form decides.
func (s variableSyntax) refAt(text string, i int) (variableRef, bool) {
	best := variableForm{}
	for _, f := range s {
		if strings.HasPrefix(text[i:], f.open) && len(f.open) > len(best.open) {
			best = f
		}
	}
	from := i + len(best.open)
	switch {
	case best.open == "":
		return variableRef{}, false
	case best.closing == "":
		end := from
		for end < len(text) && dockerfile.IsNameByte(text[end]) {
			end++
		}
		name := text[from:end]
		return variableRef{i, end, []variableValue{{name: name}}, []string{name}}, end > from
	case best.open == "${":
		end := dockerfile.ClosingBrace(text, from)
		if end < 0 {
			return variableRef{}, false
		}
		return shellRef(text, i, from, end)
	}
	line := text[from:min(len(text), from+far)]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	n := closingAt(line, best.closing)
	if n < 0 {
		return variableRef{}, false
	}
	r := variableRef{start: i, end: from + n + len(best.closing)}
	r.expression(text, from, from+n)
	return r, true
}

// closingAt returns the offset of closing in text, after the brackets that are inside, or -1.
func closingAt(text, closing string) int {
	open := map[string]byte{")": '(', "]": '['}[closing]
	if open == 0 {
		return strings.Index(text, closing)
	}
	depth := 0
	for i := range len(text) {
		switch {
		case text[i] == open:
			depth++
		case text[i] == closing[0] && depth == 0:
			return i
		case text[i] == closing[0]:
			depth--
		}
	}
	return -1
}

// shellRef returns the use ${NAME…} in text[start:end+1], whose name begins at from.
func shellRef(text string, start, from, end int) (variableRef, bool) {
	n := from
	for n < end && dockerfile.IsNameByte(text[n]) {
		n++
	}
	name, operators := text[from:n], text[n:end]
	if name == "" {
		return variableRef{}, false
	}
	r := variableRef{start: start, end: end + 1, names: []string{name}}
	if operators == "" || strings.IndexByte(":-=?", operators[0]) >= 0 && !strings.HasPrefix(operators, ":+") {
		r.values = []variableValue{{name: name}} // a default is found without the variable
	}
	return r, true
}

var (
	expressionName  = regexp.MustCompile(`[A-Za-z_][\w-]*(?:\.[\w-]+|\[\s*(?:'[^']*'|"[^"]*")\s*\])*`)
	expressionIndex = regexp.MustCompile(`\[\s*(?:'([^']*)'|"([^"]*)")\s*\]`)
)

// expression sets the values and the names of the expression text[from:to], whose value is
// one of several: a || 'b', a && 'b' || c.
func (r *variableRef) expression(text string, from, to int) {
	for _, m := range expressionName.FindAllString(text[from:to], -1) {
		r.names = append(r.names, plainName(m))
	}
	isClear := true
	for at := from; at <= to; {
		end := to
		if i := strings.Index(text[at:to], "||"); i >= 0 {
			end = at + i
		}
		start := at
		if i := strings.LastIndex(text[at:end], "&&"); i >= 0 {
			start = at + i + len("&&")
		}
		part := strings.TrimSpace(text[start:end])
		start += strings.Index(text[start:end], part)
		switch {
		case len(part) > 2 && part[0] == '\'' && strings.Count(part, "'") == 2 && part[len(part)-1] == '\'':
			r.values = append(r.values, variableValue{start: start + 1, end: start + len(part) - 1})
		case part == "''":
		case expressionName.FindString(part) == part:
			r.values = append(r.values, variableValue{name: plainName(part)})
		default:
			isClear = false
		}
		at = end + len("||")
	}
	if !isClear {
		r.values = nil
	}
}

// plainName returns the name of a variable with dots in the place of brackets:
// variables.x for variables['x'].
func plainName(name string) string { return expressionIndex.ReplaceAllString(name, ".$1$2") }
