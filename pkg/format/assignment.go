package format

import (
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An assignedValue is a value that a script gives to a variable.
type assignedValue struct {
	text string
	span edit.Span // in the script
}

// A definition is a place of a script that gives a variable its values: one, or
// the items of a list over which a loop runs.
type definition struct {
	at     int // offset in the script
	values []assignedValue
}

// assignments are the definitions of the variables of a script, in order.
type assignments map[string][]definition

// valuesAt returns the values of a variable in a command at the offset at: those
// of the last definition before it, or of the first after it.
func (a assignments) valuesAt(name string, at int) []assignedValue {
	list := a[name]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].at < at {
			return list[i].values
		}
	}
	if len(list) > 0 {
		return list[0].values
	}
	return nil
}

var (
	assignmentLine = regexp.MustCompile(`(?m)(?:^|[;&]\s*|\b(?:export|local|readonly|set)\s+)[ \t]*([A-Za-z_][\w.]*)[ \t]*(?:=|:=|\?=|::=)[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s;&|"'#()]+))`)
	arrayLine      = regexp.MustCompile(`(?m)(?:^|\s)([A-Za-z_]\w*)=\(([^()]*)\)`)
)

// newAssignments returns the variables that text, which holds commands, sets.
func newAssignments(text string, commands [][]commandWord) assignments {
	out := assignments{}
	for _, m := range assignmentLine.FindAllStringSubmatchIndex(text, -1) {
		for k := 4; k < len(m); k += 2 {
			if m[k] >= 0 {
				out.add(text[m[2]:m[3]], definition{m[2], []assignedValue{defaultIn(text, m[k], m[k+1])}})
			}
		}
	}
	for _, m := range arrayLine.FindAllStringSubmatchIndex(text, -1) {
		d := definition{at: m[2]}
		for _, command := range commandsIn(text[m[4]:m[5]], m[4], maxCommandDepth) {
			for _, w := range command {
				d.values = append(d.values, assignedValue(w))
			}
		}
		out.add(text[m[2]:m[3]], d)
	}
	for _, words := range commands {
		if len(words) > 3 && words[0].text == "for" && words[2].text == "in" {
			out.add(words[1].text, definition{words[1].span.Start, out.loopValues(words[3:])})
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b definition) int { return a.at - b.at })
	}
	return out
}

func (a assignments) add(name string, d definition) { a[name] = append(a[name], d) }

// defaultIn returns the value between two offsets of text or, if it is a
// variable with a default, the default: ${REGISTRY:-host}.
func defaultIn(text string, start, end int) assignedValue {
	if from, to, ok := defaultOf(text[:end], start); ok && to == end-1 {
		start, end = from, to
	}
	return assignedValue{text[start:end], edit.Span{Start: start, End: end}}
}

// loopValues returns the values over which a loop over words runs.
func (a assignments) loopValues(words []commandWord) []assignedValue {
	var out []assignedValue
	for _, w := range words {
		name, _, isVariable := variableName(w.text)
		if values := a.valuesAt(name, w.span.Start); isVariable && values != nil {
			out = append(out, values...)
		} else {
			out = append(out, assignedValue(w))
		}
	}
	return out
}

// variableName returns the name and the operators of text, which is one
// variable of a shell or of Make: $NAME, ${NAME%:*}, $(NAME), "${NAMES[@]}".
func variableName(text string) (name, operators string, ok bool) {
	text = strings.TrimPrefix(text, "$$")
	text = strings.TrimPrefix(text, "$")
	if inner, ok := strings.CutPrefix(text, "{{"); ok { // ${{ env.NAME }}
		inner = strings.TrimSpace(strings.TrimSuffix(inner, "}}"))
		text = inner[strings.LastIndexByte(inner, '.')+1:]
	}
	if len(text) > 1 && (text[0] == '{' || text[0] == '(') {
		text = text[1 : len(text)-1]
	}
	n := 0
	for n < len(text) && dockerfile.IsNameByte(text[n]) {
		n++
	}
	operators = strings.TrimPrefix(strings.TrimPrefix(text[n:], "[@]"), "[*]")
	return text[:n], operators, n > 0
}

// An expansion is a word after its variables were replaced by their values.
type expansion struct {
	text string
	used []edit.Span // the values that it was made of
}

const (
	maxExpansions     = 64   // of one command
	maxExpandedLength = 2048 // bytes
	maxExpansionDepth = 4    // of variables in values
)

// environments returns the values that the variables of words may have at the
// same time: one choice for each pass of the loops.
func (a assignments) environments(words []commandWord) []map[string]assignedValue {
	out := []map[string]assignedValue{{}}
	if len(words) == 0 || len(a) == 0 {
		return out
	}
	at := words[0].span.Start
	for _, name := range a.namesIn(words, at) {
		values := a.valuesAt(name, at)
		if len(out)*len(values) > maxExpansions {
			values = values[:maxExpansions/len(out)]
		}
		var next []map[string]assignedValue
		for _, env := range out {
			for _, v := range values {
				one := map[string]assignedValue{name: v}
				for k, x := range env {
					one[k] = x
				}
				next = append(next, one)
			}
		}
		out = next
	}
	return out
}

// namesIn returns the known variables of words at the offset at, and those of
// their values.
func (a assignments) namesIn(words []commandWord, at int) []string {
	var out []string
	texts := make([]string, 0, len(words))
	for _, w := range words {
		texts = append(texts, w.text)
	}
	for depth := 0; depth < maxExpansionDepth; depth++ {
		var next []string
		for _, text := range texts {
			eachVariable(text, func(start, end int) {
				name, _, ok := variableName(text[start:end])
				values := a.valuesAt(name, at)
				if !ok || len(values) == 0 || slices.Contains(out, name) {
					return
				}
				out = append(out, name)
				for _, v := range values[:min(len(values), maxExpansions)] {
					next = append(next, v.text)
				}
			})
		}
		texts = next
	}
	return out
}

// eachVariable calls do for every variable of text, with its offsets.
func eachVariable(text string, do func(start, end int)) {
	for i := 0; i < len(text); {
		if n := shellVariable(text[i:]); n > 0 {
			do(i, i+n)
			i += n
		} else {
			i++
		}
	}
}

// shellVariable returns the length of the variable at the start of text, or 0.
func shellVariable(text string) int {
	if !strings.HasPrefix(text, "$") {
		return 0
	}
	if n := wordVariable(text); n > 0 {
		return n
	}
	n := 1
	if strings.HasPrefix(text, "$$") { // a variable of the shell in a recipe of Make
		if inner := wordVariable(text[1:]); inner > 0 {
			return 1 + inner
		}
		n = 2
	}
	start := n
	for n < len(text) && dockerfile.IsNameByte(text[n]) {
		n++
	}
	if n == start {
		return 0
	}
	return n
}

// expand replaces the variables of text by their values in env. Unknown
// variables become $NAME, however they are written.
func expand(text string, env map[string]assignedValue, depth int) expansion {
	var out expansion
	var b strings.Builder
	at := 0
	eachVariable(text, func(start, end int) {
		b.WriteString(text[at:start])
		at = end
		name, operators, ok := variableName(text[start:end])
		v, known := env[name]
		switch {
		case known && depth < maxExpansionDepth && b.Len() < maxExpandedLength:
			x := expand(v.text, env, depth+1)
			if value, ok := applyOperators(x.text, operators); ok {
				b.WriteString(value)
				out.used = append(append(out.used, v.span), x.used...)
				return
			}
			b.WriteString(text[start:end])
		case ok && operators == "":
			b.WriteString("$" + name)
		default:
			b.WriteString(text[start:end])
		}
	})
	b.WriteString(text[at:])
	out.text = b.String()
	return out
}

// applyOperators applies the operators after the name in ${NAME…}. It returns
// false for operators that are not supported.
func applyOperators(value, operators string) (string, bool) {
	switch {
	case operators == "", strings.HasPrefix(operators, ":-"), strings.HasPrefix(operators, ":="), strings.HasPrefix(operators, ":?"):
		return value, true
	case strings.HasPrefix(operators, "##*"): // the longest beginning up to the text
		if i := strings.LastIndex(value, operators[3:]); i >= 0 {
			value = value[i+len(operators)-3:]
		}
		return value, true
	case strings.HasPrefix(operators, "#*"):
		if i := strings.Index(value, operators[2:]); i >= 0 {
			value = value[i+len(operators)-2:]
		}
		return value, true
	case strings.HasPrefix(operators, "#"):
		return strings.TrimPrefix(value, strings.TrimPrefix(operators[1:], "#")), !strings.ContainsAny(operators, "*?[")
	case strings.HasPrefix(operators, "/"):
		from, to, _ := strings.Cut(strings.TrimPrefix(operators[1:], "/"), "/")
		if strings.HasPrefix(from, `\/`) || strings.ContainsAny(from, `*?[\`) || from == "" {
			return "", false
		}
		if strings.HasPrefix(operators, "//") {
			return strings.ReplaceAll(value, from, to), true
		}
		return strings.Replace(value, from, to, 1), true
	}
	return "", false
}
