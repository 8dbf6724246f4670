package image

import (
	"regexp"
	"strings"
)

// spans are the byte ranges of the variables of a text, in order.
type spans [][2]int

// anyIn reports whether [start, end) contains a variable.
func (s spans) anyIn(start, end int) bool {
	for _, v := range s {
		if v[0] >= start && v[1] <= end {
			return true
		}
	}
	return false
}

// mask returns text with every byte of a variable replaced by the letter v,
// and the spans of the variables. Offsets do not change.
func mask(text string) (string, spans) {
	if !strings.ContainsAny(text, "{$<%([@#") {
		return text, nil
	}
	var out []byte
	var found spans
	for i := 0; i < len(text); {
		n := placeholder(text[i:])
		if n == 0 {
			n = variable(text[i:])
		}
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

const (
	verbs = "svdq" // of Go's package fmt

	// specifiers are those of systemd for the name of the unit and its parts,
	// and for the host. None is a hexadecimal digit, so that `%2F` in a URL is
	// not a variable.
	// Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Specifiers
	specifiers = "iIjJnNpPH"
)

// variableStarts are the bytes with which a variable may begin.
const variableStarts = "{<$%"

// variable returns the length in bytes of the variable at the start of s, or 0
// if s does not start with one. A variable is a template action `{{ … }}`, a
// shell or Make variable `${…}` `$(…)` `$NAME` `$1`, also escaped as `$${…}`,
// a placeholder `{name}` `<name>`, a format verb `%s`, or a specifier of
// systemd `%i`.
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
	case strings.HasPrefix(s, "$$"): // an escaped variable
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
	case s[0] == '%' && strings.IndexByte(verbs+specifiers, s[1]) >= 0:
		return 2
	}
	return 0
}

// placeholders match, at the start of a text, the variables of tools that replace
// text before anything else reads the file.
var placeholders = []struct {
	prefix  string
	pattern *regexp.Regexp
}{
	// Expressions of CircleCI: << parameters.tag >>.
	// Source: https://circleci.com/docs/guides/orchestrate/pipeline-variables/
	{"<<", regexp.MustCompile(`^<<[ \t]*[\w.-]+[ \t]*>>`)},
	// Variables of Concourse and BOSH: ((tag)), ((vault:a/b.c)).
	// Source: https://concourse-ci.org/vars.html
	{"((", regexp.MustCompile(`^\(\([\w./:"-]+\)\)`)},
	// Inputs of GitLab: $[[ inputs.tag | expand_vars ]].
	// Source: https://docs.gitlab.com/ci/inputs/
	{"$[[", regexp.MustCompile(`^\$\[\[[\w .|(),'"-]+\]\]`)},
	// Runtime expressions of Azure Pipelines: $[variables.tag].
	// Source: https://learn.microsoft.com/en-us/azure/devops/pipelines/process/expressions
	{"$[", regexp.MustCompile(`^\$\[(?:[^\[\]]|\[[^\[\]]*\])+\]`)},
	// Actions of Levant and Nomad Pack: [[ .tag ]].
	// Source: https://developer.hashicorp.com/nomad/tools/nomad-pack/create-packs
	{"[[", regexp.MustCompile(`^\[\[[ .\w][\w .|()"-]*\]\]`)},
	// Directives of HCL: %{ if x }1%{ else }2%{ endif }.
	// Source: https://developer.hashicorp.com/terraform/language/expressions/strings
	{"%{", regexp.MustCompile(`^%\{[^{}]+\}`)},
	// ERB: <%= tag %>. Source: https://docs.ruby-lang.org/en/master/ERB.html
	{"<%", regexp.MustCompile(`^<%[^<>]+%>`)},
	// Tokens that a task of Azure Pipelines replaces, and interpolations of Ruby:
	// #{tag}#, #{tag}. Source: https://github.com/qetza/replacetokens-task#readme
	{"#{", regexp.MustCompile(`^#\{[^{}]+\}#?`)},
	// Statements of Jinja: {% if x %}1{% endif %}.
	// Source: https://jinja.palletsprojects.com/en/stable/templates/
	{"{%", regexp.MustCompile(`^\{%[^{}]+%\}`)},
	// Names between two marks, as filters of Maven and scripts with sed write them:
	// @tag@, %TAG%, %%TAG%%.
	// Source: https://maven.apache.org/plugins/maven-resources-plugin/examples/filter.html
	{"@", regexp.MustCompile(`^@[A-Za-z_][\w.]*@`)},
	{"%", regexp.MustCompile(`^(?:%[A-Za-z_][\w.]*%|%%[A-Za-z_][\w.]*%%)`)},
}

// placeholder returns the length in bytes of the variable of [placeholders] at the
// start of s, or 0.
func placeholder(s string) int {
	s = s[:min(len(s), maxWord)]
	for _, p := range placeholders {
		if strings.HasPrefix(s, p.prefix) {
			if n := len(p.pattern.FindString(s)); n > 0 {
				return n
			}
		}
	}
	return 0
}

// bracketed returns the length of the name at the start of s and the closing
// bracket after it, or -1 if s does not start with them.
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

// balanced returns the length of the bracketed text at the start of s, or -1
// if its bracket is not closed. Brackets may nest.
func balanced(s string) int {
	opening, closing := s[0], byte('}')
	if opening == '(' {
		closing = ')'
	}
	const maxDepth = 16 // deeper than real texts; without a limit, brackets that never close cost quadratic time
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case opening:
			if depth++; depth > maxDepth {
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

// emptyDefault matches the end of a variable whose default is empty: ${NAME:-}, or
// {{ name | default(”) }}.
var emptyDefault = regexp.MustCompile(`(?:[-=]\}|\bdefault[ (]+(?:''|"")[^'"{}]*\}\})$`)

// LeadingVariables returns the length in bytes of the variables at the start of text:
// ${NAME}, $(NAME), {{ name }} and those of other tools. hasEmptyDefault reports that
// the last of them has a default, which is empty: ${NAME:-}.
func LeadingVariables(text string) (n int, hasEmptyDefault bool) {
	for n < len(text) && strings.IndexByte("{$<%([@#", text[n]) >= 0 {
		k := placeholder(text[n:])
		if k == 0 {
			k = variable(text[n:])
		}
		if k == 0 {
			break
		}
		hasEmptyDefault = emptyDefault.MatchString(text[n : n+k])
		n += k
	}
	return n, hasEmptyDefault
}

// HasVariable reports whether text contains a variable of a template, a shell
// or Make, so that its final value is unknown.
func HasVariable(text string) bool {
	_, vars := mask(text)
	return len(vars) > 0
}
