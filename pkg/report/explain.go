package report

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Explain writes what becomes of the mentions in the file at path, or of those
// on one line (1-based; 0 means all lines): the field, the rule, the reason,
// and what would change the result. The order is that of the file. It returns the
// number of mentions.
func Explain(w io.Writer, p *rewrite.Plan, path string, line int, o Options) (int, error) {
	t := newTextReport(p, o)
	n := 0
	for i := range p.Files {
		f := &p.Files[i]
		if f.Path != path {
			continue
		}
		if f.Err != nil {
			t.line(red, fmt.Sprintf("%s: %v", f.Path, f.Err))
		}
		var findings []fileFinding
		for j := range f.Findings {
			if x := &f.Findings[j]; line == 0 || x.Line == line {
				findings = append(findings, fileFinding{f, x})
			}
		}
		slices.SortStableFunc(findings, func(a, b fileFinding) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		for _, x := range findings {
			if n > 0 {
				t.b.WriteByte('\n')
			}
			n++
			t.explain(x)
		}
	}
	_, err := w.Write(t.b.Bytes())
	return n, err
}

// explain writes what becomes of x, and why.
func (t *textReport) explain(x fileFinding) {
	t.put(dim, fmt.Sprintf("%s:%d:%d", x.file.Path, x.Line, x.Column))
	t.put(plain, "  "+x.Old+"  ")
	rewritten := x.Status == rewrite.Rewritten
	if rewritten {
		t.line(bold, "-> "+x.New)
	} else {
		t.line(bold, wording.NotChanged(string(x.Reason)))
	}
	t.explanation(fieldOf(x))
	t.explainRule(x)
	if x.Implicit && x.Reason != format.OutdatedPolicy {
		t.explanation("Implicit: the old name is not spelled out, because the reference is split across keys, contains an escape sequence, is in Base64 text, or is a Docker Hub short name.")
	}
	switch {
	case x.IsConsequence:
		t.explanation("Updated because a reference moves: " + x.Note + ".")
	case x.file.Unverified && rewritten:
		t.explanation("No parser reads this file; the edit relies only on the grammar of image references.")
	}
	if !rewritten {
		t.explanation(x.Reason.Doc())
		t.explanation(wording.Prefixed("Details: ", x.Note))
		t.explanation(wording.Sentence(wording.Action(x.Reason.Advice())))
		t.explanation(wording.Prefixed("To change it: ", howToChange(x.Finding)))
	}
	if x.IsAssumed || x.Reason == format.LikelyImage {
		t.explainLikely(x)
	}
	for _, a := range t.p.Advice {
		if a.Path == x.file.Path && a.Line == x.Line {
			kind := "Action required: "
			if a.Note {
				kind = "Note: "
			}
			t.explanation(kind + refPrefix(a.Ref) + a.Text + wording.Prefixed(" ", a.Source))
		}
	}
}

// explainLikely writes the lines of the configuration that declare the field of x,
// which is likely an image.
func (t *textReport) explainLikely(x fileFinding) {
	if x.IsAssumed {
		t.explanation("A likely image: --assume-images moves it.")
	}
	path := fieldPath(x.Place.Field)
	if path == "" {
		return
	}
	syntax := ""
	if s := format.SyntaxOf(x.file.Path); s != "" {
		syntax = ", syntax: " + s
	}
	t.explanation("To declare the field in the configuration, as an image or as something else:")
	for _, isImage := range []string{"true", "false"} {
		t.line(plain, "  fields: [{files: ["+strconv.Quote(x.file.Path)+"]"+syntax+", path: "+strconv.Quote(path)+", image: "+isImage+"}]")
	}
}

// fieldPath returns the path of a field in the notation of the configuration:
// spec.containers[].image for .spec.containers[0].image.
func fieldPath(field string) string {
	field = field[strings.LastIndexByte(field, '|')+1:]
	field = listIndex.ReplaceAllString(field, "[]")
	field = quotedKey.ReplaceAllString(field, ".$1")
	return strings.TrimPrefix(field, ".")
}

var (
	listIndex = regexp.MustCompile(`\[\d+\]`)
	quotedKey = regexp.MustCompile(`\[("(?:[^"\\]|\\.)*")\]`)
)

// explainRule writes the rule that matches x.
func (t *textReport) explainRule(x fileFinding) {
	if x.Rule == "" {
		return
	}
	for _, r := range t.p.Rules.Rules() {
		if r.Name == x.Rule && r.From == x.From {
			t.explanation("Rule " + r.From + " -> " + r.To + " (" + r.Name + ")" + wording.Prefixed(": ", r.Doc) + origin(r.Source, r.Date))
			return
		}
	}
}

// explanation writes words, indented and wrapped, unless they are empty.
func (t *textReport) explanation(words string) {
	if words != "" {
		t.paragraph(plain, words, 0, 2)
	}
}

// howToChange says how to make x move, "" when it should not.
func howToChange(x *rewrite.Finding) string {
	const ifReference = " if it is a reference."
	switch x.Reason {
	case format.Prose, format.DocsText:
		return "use " + scopeFlag(format.Docs) + ifReference
	case format.Comment:
		return "use " + scopeFlag(format.Comments) + ifReference
	case format.ScriptText:
		return "use " + scopeFlag(format.Scripts) + "."
	case format.CodeText:
		return "use " + scopeFlag(format.Code) + "."
	case format.SkippedFolder:
		if x.MovesIfScanned {
			return "name the folder as PATH, or use --no-ignore."
		}
	case format.Ignored:
		return "delete the regmigrate:ignore comment."
	case format.ExcludedByRule:
		return "remove it from the keep list of the rule."
	case format.DifferentName:
		return "add a rule for this name: --rule FROM=TO."
	case format.RegistryHost:
		return "if images are pulled from it, declare its key in the configuration: fields: [{registry: KEY, repository: KEY}]."
	case format.Conflict:
		return "let all rules of the images that share the registry move to the same place, or give each image a registry key of its own."
	}
	return ""
}

// origin returns the date and the source of a rule, as far as they are known.
func origin(source, date string) string {
	switch {
	case source == "":
		return ""
	case date == "":
		return " (" + source + ")"
	}
	return " (" + date + ", " + source + ")"
}

// refPrefix introduces a text about ref; it is "" if ref is.
func refPrefix(ref string) string {
	if ref == "" {
		return ""
	}
	return ref + ": "
}
