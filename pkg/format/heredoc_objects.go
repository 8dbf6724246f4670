package format

import (
	"regexp"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// heredocStart matches the rest of a command that begins a here-document; one of the groups
// is the word at its end.
// Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_07_04
var heredocStart = regexp.MustCompile(`<<-?[ \t]*(?:'(\w+)'|"(\w+)"|\\?(\w+))[^\n]*\n`)

// heredocObjects returns the here-documents of text that begin with an object of Kubernetes,
// such as the input of kubectl apply -f -.
func heredocObjects(text string) []edit.Span {
	if !strings.Contains(text, "<<") || !strings.Contains(text, "apiVersion:") {
		return nil
	}
	var out []edit.Span
	lines := wordLines(text)
	for _, m := range heredocStart.FindAllStringSubmatchIndex(text, -1) {
		word := ""
		for k := 2; k < len(m); k += 2 {
			if m[k] >= 0 {
				word = text[m[k]:m[k+1]]
			}
		}
		if len(out) > 0 && m[0] < out[len(out)-1].End {
			continue // in the here-document before
		}
		body := edit.Span{Start: m[1], End: len(text)}
		if ends := lines[word]; len(ends) > 0 {
			if i := sort.SearchInts(ends, m[1]); i < len(ends) {
				body.End = ends[i]
			}
		}
		if beginsWithObject([]byte(text[body.Start:min(body.End, body.Start+4*maxObjectHead)])) {
			out = append(out, body)
		}
	}
	return out
}

// wordLines returns the offsets of the lines of text that are one word, in order.
func wordLines(text string) map[string][]int {
	out := map[string][]int{}
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if word := strings.Trim(line, " \t\r"); word != "" && strings.IndexFunc(word, func(r rune) bool { return r > 0x7f || !dockerfile.IsNameByte(byte(r)) }) < 0 {
			out[word] = append(out[word], at)
		}
		at += len(line) + 1
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
