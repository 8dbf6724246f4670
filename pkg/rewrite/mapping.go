package rewrite

import (
	"sort"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A mappedSpan is a part of a file whose references are kept: it describes the
// move itself, or names one image several times and not all of them move.
type mappedSpan struct {
	span   edit.Span
	reason format.Reason
	note   string
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
				out[f.file.Path] = append(out[f.file.Path], mappedSpan{s, format.Mirror, m.What + ": already has the new name " + made})
			}
		}
		for _, n := range f.contents.NameSets {
			if stays := nameThatStays(set, n.Names); stays != "" {
				for _, s := range n.Spans {
					out[f.file.Path] = append(out[f.file.Path], mappedSpan{s, format.Conflict, "an image is pushed under these names together, and no rule moves " + stays})
				}
			}
		}
		for _, n := range f.contents.Pushed {
			for _, s := range n.Spans {
				out[f.file.Path] = append(out[f.file.Path], mappedSpan{s, format.Credentials, "the commands log in to " + n.Host + " and push to it"})
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

// nameThatStays returns the first of names that no rule moves if a rule moves
// another one, "" otherwise.
func nameThatStays(set *rules.Set, names []string) string {
	stays, anyMoves := "", false
	for _, n := range names {
		if m, ok := set.Match(n, rules.ShortForm); ok && m.Keep == "" {
			anyMoves = true
		} else if stays == "" {
			stays = n
		}
	}
	if !anyMoves {
		return ""
	}
	return stays
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

// of returns the mapped span that a piece of o overlaps, or nil.
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
