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

// isChartTemplate reports whether the file at name is a template of a chart
// that decides about objects; NOTES.txt only talks.
func isChartTemplate(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".tpl":
		return strings.Contains("/"+path.Dir(name)+"/", "/templates/")
	}
	return false
}

// A comparison is an action of a template that holds a value of the chart
// against a literal.
type comparison struct {
	field string // of the value: .image.repository
	holds func(value string) bool
	text  string // as it stands there
	file  string
	line  int // 1-based
}

const (
	valueRE   = `\(*\$?\.Values((?:\.[A-Za-z_]\w*)+)`
	literalRE = "(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)"
	funcRE    = `\b(contains|hasPrefix|hasSuffix|regexMatch|eq|ne)\s+`
)

// The three ways to write one: the function before the literal and the value,
// the value before the literal, and the value piped into it.
// Source: https://helm.sh/docs/chart_template_guide/function_list/
var (
	literalFirst = regexp.MustCompile(funcRE + literalRE + `\s+` + valueRE)
	valueFirst   = regexp.MustCompile(`\b(eq|ne)\s+` + valueRE + `\s+` + literalRE)
	valuePiped   = regexp.MustCompile(valueRE + `\s*\|\s*(?:toString\s*\|\s*)?` + funcRE + literalRE)
)

// comparisons finds them in the template src at file.
func comparisons(file string, src []byte) []comparison {
	if !bytes.Contains(src, []byte(".Values")) {
		return nil
	}
	var out []comparison
	text, lines := string(src), edit.NewLines(src)
	for _, form := range []struct {
		re                     *regexp.Regexp
		name, literal, operand int // the groups
	}{{literalFirst, 1, 2, 3}, {valueFirst, 1, 3, 2}, {valuePiped, 2, 3, 1}} {
		for _, m := range form.re.FindAllStringSubmatchIndex(text, -1) {
			group := func(n int) string { return text[m[2*n]:m[2*n+1]] }
			literal := strings.Trim(group(form.literal), "\"`")
			if holds := comparing(group(form.name), literal); holds != nil {
				line, _ := lines.Position(m[0])
				out = append(out, comparison{group(form.operand), holds, text[m[0]:m[1]], file, line})
			}
		}
	}
	return out
}

// comparing returns what the function of that name says of a value; nil for a
// pattern that does not compile.
func comparing(name, literal string) func(string) bool {
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
	return func(v string) bool { return v == literal } // eq and ne: what counts is that it changes
}

// compared tells of values that move and that a template of their chart
// compares with something which only the old text is, or only the new one.
func compared(t *link.Tree, moved []link.MovedPiece) {
	if t.ReadFile == nil {
		return
	}
	read := map[string][]comparison{} // by folder of the chart
	said := map[link.Advice]bool{}
	for _, m := range moved {
		if !isValues(path.Base(m.Path)) {
			continue
		}
		for dir, field := path.Dir(m.Path), m.Field; ; {
			all, known := read[dir]
			if !known {
				all = comparisonsOf(t, dir)
				read[dir] = all
			}
			for _, x := range all {
				if x.field == field && x.holds(m.Old) != x.holds(m.New) {
					a := link.Advice{Path: m.Path, At: -1, Text: fmt.Sprintf("%s:%d decides by this value, %s, and decides otherwise after the move; regmigrate verify shows what the chart renders then.", x.file, x.line, x.text)}
					if !said[a] {
						said[a] = true
						t.Advice = append(t.Advice, a)
					}
				}
			}
			name, rest, ok := strings.Cut(strings.TrimPrefix(field, "."), ".")
			if !ok {
				break
			}
			sub := path.Join(dir, "charts", name) // by its name; an alias has no folder
			if _, is := slices.BinarySearch(t.Names, path.Join(sub, "Chart.yaml")); !is {
				break
			}
			dir, field = sub, "."+rest
		}
	}
}

// comparisonsOf are those in the templates of the chart in the folder dir.
func comparisonsOf(t *link.Tree, dir string) []comparison {
	var out []comparison
	for _, name := range t.NamesUnder(path.Join(dir, "templates")) {
		if isChartTemplate(name) {
			out = append(out, comparisons(name, t.ReadFile(name))...)
		}
	}
	return out
}
