package format

import (
	"regexp"
	"sort"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// cutVariable matches the use of a variable of which a pattern cuts or replaces a part:
// ${NAME#PATTERN}, ${NAME%PATTERN}, ${NAME/PATTERN/TEXT}; group 1 is its name.
// Source: https://docs.docker.com/reference/dockerfile/#environment-replacement
var cutVariable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)[#%/]`)

// cutNote is the note of a reference in a value that a pattern cuts.
const cutNote = "a pattern of the file, such as ${NAME#PATTERN}, cuts or replaces a part of the value"

// findCut sets s.cut.
func (s *dockerScan) findCut() {
	names := map[string]bool{}
	for _, m := range cutVariable.FindAllSubmatch(s.in.Src, -1) {
		names[string(m[1])] = true
	}
	if len(names) == 0 {
		return
	}
	for i := range s.d.Instructions {
		in := &s.d.Instructions[i]
		if in.Cmd != "arg" && in.Cmd != "env" || !in.HasArgs() {
			continue
		}
		for at := in.Args; ; {
			w := in.NextWord(at)
			if at = w.End; w.Len() == 0 {
				break
			}
			name, _ := in.KeyAt(w.End - 1)
			if span, ok := (dockerfile.Fragment{Text: in.Text, Map: in.Map}).Slice(w.Start, w.End).Map.Enclosing(0, w.Len()); ok && names[name] {
				s.cut = append(s.cut, span)
			}
		}
	}
}

// isCut reports whether the bytes at are in a value that a pattern cuts.
func (s *dockerScan) isCut(at edit.Span) bool {
	i := sort.Search(len(s.cut), func(i int) bool { return s.cut[i].End >= at.End }) // in the order of the file
	return i < len(s.cut) && s.cut[i].Start <= at.Start
}
