package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// assignmentItem is the form of an item that sets a variable or a flag: NAME=VALUE in the
// environment of a Compose file and in the literals of a generator, --NAME=VALUE in a
// list of arguments.
var assignmentItem = regexp.MustCompile(`^-{0,2}([A-Za-z_][\w.-]*)=(.+)$`)

// assignedName adds the short name in the item at f, NAME=VALUE, if NAME or the
// configuration says that VALUE is an image. It returns false otherwise: then the
// references that have a domain are among the words of the item.
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/
func (d *detector) assignedName(f *frame) bool {
	if !f.item || strings.ContainsAny(f.node.Value, " \n") {
		return false
	}
	m := assignmentItem.FindStringSubmatchIndex(f.node.Value)
	if m == nil {
		return false
	}
	name, at := f.node.Value[m[2]:m[3]], unquoted(f.node.Value, edit.Span{Start: m[4], End: m[5]})
	value := f.node.Value[at.Start:at.End]
	r, err := image.Parse(value)
	if err != nil || r.Domain != "" || keptListReason(fold(name)) != "" || proseKeys[fold(name)] {
		return false
	}
	p := d.part(f.node, at.Start, at.End, Whole, "")
	g := f.below(&syntax.Node{Kind: syntax.Scalar, Value: value, Span: p.Span, Map: p.Map}).withKey(name)
	isImage := d.fieldKind(g) == imageField
	if !isImage && d.fieldKind(g) != unqualifiedField && !d.namesImage(g, r, nil) {
		return false
	}
	d.addWhole(g, isImage)
	return true
}

// unquoted returns at without the quotes around it in text, which generators remove.
func unquoted(text string, at edit.Span) edit.Span {
	if s := text[at.Start:at.End]; len(s) > 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return edit.Span{Start: at.Start + 1, End: at.End - 1}
	}
	return at
}
