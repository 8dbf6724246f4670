package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An Override is a value that a chart sets for one of its sub-charts.
type Override struct {
	Path []string // among the values of the chart: redis, image, registry
	Text string

	IsTrue bool // the value is true, not Text
}

// HasValue reports whether a file of the chart in the folder dir has the value at a path:
// its values.yaml, the values file (a path in the chart, "" for none), or the values.yaml
// of an unpacked sub-chart. All charts share a global value.
func HasValue(t *link.Tree, dir string, at []string, file string) bool {
	c := newChart(t, dir)
	if _, _, ok := c.value(at, file); ok {
		return true
	}
	return at[0] == "global" && slices.ContainsFunc(t.Names, func(name string) bool {
		if !strings.HasPrefix(name, c.path("charts")+"/") || path.Base(name) != "values.yaml" {
			return false
		}
		_, ok := c.scalar(name, at)
		return ok
	})
}

// IsOutside reports whether the value at a path may be that of a sub-chart that is in the
// tree, and not in the folder dir of its chart.
func IsOutside(t *link.Tree, dir string, at []string) bool {
	if t.OutsideSubcharts == nil {
		return false
	}
	outside := t.OutsideSubcharts()[dir]
	if at[0] == "global" {
		return len(outside) > 0
	}
	c, within := newChart(t, dir), ""
	for len(at) > 1 {
		sub, ok := c.subchart(within, at[0])
		if outside[sub] != "" {
			return true
		}
		if !ok {
			return false
		}
		within, at = sub, at[1:]
	}
	return false
}

// Overrides returns the edits that add values to the values.yaml of the chart in the folder
// dir: one for each mapping of the file that gets keys. The result why says why that is not
// possible, "" if it is.
func Overrides(t *link.Tree, dir string, values []Override) (edits []link.FileEdit, why string) {
	c := newChart(t, dir)
	name := c.path("values.yaml")
	f, root := t.File(name), c.parse(name)
	switch {
	case f == nil:
		return nil, "the chart has no values.yaml"
	case root == nil || root.Kind != syntax.Mapping || len(root.Children) == 0:
		return nil, "values.yaml has no keys"
	}
	var places []*overridePlace
	for _, v := range values {
		in, keys := root, v.Path
		for len(keys) > 1 {
			child := directField(in, keys[0])
			if child == nil {
				break
			}
			if child.Kind != syntax.Mapping || len(child.Children) == 0 {
				return nil, "values.yaml has no keys below " + keys[0]
			}
			if child.Anchor != "" {
				return nil, "other values share the mapping " + keys[0]
			}
			in, keys = child, keys[1:]
		}
		if directField(in, keys[0]) != nil || in.MergedField(keys[0]) != nil {
			return nil, "values.yaml has the key " + keys[0]
		}
		i := slices.IndexFunc(places, func(p *overridePlace) bool { return p.in == in })
		if i < 0 {
			i, places = len(places), append(places, &overridePlace{in: in, depth: len(v.Path) - len(keys), added: &keyTree{}})
		}
		text := scalarText(v.Text)
		if v.IsTrue {
			text = "true"
		}
		places[i].added.add(keys, text)
	}
	// Deeper mappings have fewer places.
	slices.SortStableFunc(places, func(a, b *overridePlace) int { return b.depth - a.depth })
	taken := map[int]bool{}
	for _, p := range places {
		e, ok := p.edit(f, taken)
		if !ok {
			return nil, "values.yaml leaves no place for the values: add a key above and below, or set them by hand"
		}
		taken[e.Start] = true
		edits = append(edits, e)
	}
	return edits, ""
}

// directField returns the value that the mapping n itself has for a key, not resolved, or
// nil.
func directField(n *syntax.Node, key string) *syntax.Node {
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == key {
			return n.Children[i+1]
		}
	}
	return nil
}

// A keyTree are keys in order, each with keys of its own or with a text.
type keyTree struct {
	keys  []string
	below []*keyTree
	text  string
}

func (k *keyTree) add(keys []string, text string) {
	if len(keys) == 0 {
		k.text = text
		return
	}
	i := slices.Index(k.keys, keys[0])
	if i < 0 {
		i = len(k.keys)
		k.keys, k.below = append(k.keys, keys[0]), append(k.below, &keyTree{})
	}
	k.below[i].add(keys[1:], text)
}

// block returns the keys in block style, each on a line after br and indent.
func (k *keyTree) block(br, indent, step string) string {
	var b strings.Builder
	for i, key := range k.keys {
		b.WriteString(br + indent + key + ":")
		if len(k.below[i].keys) > 0 {
			b.WriteString(k.below[i].block(br, indent+step, step))
		} else {
			b.WriteString(" " + k.below[i].text)
		}
	}
	return b.String()
}

// scalarText returns text as a scalar of YAML: plain if it is a host or a path.
func scalarText(text string) string {
	isPlain := text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789./-_:@") == "" && text[len(text)-1] != ':' && strings.ContainsAny(text, "./") && strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && text[0] >= 'a' && text[0] <= 'z'
	if isPlain {
		return text
	}
	return `"` + text + `"`
}

// An overridePlace is a mapping in block style that gets keys.
type overridePlace struct {
	in    *syntax.Node
	depth int // the number of keys above it
	added *keyTree
}

// edit returns the edit that adds the keys below the last key that ends with a scalar on
// one line, at none of the offsets taken.
func (p *overridePlace) edit(f *link.File, taken map[int]bool) (link.FileEdit, bool) {
	src := string(f.Src)
	if src[p.in.Span.Start] == '{' {
		return link.FileEdit{}, false
	}
	for i := len(p.in.Children) - 2; i >= 0; i -= 2 {
		key, last := p.in.Children[i], p.in.Children[i+1]
		for (last.Kind == syntax.Mapping || last.Kind == syntax.Sequence) && len(last.Children) > 0 && strings.IndexByte("{[", src[last.Span.Start]) < 0 {
			last = last.Children[len(last.Children)-1]
		}
		if last.Kind != syntax.Scalar || last.Span.Len() == 0 || last.Style == syntax.Literal || last.Style == syntax.Folded || strings.Contains(src[last.Span.Start:last.Span.End], "\n") {
			continue
		}
		before := src[strings.LastIndexByte(src[:key.Span.Start], '\n')+1 : key.Span.Start]
		line, _, _ := strings.Cut(src[last.Span.End:], "\n")
		br := "\n"
		if trimmed, ok := strings.CutSuffix(line, "\r"); ok {
			line, br = trimmed, "\r\n"
		}
		if rest := strings.TrimLeft(line, " \t"); strings.Trim(before, " ") != "" || rest != "" && (rest[0] != '#' || rest == line) {
			continue
		}
		at := last.Span.End + len(line)
		if taken[at] {
			continue
		}
		return link.FileEdit{Path: f.Path, Edit: edit.Edit{Span: edit.Span{Start: at, End: at}, New: p.added.block(br, before, "  ")}}, true
	}
	return link.FileEdit{}, false
}
