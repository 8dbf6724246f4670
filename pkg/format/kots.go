package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// kotsLocalImage matches the start of an action of KOTS up to the quote of an image.
// The action returns the name that the image has in the local registry.
// Source: https://docs.replicated.com/reference/template-functions-config-context#localimagename
var kotsLocalImage = regexp.MustCompile("\\bLocalImageName[ \\t(]+\\\\?[\"'`]?$")

// kotsTernary matches the start of an action of KOTS up to the quote of the text that it
// prints without a local registry, and kotsTernaryEnd matches its end.
// Source: https://docs.replicated.com/vendor/helm-native-v2-using
var (
	kotsTernary    = regexp.MustCompile("\\bHasLocalRegistry[ \\t]*\\|[ \\t]*ternary[ \\t]+(?:\\w+|\\([^()]*\\))[ \\t]+\\\\?[\"'`]?$")
	kotsTernaryEnd = regexp.MustCompile("^\\\\?[\"'`]?[ \\t]*(?:\\|[ \\t]*quote[ \\t]*)?-?\\}\\}([^{}]*)$")
)

// kotsImage adds the image that the literal l is a part of, in an action of KOTS at f.
// It returns false for other literals.
func (d *detector) kotsImage(l *template.Literal, f *frame, literal decodedText) bool {
	before := d.in.Src[l.Action.Start:min(l.Span.Start, len(d.in.Src))]
	text, cut := image.TrimTransport(l.Text)
	switch {
	case kotsLocalImage.Match(before):
		if !isReference(text) {
			return false
		}
		d.add(f, Occurrence{IsImage: true, Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
		return true
	case f.node == nil || !kotsTernary.Match(before) || image.IsHost(text):
		return false
	}
	part, _ := keyPart(f.effectiveKey())
	rest := kotsTernaryEnd.FindStringSubmatch(textAfterLiteral(l, f))
	if rest == nil || part != namePart && !d.isImageField(f) || !isReference(text+rest[1]) {
		return false
	}
	r, _ := image.Parse(text + rest[1])
	d.add(f, Occurrence{LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "", Tail: rest[1], Pieces: []Piece{d.cut(literal, cut, len(l.Text), Whole)}})
	return true
}

// textAfterLiteral returns the text of the value at f after the literal l.
func textAfterLiteral(l *template.Literal, f *frame) string {
	_, end, ok := f.node.Map.Decoded(edit.Span{Start: l.Span.Start, End: l.Span.End})
	if !ok {
		return ""
	}
	return f.node.Value[end:]
}

// kotsChoice matches an action of KOTS that prints a text without a local registry. The
// group is the text.
var kotsChoice = regexp.MustCompile("(?:\\b(?:repl|repo))?\\{\\{-?(?:repl|repo)?[ \\t]*HasLocalRegistry[ \\t]*\\|[ \\t]*ternary[ \\t]+(?:\\w+|\\([^()]*\\))[ \\t]+[\"'`]([^\"'`{}]+)[\"'`][ \\t]*(?:\\|[ \\t]*quote[ \\t]*)?-?\\}\\}")

// kotsParts adds the reference that the values of nodes make up, if KOTS prints other
// values in a cluster with a local registry. A person has to change it: a part of the name
// is in each text. It returns false for other values.
func (d *detector) kotsParts(f *frame, nodes ...*syntax.Node) bool {
	o := Occurrence{IsImage: true, LikelyImage: true, InRepositoryKey: true, Keep: Conflict,
		Note: "the actions of KOTS print the parts of the name: change their texts by hand"}
	found, before := false, ""
	text := func(s string) {
		if n := len(o.Pieces); n > 0 {
			o.Pieces[n-1].Sep += s
		} else {
			before += s
		}
	}
	for i, n := range nodes {
		if i > 0 && !strings.HasSuffix(nodes[i-1].Value, "/") {
			text("/")
		}
		at := transportLen(n.Value)
		for _, m := range kotsChoice.FindAllStringSubmatchIndex(n.Value, -1) {
			text(n.Value[min(at, m[0]):m[0]])
			o.Pieces = append(o.Pieces, d.part(n, m[2], m[3], Repository, ""))
			at, found = m[1], true
		}
		switch rest := n.Value[at:]; {
		case at == transportLen(n.Value) && rest != "":
			o.Pieces = append(o.Pieces, d.part(n, at, len(n.Value), Repository, ""))
		default:
			text(rest)
		}
	}
	if !found || before != "" {
		return false
	}
	last := &o.Pieces[len(o.Pieces)-1]
	o.Tail, last.Sep = last.Sep, ""
	r, err := image.Parse(o.Text())
	if err != nil || r.Domain == "" && image.HasVariable(r.Path) {
		return false
	}
	if o.Pieces[0].Role = Whole; r.Domain != "" {
		o.Pieces[0].Role = Registry
	}
	for _, n := range nodes {
		d.pieces[n] = true
	}
	d.add(f, o)
	for _, n := range nodes {
		d.contexts(f, n, Context{Reason: Conflict, Note: o.Note})
	}
	return true
}

// kotsNodes returns the registry and the repository of r if actions of KOTS print parts of
// them.
func (r *splitReference) kotsNodes() []*syntax.Node {
	switch {
	case r.repository == nil || !hasChoice(r.registry) && !hasChoice(r.repository):
		return nil
	case r.registry == nil || r.registry == r.repository:
		return []*syntax.Node{r.repository}
	}
	return []*syntax.Node{r.registry, r.repository}
}

// kotsValue adds the reference at f, if several actions of KOTS print its parts, or one
// prints a repository. kotsImage adds others.
func (d *detector) kotsValue(f *frame) bool {
	part, _ := keyPart(f.effectiveKey())
	several := strings.Count(f.node.Value, "HasLocalRegistry") > 1
	return (part == repositoryPart || several && (part == namePart || d.fieldKind(f).isImage())) && d.kotsParts(f, f.node)
}

// hasChoice reports whether an action of KOTS prints another text in a cluster with a
// local registry.
func hasChoice(n *syntax.Node) bool { return n != nil && strings.Contains(n.Value, "HasLocalRegistry") }
