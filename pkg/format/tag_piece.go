package format

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A QuoteRule says when a new text of a scalar needs quotes.
type QuoteRule uint8

const (
	HasQuotes     QuoteRule = iota // never: the text has quotes, or its syntax has no types
	PlainYAML                      // if YAML would read it as another type than a string
	PlainJSON                      // always
	UnclearNumber                  // the text is a number, such as 1.10, that programs may print with other digits
)

// withTag returns o with the tag and the digest of r, the mapping at f.
func (d *detector) withTag(f *frame, r *splitReference, o Occurrence) Occurrence {
	o.Tag, o.Digest = r.tag, r.digest
	d.setTagPiece(&o, f, r.tagNode, r.tagKey)
	if r.hasTags && d.in.ReadsTags {
		o.TagPiece, o.TagUnknown = nil, "several keys have a tag"
	}
	return o
}

// readSiblingTag sets the tag of o, the reference r at f, that the sibling keys h have.
func (d *detector) readSiblingTag(f *frame, r image.Ref, h *splitReference, o *Occurrence) {
	*o = d.withTag(f.up, h, *o)
	if r.Tag != "" {
		o.TagPiece, o.TagUnknown = nil, "" // the text has the tag
	}
}

// readListTag sets the tag of o, the value at f, that another item of the list may have.
func (d *detector) readListTag(f *frame, o *Occurrence) {
	if o.Tag = d.tagInList(f); o.Tag != "" && d.in.ReadsTags {
		o.TagUnknown = "another item of the list may be the tag"
	}
}

// setTagPiece sets the piece of the tag of o, which is n, the value of key in the mapping
// at f, or nil.
func (d *detector) setTagPiece(o *Occurrence, f *frame, n *syntax.Node, key string) {
	if n == nil || !d.in.ReadsTags {
		return
	}
	n = n.Resolve()
	if o.TagPiece = TagPiece(d.in.Path, n, f.below(n).withKey(key).field()); o.TagPiece == nil {
		if n.Kind != syntax.Scalar || n.Value != "" {
			o.TagUnknown = unclearTag(n)
		}
		return
	}
	switch {
	case !isTyped(d.in.Path) || key == strings.ToUpper(key):
		o.TagPiece, o.TagUnknown = nil, "the variable "+key+" may be the tag of other images, too"
	case n.Style != syntax.Plain:
	case f.depth > 0 && n.Tag != "!!str":
		o.TagPiece, o.TagUnknown = nil, fmt.Sprintf("the tag %s is a number in a document inside a text", n.Value)
	case isJSON(d.in.Path, d.in.Src):
		o.TagPiece.Quotes = PlainJSON
	}
}

// isTyped reports whether the file at name is YAML or JSON. In other files, keys are
// variables or attributes that other lines and files use.
func isTyped(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", ".jsonc", ".ndjson", ".jsonl":
		return true
	}
	return path.Base(name) == "Kustomization"
}

// unclearTag returns why the node n of a tag shows no tag.
func unclearTag(n *syntax.Node) string {
	if n.Kind == syntax.Scalar {
		return fmt.Sprintf("programs may read the tag %s as a number and print other digits", n.Value)
	}
	return "the tag is not a text"
}

// TagPiece makes the piece of a tag, the scalar n at field in the file at path. It
// returns nil if n is no tag: it is empty, a mapping, or a number that is printed with
// other digits than it has, such as 1.10.
func TagPiece(path string, n *syntax.Node, field string) *Piece {
	if n == nil || n.Kind != syntax.Scalar || n.Value == "" || n.Span.Len() == 0 || !isPrintedAsWritten(n) {
		return nil
	}
	p := ScalarPiece(path, n, field, TagOnly, "")
	return &p
}

// isPrintedAsWritten reports whether programs print the scalar n with the characters
// that it is written with.
func isPrintedAsWritten(n *syntax.Node) bool {
	switch n.Tag {
	case "!!str":
		return true
	case "!!int", "!!float":
		return isCanonical(n.Value)
	}
	return false
}

// yaml11 matches texts of tags that YAML 1.1 reads as other types than YAML 1.2.
var yaml11 = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|[-+]?[0-9][0-9_]*|[-+]?[0-9][0-9_]*\.[0-9_]*|0[box][0-9a-f_]+|[0-9]+e[0-9]+)$`)

// WholeText returns text as it is written in place of all of p, with quotes if it needs
// them: a number remains one only if the new text is a number, too. The result isWhole
// says that the type or the quotes change; see [edit.Edit].
func (p *Piece) WholeText(text string) (written string, isWhole bool) {
	if p.Quotes == HasQuotes {
		return text, false
	}
	isString := typeOf(text) == "!!str"
	switch {
	case isString && p.Quotes == PlainYAML:
		return text, typeOf(p.Text) != "!!str"
	case !isString && typeOf(text) == typeOf(p.Text) && isCanonical(text):
		return text, p.Quotes == PlainJSON
	}
	return `"` + text + `"`, true
}

// isCanonical reports whether programs print the number text with its digits.
func isCanonical(text string) bool {
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && strconv.FormatFloat(x, 'f', -1, 64) == text
}

// typeOf returns the type that YAML gives to a plain scalar.
func typeOf(text string) string {
	n := yaml.NewScalarRNode(text).YNode()
	n.Tag = ""
	tag := n.ShortTag()
	if tag == "!!str" && (yaml11.MatchString(text) || slices.Contains([]string{"~", "null"}, strings.ToLower(text))) {
		return "yaml 1.1"
	}
	return tag
}
