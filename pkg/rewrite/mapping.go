package rewrite

import (
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A mappedSpan is the part of a file that contains a mapping from an old name to
// its new name. The rules turn the one into the other.
type mappedSpan struct {
	span edit.Span
	note string // what kind of mapping it is, and the new name
}

// mappings are the mapped spans of all files, by path, sorted by position.
type mappings map[string][]mappedSpan

func newMappings(files []*scannedFile, set *rules.Set) mappings {
	out := mappings{}
	for _, f := range files {
		for _, m := range f.contents.Mappings {
			made, ok := describedMove(set, m)
			if !ok {
				continue
			}
			for _, s := range m.Kept {
				out[f.file.Path] = append(out[f.file.Path], mappedSpan{s, m.What + ": already has the new name " + made})
			}
		}
		if list := out[f.file.Path]; list != nil {
			out[f.file.Path] = disjoint(list)
		}
	}
	return out
}

// disjoint sorts list and merges spans that overlap.
func disjoint(list []mappedSpan) []mappedSpan {
	sort.SliceStable(list, func(i, j int) bool { return list[i].span.Start < list[j].span.Start })
	out := list[:1]
	for _, m := range list[1:] {
		if last := &out[len(out)-1]; m.span.Start < last.span.End {
			last.span.End = max(last.span.End, m.span.End)
		} else {
			out = append(out, m)
		}
	}
	return out
}

// describedMove returns the new name if the rules turn one side of m into the
// other side; otherwise false.
func describedMove(set *rules.Set, m format.Mapping) (string, bool) {
	for _, side := range [][2]string{{m.From, m.To}, {m.To, m.From}} {
		old, other := side[0], side[1]
		for _, kind := range []rules.Kind{rules.Reference, rules.ShortForm, rules.Registry} {
			if kind == rules.ShortForm && image.IsHost(old) {
				continue
			}
			match, ok := set.Match(old, kind)
			if ok && match.Keep == "" && format.SameName(match.New+old[match.Len:], other) {
				return other, true
			}
		}
	}
	return "", false
}

// at returns the mapped span that overlaps s in the file at path, nil if there
// is none.
func (x mappings) at(path string, s edit.Span) *mappedSpan {
	list := x[path]
	i := sort.Search(len(list), func(i int) bool { return list[i].span.End > s.Start })
	if i == len(list) || list[i].span.Start >= s.End {
		return nil
	}
	return &list[i]
}

// of returns the mapped span that a piece of o overlaps, nil if there is none.
func (x mappings) of(o *format.Occurrence) *mappedSpan {
	if len(x) == 0 {
		return nil
	}
	for k := range o.Pieces {
		if m := x.at(o.Pieces[k].Path, o.Pieces[k].Span); m != nil {
			return m
		}
	}
	return nil
}

// decides reports whether a mapping replaces the reason r of a mention: the
// reason of a mapping says more.
func (x mappings) decides(r format.Reason) bool {
	switch r {
	case format.Key, format.Pattern, format.RegistryHost, format.Compared:
		return true
	}
	return r.IsScope()
}
