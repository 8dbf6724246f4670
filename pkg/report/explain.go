package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Explain writes what became of every mention in the file at path, or of those
// on one line (1-based; 0 means all): where it stands, which rule applies, why
// it stays, and what would change that. It returns how many it explained.
func Explain(w io.Writer, p *rewrite.Plan, path string, line int, o Options) (int, error) {
	t := &textReport{o: o, p: p, width: o.Width}
	if t.width == 0 {
		t.width = 80
	}
	n := 0
	for i := range p.Files {
		f := &p.Files[i]
		if f.Path != path {
			continue
		}
		if f.Err != nil {
			t.line(red, fmt.Sprintf("%s: %v", f.Path, f.Err))
		}
		for j := range f.Findings {
			x := &f.Findings[j]
			if line != 0 && x.Line != line {
				continue
			}
			if n > 0 {
				t.b.WriteByte('\n')
			}
			n++
			t.explain(f, x)
		}
	}
	_, err := w.Write(t.b.Bytes())
	return n, err
}

// explain writes what became of one mention.
func (t *textReport) explain(f *rewrite.File, x *rewrite.Finding) {
	t.put(dim, fmt.Sprintf("%s:%d:%d", f.Path, x.Line, x.Column))
	t.put(plain, "  "+x.Old+"  ")
	if x.Status == rewrite.Rewritten {
		t.line(bold, "-> "+x.New)
	} else {
		t.line(bold, "kept: "+string(x.Reason))
	}
	t.paragraph(strings.TrimSpace(x.Place.Field + after(" in ", x.Place.Object)))
	if x.Rule != "" {
		for _, r := range t.p.Rules.Rules() {
			if r.Name == x.Rule && r.From == x.From {
				t.paragraph("Rule " + r.From + " -> " + r.To + " (" + r.Name + ")" + after(": ", r.Doc) + since(r.Source, r.Date))
				break
			}
		}
	}
	if x.Implicit {
		t.paragraph("No text search for the old name finds it: it is split over several values, spelled with an escape, or short for an image of Docker Hub.")
	}
	switch {
	case x.IsConsequence:
		t.paragraph("It moves because something else does: " + x.Note + ".")
	case f.Unverified && x.Status == rewrite.Rewritten:
		t.paragraph("No parser takes this file, so that the edit rests on the grammar of references alone.")
	}
	for _, a := range t.p.Advice {
		if a.Path == f.Path && a.Line == x.Line {
			t.paragraph("To do: " + strings.TrimPrefix(a.Ref+": "+a.Text, ": ") + after(" ", a.Source))
		}
	}
	if x.Status == rewrite.Rewritten {
		return
	}
	t.paragraph(x.Reason.Doc())
	t.paragraph(after("Here: ", x.Note))
	t.paragraph(after("To do: ", x.Reason.Advice()))
	t.paragraph(after("To have it moved: ", change(x)))
}

// paragraph writes words below the place, indented and wrapped.
func (t *textReport) paragraph(words string) {
	if words != "" {
		t.wrapped(plain, strings.Fields(words), " ", 0, 2)
	}
}

// change says what would make a mention move that stays, "" when nothing
// should.
func change(x *rewrite.Finding) string {
	switch x.Reason {
	case format.Prose, format.DocsText:
		return "--scope manifests,docs, if it is a reference"
	case format.Comment:
		return "--scope manifests,comments, if it is a reference"
	case format.ScriptText:
		return "--scope manifests,scripts"
	case format.CodeText:
		return "--scope manifests,code"
	case format.Ignored:
		return "delete the regmigrate:ignore comment."
	case format.ExcludedByRule:
		return "take it out of the rule's keep."
	case format.DifferentName:
		return "it needs a rule of its own: --rule FROM=TO with the name as it stands here."
	case format.RegistryHost:
		return "if images are fetched from it, declare its key in the configuration: fields: [{registry: KEY, repository: KEY}]."
	case format.Conflict:
		return "give every image that shares the registry a rule to the same place, or split the registry key by hand."
	}
	return ""
}

// since is the day and the source of a rule, as far as they are known.
func since(source, date string) string {
	switch {
	case source == "":
		return ""
	case date == "":
		return " (" + source + ")"
	}
	return " (" + date + ", " + source + ")"
}
