package format

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Search is a command that looks for a text in files, such as sed, yq or
// kustomize edit set image. If the text is an old name that the files no longer
// have, the command does nothing, or writes the old name.
type Search struct {
	Text  string      // the pattern or program, with the values of variables and without escapes
	Spans []edit.Span // in the file: the word, and the values of its variables
	Files []string    // words that may be paths or globs of files

	// Kustomization reports that the command edits the kustomization in its
	// current folder.
	Kustomization bool
}

// searchTools are the programs with a pattern or a program text among their
// arguments.
var searchTools = set("sed", "gsed", "yq", "jq", "perl", "ruby", "awk", "gawk", "mawk", "grep", "egrep", "fgrep", "rg", "sd")

// maxSearches bounds the searches of one text.
const maxSearches = 1 << 12

// searchesOf returns the searches of the commands of text. Spans are offsets in
// text.
func searchesOf(text string) []Search {
	if len(text) > maxMappingText {
		return nil
	}
	commands := commandsOf(text)
	known := newAssignments(text, commands)
	var out []Search
	for _, words := range commands {
		isKustomize := len(words) > 3 && path.Base(words[0].text) == "kustomize" && setsImage(words)
		if len(out) > maxSearches || !isKustomize && !isSearch(words) {
			continue
		}
		files := strings.FieldsFunc(lineAt(text, words[0].span.Start), isWordEnd)
		var found []Search
		for _, w := range words {
			for _, env := range known.environments([]commandWord{w}) {
				x := expand(w.text, env, 0)
				files = append(files, x.text)
				if strings.Contains(x.text, ".") {
					found = append(found, Search{Text: unescapePattern(x.text), Spans: append(x.used, w.span), Kustomization: isKustomize})
				}
			}
		}
		for i := range found {
			found[i].Files = files
		}
		out = append(out, found...)
	}
	return out
}

// isSearch reports whether words run one of searchTools.
func isSearch(words []commandWord) bool {
	return slices.ContainsFunc(words, func(w commandWord) bool { return searchTools[path.Base(strings.TrimLeft(w.text, "@-+"))] }) ||
		len(words) > 3 && path.Base(words[0].text) == "kubectl" && setsImage(words)
}

// isWordEnd reports whether r ends a word that may be a path.
func isWordEnd(r rune) bool { return strings.ContainsRune(" \t\r\n'\"`;|&()", r) }

// lineAt returns the line of text at an offset, which may contain several
// commands: cat FILE | sed.
func lineAt(text string, at int) string {
	line, _ := lineAround(text, edit.Span{Start: at, End: at})
	return line
}

// scriptSearches records the searches of the scripts of the file.
func (d *detector) scriptSearches() {
	for _, g := range d.scripts {
		s := g.script()
		d.out.Searches = append(d.out.Searches, s.inFile(searchesOf(s.text.String()))...)
	}
}

// inFile replaces the spans of searches by those in the file.
func (s *scriptText) inFile(searches []Search) []Search {
	for i := range searches {
		var spans []edit.Span
		for _, x := range searches[i].Spans {
			if span, ok := s.toFile.Enclosing(x.Start, x.End); ok {
				spans = append(spans, span)
			}
		}
		searches[i].Spans = spans
	}
	return searches
}
