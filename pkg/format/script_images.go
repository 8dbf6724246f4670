package format

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// commandFiles are the extensions and names of files whose lines are commands.
var commandFiles = set(".sh", ".bash", ".zsh", ".ksh", ".fish", ".bats", ".mk", ".mak", ".ps1", ".bat", ".cmd", "makefile", "gnumakefile", "justfile")

// hasCommands reports whether the lines of the script at name are commands.
func hasCommands(name string, src []byte) bool {
	base := strings.ToLower(path.Base(name))
	stem := strings.TrimSuffix(base, path.Ext(base))
	if commandFiles[path.Ext(base)] || commandFiles[stem] || commandFiles[path.Ext(stem)] {
		return true
	}
	first, _, _ := bytes.Cut(src, []byte("\n"))
	interpreter, isScript := strings.CutPrefix(strings.TrimSpace(string(first)), "#!")
	words := strings.FieldsFunc(interpreter, func(r rune) bool { return r == ' ' || r == '/' })
	return isScript && slices.ContainsFunc(words, func(w string) bool { return commandFiles["."+w] })
}

// addScriptImages adds the images without a registry in the commands of a script. They are
// likely images, or certain where the documentation of the command says so.
func addScriptImages(in Input, s *ScanResult) {
	text := string(in.Src)
	if hasCommands(in.Path, in.Src) {
		eachHeredocImage(in, text, func(o Occurrence) {
			for k := range o.Pieces {
				p := &o.Pieces[k]
				p.Span, _ = p.Map.Enclosing(0, len(p.Text))
			}
			o.Scope = Scripts
			s.replace(o)
		})
	}
	if !mayHaveCommandImages(text) || !hasCommands(in.Path, in.Src) {
		return
	}
	var built map[string]bool
	commands := commandsOf(text)
	for _, x := range assignedImages(text, commands) {
		o := (&wordImage{}).occurrence(x.text)
		o.Scope = Scripts
		o.Pieces = []Piece{{Path: in.Path, Text: x.text, Span: x.span, Map: edit.Identity(x.span.Start, x.span.Len())}}
		if built == nil {
			built = builtIn(text)
		}
		if x.isBuilt || built[withTag(x.text)] {
			o.Keep = Built
		}
		s.replace(o)
	}
	for _, words := range commands {
		texts := wordTexts(words)
		if len(texts) > 0 {
			texts[0] = strings.TrimLeft(texts[0], "@-+") // make: do not print, ignore errors
		}
		for _, x := range imagesOfCommand(texts) {
			at, ok := spanOfImage(text, words[x.word], x.start)
			if !ok || inComment(text, at.Start) {
				continue
			}
			name := text[at.Start:at.End]
			o := x.occurrence(name)
			o.Scope = Scripts
			o.Pieces = []Piece{{Path: in.Path, Text: name, Span: at, Map: edit.Identity(at.Start, at.Len())}}
			if built == nil {
				built = builtIn(text)
			}
			if built[withTag(name)] {
				o.Keep = Built
			}
			s.replace(o)
		}
	}
}
