package chart

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A comparison is an action of a template that compares a value of the chart
// with a literal.
type comparison struct {
	field   string // of the value: .image.repository
	matches func(value string) bool
	text    string // of the action
	file    string
	line    int // 1-based
}

const (
	valueRE   = `\(*\$?\.Values((?:\.[A-Za-z_]\w*)+)`
	literalRE = "(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)"
	funcRE    = `\b(contains|hasPrefix|hasSuffix|regexMatch|eq|ne)\s+`
)

// The three forms of a comparison: the function, the literal and the value; eq
// or ne, the value and the literal; the value piped into the function.
// Source: https://helm.sh/docs/chart_template_guide/function_list/
var (
	literalFirst = regexp.MustCompile(funcRE + literalRE + `\s+` + valueRE)
	valueFirst   = regexp.MustCompile(`\b(eq|ne)\s+` + valueRE + `\s+` + literalRE)
	valuePiped   = regexp.MustCompile(valueRE + `\s*\|\s*(?:toString\s*\|\s*)?` + funcRE + literalRE)
)

// findComparisons returns the comparisons with one of fields in the template src at file.
// Others may be among them: regular expressions search only templates that contain the
// name of a field.
func findComparisons(file string, src []byte, fields map[string]bool) []comparison {
	isUsed := false
	for field := range fields {
		isUsed = isUsed || bytes.Contains(src, []byte(".Values"+field))
	}
	if !isUsed {
		return nil
	}
	var out []comparison
	text, lines := string(src), edit.NewLines(src)
	for _, form := range []struct {
		re                   *regexp.Regexp
		name, literal, value int // indexes of submatches
	}{{literalFirst, 1, 2, 3}, {valueFirst, 1, 3, 2}, {valuePiped, 2, 3, 1}} {
		for _, m := range form.re.FindAllStringSubmatchIndex(text, -1) {
			submatch := func(n int) string { return text[m[2*n]:m[2*n+1]] }
			literal := strings.Trim(submatch(form.literal), "\"`")
			if matches := matcher(submatch(form.name), literal); matches != nil {
				line, _ := lines.Position(m[0])
				out = append(out, comparison{submatch(form.value), matches, text[m[0]:m[1]], file, line})
			}
		}
	}
	return out
}

// matcher returns the template function called name, applied to a literal. It
// returns nil for a pattern that does not compile. The result for ne is that of
// eq: only whether it changes is of interest.
func matcher(name, literal string) func(value string) bool {
	switch name {
	case "contains":
		return func(v string) bool { return strings.Contains(v, literal) }
	case "hasPrefix":
		return func(v string) bool { return strings.HasPrefix(v, literal) }
	case "hasSuffix":
		return func(v string) bool { return strings.HasSuffix(v, literal) }
	case "regexMatch":
		if re, err := regexp.Compile(literal); err == nil {
			return re.MatchString
		}
		return nil
	}
	return func(v string) bool { return v == literal }
}

// adviseComparisons adds advice for each value that moves and that a template
// of its chart, or of a sub-chart, compares with a literal, if the result of the
// comparison changes.
func adviseComparisons(t *link.Tree, moved []link.MovedPiece) {
	if t.ReadFile == nil {
		return
	}
	// Both by the chart's folder.
	fields, byChart := map[string]map[string]bool{}, map[string][]comparison{}
	moved = slices.DeleteFunc(slices.Clone(moved), func(m link.MovedPiece) bool { return !IsValuesFile(m.Path) })
	for _, m := range moved {
		for dir, field, ok := path.Dir(m.Path), m.Field, true; ok; dir, field, ok = fieldOfSubChart(t, dir, field) {
			if fields[dir] == nil {
				fields[dir] = map[string]bool{}
			}
			fields[dir][field] = true
		}
	}
	seen := map[link.Advice]bool{}
	for _, m := range moved {
		for dir, field, ok := path.Dir(m.Path), m.Field, true; ok; dir, field, ok = fieldOfSubChart(t, dir, field) {
			if _, read := byChart[dir]; !read {
				byChart[dir] = comparisonsOf(t, dir, fields[dir])
			}
			for _, x := range byChart[dir] {
				if x.field != field || x.matches(m.Old) == x.matches(m.New) {
					continue
				}
				a := link.Advice{Path: m.Path, At: -1, Text: fmt.Sprintf("The template %s:%d compares this value (%s), and the result changes with the move. Run regmigrate verify to see what the chart renders after the move.", x.file, x.line, x.text)}
				if !seen[a] {
					seen[a] = true
					t.Advice = append(t.Advice, a)
				}
			}
		}
	}
}

// fieldOfSubChart returns the folder of the sub-chart that a field of the values
// of the chart in dir belongs to, and the field in the sub-chart's values. It
// does not find sub-charts by their alias.
func fieldOfSubChart(t *link.Tree, dir, field string) (subDir, subField string, ok bool) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(field, "."), ".")
	if !ok {
		return "", "", false
	}
	sub := path.Join(dir, "charts", name)
	_, isChart := slices.BinarySearch(t.Names, path.Join(sub, "Chart.yaml"))
	return sub, "." + rest, isChart
}

// comparisonsOf returns the comparisons with one of fields in the templates of the chart
// in the folder dir. Others may be among them.
func comparisonsOf(t *link.Tree, dir string, fields map[string]bool) []comparison {
	var out []comparison
	for _, name := range t.NamesUnder(path.Join(dir, "templates")) {
		if isTemplate(name) {
			out = append(out, findComparisons(name, t.ReadFile(name), fields)...)
		}
	}
	return out
}
