package rewrite

import (
	"sort"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// likelyFindings returns the findings of f for the references that a scan finds
// and a rule selects, and of which no piece has a finding: no group contains
// them, or a rendering shows that their text is a part of another reference.
func (l *ledger) likelyFindings(f *scannedFile) []Finding {
	var out []Finding
	uses := l.uses[f.file.Path]
	for i := range f.contents.Occurrences {
		o := &f.contents.Occurrences[i]
		if !l.scopes.Has(o.Scope) || o.Keep != "" || account.ClassOf(o, l.rules) == account.Unknown || l.isAccounted(f, o, uses) {
			continue
		}
		if _, ok := account.Match(o, l.rules); !ok {
			continue
		}
		last := &o.Pieces[len(o.Pieces)-1]
		x := Finding{Mention: last.Span, Implicit: true, Old: o.Text(), Place: o.Place, Scope: o.Scope}
		x.Place.Field = o.Field(len(o.Pieces) - 1)
		x.Reason = format.LikelyImage
		if all := usesAt(uses, last.Span); len(all) > 0 {
			x.Reason, x.Note = format.DifferentName, "used as "+all[0].member.occ.Text()
		} else if len(o.Pieces) > 1 {
			x.Note = "no rendering shows whether " + o.Pieces[0].Text + " is its registry"
		}
		out = append(out, x)
	}
	return out
}

// isAccounted reports whether a piece of o has a mention, or a finding of the image of o
// that a rule matches. The finding of an image is in the file of its first piece. A
// longer name that contains o is another image: TEST/acme/app for acme/app.
func (l *ledger) isAccounted(f *scannedFile, o *format.Occurrence, uses []pieceUse) bool {
	for k := range o.Pieces {
		p := &o.Pieces[k]
		i := sort.Search(len(f.mentions), func(i int) bool { return f.mentions[i].Start >= p.Span.Start })
		if i < len(f.mentions) && p.Path == f.file.Path && p.Span.Contains(f.mentions[i]) {
			return true
		}
		for _, u := range usesAt(uses, p.Span) {
			if u.member.matched && u.member.occ.Pieces[0].Path == f.file.Path && isSameImage(u.member.occ, o) {
				return true
			}
		}
	}
	return false
}

// isSameImage reports whether a and b begin at the same place, or name the same image.
func isSameImage(a, b *format.Occurrence) bool {
	if a.Pieces[0].Span == b.Pieces[0].Span && a.Pieces[0].Path == b.Pieces[0].Path {
		return true
	}
	name := func(o *format.Occurrence) string {
		text, _ := image.TrimTransport(o.Text())
		r, err := image.Parse(text)
		if err != nil {
			return text
		}
		registry, repository := image.Normalize(r.Domain, r.Path)
		return registry + "/" + repository
	}
	return name(a) == name(b)
}
