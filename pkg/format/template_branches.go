package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// branchWord matches a word outside of actions, or an action, in a value of a template.
// Actions that begin, divide or end branches are blanks in the value.
var branchWord = regexp.MustCompile(`\{\{.*?\}\}|[^\s{}]+`)

// inBranch is the note of a short name in a value with several words.
const inBranch = "a branch of the template is this name"

// addBranches adds the short names that are branches of the value at f of a template, whose
// field is an image: {{ if .X }}acme/a:1{{ else }}acme/b:1{{ end }}. They are likely images:
// what a rendering prints there is not known.
func (d *detector) addBranches(f *frame, kind fieldKind) {
	n := f.node
	if d.frames == nil || kind != imageField && kind != unknownField {
		return
	}
	words := branchWord.FindAllStringIndex(n.Value, -1)
	if len(words) < 2 {
		return
	}
	for _, w := range words {
		text := n.Value[w[0]:w[1]]
		before, after := w[0] == 0 || isBlank(n.Value[w[0]-1]), w[1] == len(n.Value) || isBlank(n.Value[w[1]])
		r, err := image.Parse(text)
		if !before || !after || err != nil || r.Domain != "" || r.Tag+r.Digest == "" || kind == unknownField && !d.namesImage(f, r, nil) {
			continue
		}
		d.add(f, Occurrence{LikelyImage: true, Note: inBranch, Pieces: []Piece{d.part(n, w[0], w[1], Whole, "")}})
	}
}

// inFallback is the note of a short name that an action prints, perhaps.
const inFallback = "an action of the template prints this name, unless a value replaces it"

// withoutFormat returns a name with the tag 0 for a format of printf whose tag is an argument:
// acme/app:%s. It returns "" for other texts.
func withoutFormat(text string) string {
	if name, ok := strings.CutSuffix(text, ":%s"); ok && !strings.Contains(name, "%") {
		return name + ":0"
	}
	return ""
}

// isFallbackImage reports whether text, that of l, is a short name with a tag or a digest
// that an action in an image field may print: {{ or .Values.image "acme/app:1" }}.
func (d *detector) isFallbackImage(l *template.Literal, f *frame, text string) bool {
	if f.node == nil || l.Scalar != f.node || !d.isImageField(f) {
		return false
	}
	r, err := image.Parse(text)
	return err == nil && r.Domain == "" && r.Tag+r.Digest != ""
}
