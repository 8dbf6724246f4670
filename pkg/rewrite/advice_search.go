package rewrite

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// searchAdvice returns advice about substitutions of sed, yq and the like that
// name a file that changes, and whose pattern this file no longer contains.
func (p *planner) searchAdvice() []Advice {
	var changed []*scannedFile
	for _, f := range p.files {
		if len(f.file.Edits) > 0 {
			changed = append(changed, f)
		}
	}
	var out []Advice
	for _, f := range p.files {
		for _, m := range f.contents.Mappings {
			if !m.Substitutes || len(m.Kept) == 0 || overlaps(f.file.Edits, m.Kept[0]) {
				continue
			}
			if name := fileWithout(changed, f, m); name != "" {
				line, _ := edit.NewLines(f.file.Before).Position(m.Kept[0].Start)
				out = append(out, Advice{Path: f.file.Path, Line: line, Ref: m.From, Text: "This command searches for the old name in " + name + ", which no longer contains it. Change what the command searches for."})
			}
		}
	}
	return out
}

// fileWithout returns the path of a changed file that the command of m in the
// script names, and that no longer contains what m replaces; "" if there is
// none.
func fileWithout(changed []*scannedFile, script *scannedFile, m format.Mapping) string {
	_, after := commandAround(script.file.Before, m.Kept[0])
	words := strings.FieldsFunc(string(after), func(r rune) bool { return strings.ContainsRune(" \t\r\n'\"`;|&()", r) })
	for _, f := range changed {
		if !slices.ContainsFunc(words, func(w string) bool { return namesFile(w, f.file.Path) }) {
			continue
		}
		old := []byte(literalStart(m.From))
		if bytes.Contains(f.file.Before, old) && !bytes.Contains(f.file.After(), old) {
			return f.file.Path
		}
	}
	return ""
}

// namesFile reports whether word is the path of the file at name, from some
// folder of the repository, or a glob for it.
func namesFile(word, name string) bool {
	word = path.Clean(word)
	for strings.HasPrefix(word, "../") {
		word = word[len("../"):]
	}
	if word == "." || !strings.Contains(word, ".") {
		return false
	}
	steps := strings.Split(name, "/")
	n := strings.Count(word, "/") + 1
	if n > len(steps) {
		return false
	}
	ok, err := path.Match(word, strings.Join(steps[len(steps)-n:], "/"))
	return ok && err == nil
}

// literalStart returns the start of a pattern up to its first operator.
func literalStart(pattern string) string {
	if i := strings.IndexAny(pattern, `*[(\^+?$`); i >= 0 {
		pattern = strings.TrimSuffix(pattern[:i], ".")
	}
	return pattern
}
