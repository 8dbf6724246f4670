package rewrite

import (
	"cmp"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// pieceAt returns the piece k of o. The index after the last piece is that of the tag.
func pieceAt(o *format.Occurrence, k int) *format.Piece {
	if k == len(o.Pieces) {
		return o.TagPiece
	}
	return &o.Pieces[k]
}

// pieceCount returns the number of pieces of o, with that of its tag.
func pieceCount(o *format.Occurrence) int {
	if o.TagPiece == nil {
		return len(o.Pieces)
	}
	return len(o.Pieces) + 1
}

// tagChange returns the change of the tag of o that m requires, if the tag is in a field
// of its own. The result is false if the tag does not change. A note says why the change
// is not possible.
func tagChange(o *format.Occurrence, m rules.Match) (c pieceChange, note string, ok bool) {
	switch {
	case m.NewTag == "":
		return c, "", false
	case o.TagPiece == nil:
		return c, fmt.Sprintf("the tag must change from %s to %s, and no field that sets it is known", o.Tag, m.NewTag), true
	case o.TagPiece.Text != o.Tag:
		return c, fmt.Sprintf("the tag must change from %s to %s, and the field of the tag has %s", o.Tag, m.NewTag, o.TagPiece.Text), true
	}
	return pieceChange{len(o.Pieces), edit.Edit{Span: edit.Span{End: len(o.TagPiece.Text)}, New: m.NewTag}}, "", true
}

// keepTagOfRemoteBase makes a conflict of a group with the member m that is kept because of
// a remote base, if the tag decides about m: the tags there are not known.
func (g *group) keepTagOfRemoteBase(m *member) {
	if m.matched && m.match.ByTag && g.reason == format.RemoteBase {
		g.reason, g.note = format.Conflict, "the rule is for some tags of the image; "+g.note
	}
}

// keepSeveralTags makes a conflict of a group of references of which a rule moves some, and
// not others because of their tags.
func (g *group) keepSeveralTags() {
	if g.reason != "" && g.reason != format.OtherTag {
		return
	}
	why, moves := "", false
	for i := range g.members {
		switch m := &g.members[i]; {
		case !m.matched:
		case m.match.Tag == rules.OtherTag:
			why = cmp.Or(why, m.match.Keep)
		default:
			moves = true
		}
	}
	if why != "" && moves {
		g.keep(format.Conflict, "the rule is not for all tags that the image has: "+why)
	}
}

// newRef returns the reference after the changes, with its tag.
func (m *member) newRef() string {
	o := *m.occ
	o.Tag = cmp.Or(m.match.NewTag, o.Tag)
	return withTag(&o, m.newText())
}

// changedTags returns the fields of tags that a rule may change. References that share one
// of them belong to one group. It returns nil if no rule depends on a tag.
func changedTags(t *link.Tree, linked []link.Group, set *rules.Set) map[link.PieceID]bool {
	if !set.ReadsTags() {
		return nil
	}
	out := map[link.PieceID]bool{}
	add := func(o *format.Occurrence) {
		if o.TagPiece == nil {
			return
		}
		if m, ok := account.Match(o, set); ok && m.NewTag != "" {
			out[link.IDOf(o.TagPiece)] = true
		}
	}
	for i := range linked {
		for j := range linked[i].Occurrences {
			add(&linked[i].Occurrences[j])
		}
	}
	for _, f := range t.Files {
		for i := range f.Scanned.Occurrences {
			add(&f.Scanned.Occurrences[i])
		}
	}
	return out
}

// tagReason returns the reason for which the tag prevents the move m, "" if it does not.
func tagReason(m rules.Match) format.Reason {
	switch m.Tag {
	case rules.OtherTag:
		return format.OtherTag
	case rules.UnknownTag:
		return format.UnknownTag
	case rules.NoImage:
		return format.Conflict
	}
	return ""
}
