package absentchart

import (
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// Values are values that a chart gets from one file.
type Values struct {
	file   *link.File
	byPath map[string]*value
	sorted []*value // by position

	root     *syntax.Node // the mapping with all values, nil for none
	embedded *syntax.Node // the scalar whose text is root; nil if root is in the file itself
}

// A value is a scalar of Values.
type value struct {
	path   string       // image.repository; that of an item of a list ends with []
	node   *syntax.Node // the scalar
	key    *syntax.Node // of node in parent; nil if the file has the value in another form
	parent *syntax.Node // a mapping
	isItem bool         // parent is an item of a list

	list *syntax.Node // the list of names and values that has the value, nil for none
	item *syntax.Node // its item

	isEmbedded bool // the value is in a block scalar of the file
}

// NewValues returns empty values of the file f.
func NewValues(f *link.File) *Values { return &Values{file: f, byPath: map[string]*value{}} }

// maxDepth is the maximum depth of values.
const maxDepth = 64

// AddMapping adds the values in the mapping n, which the chart gets at the path: ""
// for all of its values, global for those below that key. It omits collections that
// aliases stand for, because the file has their values at another path.
func (v *Values) AddMapping(path string, n *syntax.Node) {
	if path == "" && v.root == nil && n != nil && n.Kind == syntax.Mapping {
		v.root = n
	}
	v.addTree(path, n, false, 0)
}

// AddGlobal adds the values in the mapping n, which the chart gets at the path global.
// Another chart may use them, too: their own references are not decided.
func (v *Values) AddGlobal(n *syntax.Node) {
	v.addTree("global", n, false, 0)
	v.sorted = nil
}

// AddEmbedded adds the values in the YAML or JSON text of the scalar n.
func (v *Values) AddEmbedded(n *syntax.Node) {
	known, isFirst := len(v.sorted), v.root == nil
	v.AddMapping("", format.EmbeddedMapping(n))
	if isFirst && v.root != nil {
		v.embedded = n
	}
	for _, x := range v.sorted[known:] {
		x.isEmbedded = true
	}
}

func (v *Values) addTree(path string, n *syntax.Node, isItem bool, depth int) {
	if n == nil || depth > maxDepth {
		return
	}
	switch n.Kind {
	case syntax.Scalar:
		v.add(&value{path: path, node: n})
	case syntax.Sequence:
		for _, x := range n.Children {
			v.addTree(path+"[]", x, true, depth+1)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			key, x := n.Children[i], n.Children[i+1]
			at := key.Value
			if path != "" {
				at = path + "." + at
			}
			if s := x.Resolve(); s.Kind == syntax.Scalar {
				v.add(&value{path: at, node: s, key: key, parent: n, isItem: isItem})
			} else {
				v.addTree(at, x, false, depth+1)
			}
		}
		v.addMerged(path, n)
	}
}

// addMerged adds the scalars that the mapping n merges at the path, so that a reference next
// to them finds them. References in them are decided where they are.
func (v *Values) addMerged(path string, n *syntax.Node) {
	if n.Field("<<") == nil {
		return
	}
	for _, key := range n.MergedKeys() {
		at := key
		if path != "" {
			at = path + "." + key
		}
		if x := n.MergedField(key); x.Kind == syntax.Scalar && v.byPath[at] == nil {
			v.byPath[at] = &value{path: at, node: x}
		}
	}
}

// AddParameters adds the values in a list of names and values: the value of the
// item with the name image.repository is at that path.
func (v *Values) AddParameters(list *syntax.Node) {
	for _, item := range link.Items(list) {
		if n := item.Field("value"); n != nil && n.Kind == syntax.Scalar {
			v.add(&value{path: item.Str("name"), node: n, list: list, item: item})
		}
	}
}

// AddValue adds the scalar n, which the chart gets at the path.
func (v *Values) AddValue(path string, n *syntax.Node) {
	if n != nil && n.Kind == syntax.Scalar {
		v.add(&value{path: path, node: n})
	}
}

func (v *Values) add(x *value) {
	if v.byPath[x.path] == nil {
		v.byPath[x.path] = x
	}
	v.sorted = append(v.sorted, x)
}

// occurrences calls do for each occurrence whose last piece is in one of the values.
func (v *Values) occurrences(do func(o *format.Occurrence, x *value)) {
	if len(v.sorted) == 0 {
		return
	}
	slices.SortStableFunc(v.sorted, func(a, b *value) int { return a.node.Span.Start - b.node.Span.Start })
	for i := range v.file.Scanned.Occurrences {
		o := &v.file.Scanned.Occurrences[i]
		last := &o.Pieces[len(o.Pieces)-1]
		k := sort.Search(len(v.sorted), func(k int) bool { return v.sorted[k].node.Span.Start > last.Span.Start }) - 1
		if last.Path == v.file.Path && k >= 0 && v.sorted[k].node.Span.Contains(last.Span) {
			do(o, v.sorted[k])
		}
	}
}

// find returns the value at a path in the last of all that has it, and its file, or
// nil.
func find(all []*Values, path string) (*value, *link.File) {
	for _, v := range slices.Backward(all) {
		if x := v.byPath[path]; x != nil {
			return x, v.file
		}
	}
	return nil, nil
}

// name returns the last key of the path of x.
func (x *value) name() string { return x.path[strings.LastIndexByte(x.path, '.')+1:] }

// sibling returns the path of the value that a key has next to x.
func (x *value) sibling(key string) string { return strings.TrimSuffix(x.path, x.name()) + key }

// isWhole reports whether o is all of the text of x.
func (x *value) isWhole(o *format.Occurrence) bool {
	return len(o.Pieces) == 1 && o.Pieces[0].Text == x.node.Value
}
