package syntax

import (
	"slices"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlPair is a node as the decoder returned it, with its comments, and as a
// Node with positions.
type yamlPair struct {
	y *yaml.Node
	n *Node
}

// A yamlComparer compares the trees before and after the edits. It never follows
// an alias.
type yamlComparer struct {
	*yamlVerifier
	at int // position in before of the last node that has one, for errors

	// If there are insertions, all comments are compared together, since the
	// decoder may attach a comment below an inserted key to that key.
	oldComments, newComments []string
}

// compareDocuments compares two documents. b and a are the decoder's results, old
// and new the roots.
func (w *yamlComparer) compareDocuments(b, a *yaml.Node, old, new *Node) error {
	if err := w.compareNodeComments(b, a); err != nil {
		return err
	}
	switch {
	case (old == nil) != (new == nil) || len(b.Content) != len(a.Content):
		return w.errorAt(w.at, "the content of the document was added or removed")
	case len(b.Content) == 0:
		return nil
	case old == nil:
		return w.compareNodeComments(b.Content[0], a.Content[0])
	}
	return w.compareNodes(yamlPair{b.Content[0], old}, yamlPair{a.Content[0], new})
}

// compareNodes compares two nodes and their children.
func (w *yamlComparer) compareNodes(b, a yamlPair) error {
	if b.n.Span.Len() > 0 || b.n.Kind == Mapping || b.n.Kind == Sequence {
		w.at = b.n.Span.Start
		if a.n.Span.Start != w.moved(w.at) {
			return w.errorAt(w.at, "%.40q is at an unexpected position after the edits", b.n.Value)
		}
	}
	isReplaced := w.isReplaced(b, a)
	switch {
	case isYAMLNullNode(b.n) && a.n.Kind == Mapping && a.n.Tag == "!!map" && a.n.Anchor == "" && len(a.n.Children) > 0:
		// Each key of it must be inserted as a first one.
		if err := w.compareNodeComments(b.y, a.y); err != nil {
			return err
		}
		return w.compareChildren(b, a)
	case b.n.Kind != a.n.Kind:
		return w.errorAt(w.at, "%.40q is no longer %s", b.n.Value, kindName(b.n.Kind))
	case isReplaced && b.n.Anchor == a.n.Anchor:
		return w.compareNodeComments(b.y, a.y)
	case b.y.Style != a.y.Style:
		return w.errorAt(w.at, "the style of %.40q changes", b.n.Value)
	case b.n.Tag != a.n.Tag:
		return w.errorAt(w.at, "the type changes: %.40q is %s, %.40q is %s", b.n.Value, b.n.Tag, a.n.Value, a.n.Tag)
	case b.n.Anchor != a.n.Anchor:
		return w.errorAt(w.at, "the anchor %q becomes %q", b.n.Anchor, a.n.Anchor)
	}
	want, err := edit.ApplyString(b.n.Value, w.scalars[b.n])
	if err != nil {
		return w.errorAt(w.at, "edits of %.40q: %w", b.n.Value, err)
	}
	if a.n.Value != want {
		return w.errorAt(w.at, "%.80q becomes %.80q, expected %.80q", b.n.Value, a.n.Value, want)
	}
	if err := w.compareNodeComments(b.y, a.y); err != nil {
		return err
	}
	return w.compareChildren(b, a)
}

// isReplaced reports whether an edit with IsWhole replaces all of the scalar b, which has
// no quotes, by the string a.
func (w *yamlComparer) isReplaced(b, a yamlPair) bool {
	if b.n.Kind != Scalar || b.n.Style != Plain || a.n.Kind != Scalar || a.n.Tag != "!!str" || len(w.scalars[b.n]) != 1 {
		return false
	}
	e := w.scalars[b.n][0]
	return e.IsWhole && e.Start == 0 && e.End == len(b.n.Value) && isNewText(e.New, a.n)
}

// isNewText reports whether the text of an edit is that of the string n, alone or in
// double quotes.
func isNewText(text string, n *Node) bool {
	switch n.Style {
	case Plain:
		return text == n.Value
	case DoubleQuoted:
		return text == `"`+n.Value+`"`
	}
	return false
}

func kindName(k Kind) string {
	switch k {
	case Mapping:
		return "a mapping"
	case Sequence:
		return "a list"
	case Alias:
		return "an alias"
	}
	return "a scalar"
}

// compareChildren compares the children of two nodes, except inserted children.
func (w *yamlComparer) compareChildren(b, a yamlPair) error {
	step := 1
	if a.n.Kind == Mapping {
		step = 2
	}
	j := 0
	for i := 0; i+step <= len(a.n.Children); i += step {
		if ins := w.insertionOf(a.n.Children[i]); ins != nil && (ins.isFirst || b.n.Kind != Scalar) {
			ins.parents = append(ins.parents, a.y)
			ins.found = append(ins.found, a.y.Content[i:i+step]...)
			for _, c := range a.y.Content[i : i+step] {
				w.newComments = append(w.newComments, yamlComments(c)...)
			}
			continue
		}
		if j+step > len(b.n.Children) {
			return w.errorAt(w.at, "%.40q is added", a.n.Children[i].Value)
		}
		for k := range step {
			if err := w.compareNodes(yamlPair{b.y.Content[j+k], b.n.Children[j+k]}, yamlPair{a.y.Content[i+k], a.n.Children[i+k]}); err != nil {
				return err
			}
		}
		j += step
	}
	if j != len(b.n.Children) {
		return w.errorAt(w.at, "%.40q is removed", b.n.Children[j].Value)
	}
	return nil
}

// compareNodeComments compares the comments that the decoder attached to two
// nodes.
func (w *yamlComparer) compareNodeComments(b, a *yaml.Node) error {
	if len(w.inserts) > 0 {
		w.oldComments = append(w.oldComments, yamlComments(b)...)
		w.newComments = append(w.newComments, yamlComments(a)...)
		return nil
	}
	for _, c := range [...][2]string{{b.HeadComment, a.HeadComment}, {b.LineComment, a.LineComment}, {b.FootComment, a.FootComment}} {
		if c[0] == c[1] {
			continue
		}
		if err := w.compareCommentLines(strings.Split(c[0], "\n"), strings.Split(c[1], "\n")); err != nil {
			return err
		}
	}
	return nil
}

// compareCommentLines compares the lines of comments, which may differ by the
// edits in them.
func (w *yamlComparer) compareCommentLines(b, a []string) error {
	for i, line := range b {
		if i < len(a) && a[i] == line {
			continue
		}
		edited := w.editedComments[line]
		k := -1
		if i < len(a) {
			k = slices.Index(edited, a[i])
		}
		if k < 0 {
			return w.errorAt(w.at, "near here, the comment %.60q changes or moves", line)
		}
		if k == 0 { // the common case; slices.Delete would take quadratic time for many equal lines
			w.editedComments[line] = edited[1:]
		} else {
			w.editedComments[line] = slices.Delete(edited, k, k+1)
		}
	}
	if len(a) > len(b) {
		return w.errorAt(w.at, "near here, the comment %.60q is added", a[len(b)])
	}
	return nil
}

// yamlComments returns the lines of the comments that are attached to a node.
func yamlComments(y *yaml.Node) []string {
	var out []string
	for _, c := range [...]string{y.HeadComment, y.LineComment, y.FootComment} {
		if c != "" {
			out = append(out, strings.Split(c, "\n")...)
		}
	}
	return out
}

// finish compares the comments and insertions after all nodes were compared.
func (w *yamlComparer) finish() error {
	if len(w.inserts) == 0 {
		return nil
	}
	for i, line := range w.oldComments {
		if edited := w.editedComments[line]; len(edited) > 0 {
			w.oldComments[i], w.editedComments[line] = edited[0], edited[1:]
		}
	}
	sort.Strings(w.oldComments)
	sort.Strings(w.newComments)
	if err := w.compareCommentLines(w.oldComments, w.newComments); err != nil {
		return err
	}
	for _, ins := range w.inserts {
		if err := w.checkInsert(ins); err != nil {
			return err
		}
	}
	return nil
}
