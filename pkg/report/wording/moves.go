package wording

import "strings"

// Sources says how many spelled-out references move from which prefix, one item
// per prefix. It lists at most limit prefixes and sums up the rest; a negative
// limit lists all. The numbers and that of ImplicitMoves add up to Moved.
func (r *Run) Sources(limit int) []string {
	shown := r.Moves
	if limit >= 0 && len(shown) > limit {
		shown = shown[:limit]
	}
	var items []string
	for _, m := range shown {
		item := Number(m.N) + " from " + m.From
		if len(r.Targets) > 1 {
			item += " to " + m.To
		}
		items = append(items, item)
	}
	if rest := r.Moves[len(shown):]; len(rest) > 0 {
		n := 0
		for _, m := range rest {
			n += m.N
		}
		items = append(items, Number(n)+" from "+Count(len(rest), "other name"))
	}
	return items
}

// ImplicitMoves says how many implicit references move and why they are implicit; ""
// if no implicit reference moves.
func (r *Run) ImplicitMoves() string {
	total := r.Split + r.Escaped + r.Short
	if total == 0 {
		return ""
	}
	var whys []string
	for _, x := range []struct {
		n   int
		why string
	}{
		{r.Split, "split across keys"},
		{r.Escaped, "in escape sequences"},
		{r.Short, Plural(r.Short, "Docker Hub short name", "Docker Hub short names")},
	} {
		switch x.n {
		case 0:
		case total:
			whys = append(whys, x.why)
		default:
			whys = append(whys, Number(x.n)+" "+x.why)
		}
	}
	return Number(total) + " implicit (" + strings.Join(whys, ", ") + ")"
}

// AssumedMoves says how many references move although they are only likely images,
// "" if no such reference moves.
func (r *Run) AssumedMoves() string {
	if r.Assumed == 0 {
		return ""
	}
	return Number(r.Assumed) + " only likely " + Plural(r.Assumed, "an image", "images") + " (--assume-images)"
}
