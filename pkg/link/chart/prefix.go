package chart

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A surrounding is the text that a chart prints before and after a value in a
// reference.
type surrounding struct {
	before, after string
	template      string // path in the chart
	incomplete    bool   // a part of the reference may be missing
	literal       bool   // the reference begins with a text of a template
}

// keepPrefixed keeps values that are references by themselves, if the chart prints
// a registry or a path before them: {{ .registry | default "quay.io" }}/{{
// .repository }}. A change of the value alone would not produce the new reference
// of the rules. keepPrefixed does not keep values with a piece in t.
func (c *chart) keepPrefixed(t *tracedGroups, printed *printedRefs, move link.MoveFunc) []link.Group {
	known := c.surroundings(printed.of[c].files)
	var groups []link.Group
	keep := func(o *format.Occurrence) {
		if x, ok := c.shortName(o, move); ok {
			o = x
		}
		if o.Unconfirmed || len(o.Pieces) != 1 || !move.Moves(o) || t.has(&o.Pieces[0]) {
			return
		}
		around := known[link.IDOf(&o.Pieces[0])]
		if len(around) == 0 {
			around = c.searchUntraced(o.Pieces[0].Text)
		}
		for i := range around {
			s := &around[i]
			isShown := s.incomplete && printed.moving[link.IDOf(&o.Pieces[0])] // with the values of another chart
			if !isShown && s.preventsMove(o, move) {
				groups = append(groups, link.Group{
					Occurrences: []format.Occurrence{*o},
					Keep:        format.DifferentName,
					Why:         c.printsBefore(o, s) + " before this value",
				})
				return
			}
		}
	}
	c.eachKeyNamed(keep)
	c.eachTestValue(keep)
	return groups
}

// printsBefore says what the chart prints before the value o.
func (c *chart) printsBefore(o *format.Occurrence, s *surrounding) string {
	text := c.path(s.template) + " prints " + s.describeBefore()
	if !isBelow(o.Pieces[0].Path, c.dir) {
		return "in the chart " + c.dir + ", " + text
	}
	return text
}

// describeBefore describes the text before the value. It begins with a slash if a
// registry before it is not set.
func (s *surrounding) describeBefore() string {
	if strings.HasPrefix(s.before, "/") {
		return "a registry that is not set, and " + s.before + ","
	}
	return s.before
}

// preventsMove reports whether a change of the value o alone produces a
// reference other than the new reference of the rules.
func (s *surrounding) preventsMove(o *format.Occurrence, move link.MoveFunc) bool {
	reference := &format.Occurrence{IsImage: true, Pieces: []format.Piece{{Text: s.before + o.Text() + s.after}}}
	return s.before+textAfterMove(o, move)+s.after != textAfterMove(reference, move)
}

// textAfterMove returns the text of o after the move, or its text if no rule
// moves o.
func textAfterMove(o *format.Occurrence, move link.MoveFunc) string {
	if text, ok := move.NewText(o); ok {
		return text
	}
	return o.Text()
}

// surroundings returns the surroundings of the values that are not the first
// part of a rendered reference.
func (c *chart) surroundings(files []string) map[link.PieceID][]surrounding {
	out := map[link.PieceID][]surrounding{}
	for i := range c.refs {
		for _, file := range files {
			c.addSurroundings(out, &c.refs[i], file)
		}
	}
	return out
}

// addSurroundings adds to out the surroundings of the values of ref, with the
// values of file over those of the chart.
func (c *chart) addSurroundings(out map[link.PieceID][]surrounding, ref *link.TracedRef, file string) {
	texts := make([]string, len(ref.Parts))
	pieces := make([]*format.Piece, len(ref.Parts)) // nil for a part that is not the whole value of a field
	for i, part := range ref.Parts {
		texts[i] = part.Text
		if part.Value == nil || !part.Whole {
			continue
		}
		if piece, from, ok := c.value(part.Value, file); ok && (piece.Text == part.Text || from != "") {
			texts[i], pieces[i] = piece.Text, &piece
		}
	}
	for i := 1; i < len(pieces); i++ {
		if pieces[i] != nil {
			id := link.IDOf(pieces[i])
			out[id] = append(out[id], surrounding{strings.Join(texts[:i], ""), strings.Join(texts[i+1:], ""), ref.Template, ref.Incomplete, ref.Parts[0].Value == nil})
		}
	}
}

// searchUntraced returns the surroundings of text in the rendered references
// whose parts are not known, if text is their path after the registry or the
// end of that path.
func (c *chart) searchUntraced(text string) []surrounding {
	var out []surrounding
	for i := range c.refs {
		ref := &c.refs[i]
		if len(ref.Parts) > 0 {
			continue
		}
		r, err := image.Parse(ref.Ref)
		if err != nil || r.Domain == "" {
			continue
		}
		before, ok := strings.CutSuffix(r.Domain+"/"+r.Path, "/"+text)
		if ok && strings.HasPrefix(ref.Ref, before+"/"+text) {
			out = append(out, surrounding{before + "/", ref.Ref[len(before)+1+len(text):], ref.Template, ref.Incomplete, true})
		}
	}
	return out
}
