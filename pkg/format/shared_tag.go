package format

import (
	"sort"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An aliasUse is an alias of YAML, or a merge key with one.
type aliasUse struct {
	target *syntax.Node
	merges bool // another mapping has the values of the target, and may replace some
}

// findSharedTags makes the tags unknown of references whose name or tag is also used
// elsewhere, through an alias or a merge key: there, the name may have another tag, or the
// tag another name.
func (d *detector) findSharedTags() {
	if len(d.aliased.uses) == 0 {
		return
	}
	merged, total := scalarSpans{}, 0
	var aliased []scalarSpans // of each target
	seen := map[aliasUse]bool{}
	for _, u := range d.aliased.uses {
		if seen[u] || total > maxAliased {
			continue
		}
		seen[u] = true
		var spans scalarSpans
		spans.add(u.target, map[*syntax.Node]bool{})
		if total += 1 + len(spans); u.merges {
			merged = append(merged, spans...)
		} else {
			spans.sort()
			aliased = append(aliased, spans)
		}
	}
	merged.sort()
	isTooMuch := total > maxAliased
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		if o.TagPiece == nil && o.Tag == "" {
			continue
		}
		switch {
		case isTooMuch:
			o.TagPiece, o.TagUnknown = nil, "the file has too many aliases"
		case merged.count(o) > 0:
			o.TagPiece, o.TagUnknown = nil, "a merge key (<<) gives the name or the tag to another mapping, too"
		default:
			all := len(o.Pieces)
			if o.TagPiece != nil {
				all++
			}
			for _, spans := range aliased {
				if n := spans.count(o); n > 0 && (n < all || o.TagPiece == nil) {
					o.TagPiece, o.TagUnknown = nil, "an alias gives the name or the tag to another key, too"
					break
				}
			}
		}
	}
}

// scalarSpans are the places of scalars in the file.
type scalarSpans []edit.Span

// add adds the scalars of the tree n; seen has the targets of aliases that were added.
func (s *scalarSpans) add(n *syntax.Node, seen map[*syntax.Node]bool) {
	if n.Kind == syntax.Alias {
		if n.Target == nil || seen[n.Target] {
			return
		}
		seen[n.Target] = true
		n = n.Target
	}
	if len(*s) > maxAliased {
		return
	}
	if n.Kind == syntax.Scalar {
		*s = append(*s, n.Span)
	}
	for _, c := range n.Children {
		s.add(c, seen)
	}
}

func (s scalarSpans) sort() { sort.Slice(s, func(i, j int) bool { return s[i].Start < s[j].Start }) }

// count returns the number of pieces of o, with that of its tag, that are in one of the
// scalars.
func (s scalarSpans) count(o *Occurrence) int {
	n := 0
	for k := range o.Pieces {
		n += s.has(o.Pieces[k].Span)
	}
	if o.TagPiece != nil {
		n += s.has(o.TagPiece.Span)
	}
	return n
}

// has returns 1 if at is in one of the scalars, and 0 otherwise.
func (s scalarSpans) has(at edit.Span) int {
	i := sort.Search(len(s), func(i int) bool { return s[i].Start > at.Start }) - 1
	if i >= 0 && s[i].Contains(at) {
		return 1
	}
	return 0
}
