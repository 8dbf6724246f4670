package format

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// A QuoteRule says when a new text of a scalar needs quotes.
type QuoteRule uint8

const (
	HasQuotes QuoteRule = iota // never: the text has quotes, or its syntax has no types
	PlainYAML                  // if YAML would read it as another type than a string
	PlainJSON                  // always
)

// tagPiece returns the piece of the tag n, the value of key in the mapping at f, or nil
// if the text of the tag is not known.
func (d *detector) tagPiece(f *frame, n *syntax.Node, key string) *Piece {
	if n == nil {
		return nil
	}
	p := TagPiece(d.in.Path, n.Resolve(), f.below(n).withKey(key).field())
	if p != nil && strings.HasSuffix(strings.ToLower(d.in.Path), ".json") && n.Resolve().Style == syntax.Plain {
		p.Quotes = PlainJSON
	}
	return p
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
