package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// heredocStart matches the rest of a command that begins a here-document; one of the groups
// is the word at its end.
// Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_07_04
var heredocStart = regexp.MustCompile(`<<-?[ \t]*(?:'(\w+)'|"(\w+)"|\\?(\w+))[^\n]*\n`)

// maxHeredocs bounds the here-documents of a text that are read.
const maxHeredocs = 100

// heredocObjects returns the here-documents of text that begin with an object of Kubernetes,
// such as the input of kubectl apply -f -.
func heredocObjects(text string) []edit.Span {
	if len(text) > maxMappingText || !strings.Contains(text, "<<") || !strings.Contains(text, "apiVersion:") {
		return nil
	}
	var out []edit.Span
	for _, m := range heredocStart.FindAllStringSubmatchIndex(text, maxHeredocs) {
		word := ""
		for k := 2; k < len(m); k += 2 {
			if m[k] >= 0 {
				word = text[m[k]:m[k+1]]
			}
		}
		if len(out) > 0 && m[0] < out[len(out)-1].End {
			continue // in the here-document before
		}
		body := edit.Span{Start: m[1], End: m[1]}
		for body.End < len(text) {
			line, _, _ := strings.Cut(text[body.End:], "\n")
			if strings.Trim(line, " \t\r") == word {
				break
			}
			body.End = min(len(text), body.End+len(line)+1)
		}
		if beginsWithObject([]byte(text[body.Start:body.End])) {
			out = append(out, body)
		}
	}
	return out
}

// eachHeredocImage calls add for the images without a registry in the objects of
// Kubernetes that here-documents of text hold. The maps of their pieces lead to text.
func eachHeredocImage(in Input, text string, add func(o Occurrence)) {
	for _, body := range heredocObjects(text) {
		file, err := syntax.ParseYAML([]byte(text[body.Start:body.End]), nil)
		if err != nil {
			continue
		}
		inner := in
		inner.Src, inner.Marks, inner.Docs = []byte(text[body.Start:body.End]), nil, nil
		d := newDetector(inner)
		d.documents(file.Docs)
		for _, o := range d.out.Occurrences {
			if o.Unconfirmed || !isShortName(o.Text()) {
				continue
			}
			for k := range o.Pieces {
				o.Pieces[k].Map = o.Pieces[k].Map.Compose(edit.Identity(body.Start, body.Len()))
			}
			add(o)
		}
	}
}
