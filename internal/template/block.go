package template

import "github.com/regmigrate/regmigrate/pkg/edit"

// marks returns for each action that opens a block or begins a branch of one
// the action that begins the next branch or ends the block, 0 when there is
// none; and how deep blocks nest, as text/template/parse counts, for which
// an `else if` is a block within the else.
func (s *source) marks() (next []int, deepest int) {
	next = make([]int, len(s.actions))
	type block struct {
		last  int // the opener, or the last branch so far
		first int // the opener
		depth int // of nested blocks that the parser sees
	}
	var blocks []block
	depth := 0
	for i, a := range s.actions {
		switch a.kind {
		case opener:
			blocks = append(blocks, block{last: i, first: i, depth: 1})
			depth++
		case middle, closer:
			k := len(blocks) - 1
			if k < 0 || s.engine == Jinja && a.kind == closer && a.word != "end"+s.actions[blocks[k].first].word {
				continue // of no block: leave it alone
			}
			next[blocks[k].last] = i
			blocks[k].last = i
			if a.kind == middle {
				blocks[k].depth++
				depth++
				break
			}
			depth -= blocks[k].depth
			s.actions[i].defines = s.actions[blocks[k].first].defines
			blocks = blocks[:k]
		}
		deepest = max(deepest, depth)
	}
	for _, b := range blocks {
		for i := b.first; ; { // never closed: it has no branches to choose from
			j := next[i]
			next[i] = 0
			if j == 0 {
				break
			}
			i = j
		}
	}
	return next, deepest
}

// An item is what a mask treats as one action: an action, or all from one
// action to another.
type item struct {
	span      edit.Span
	kind      kind
	action    int // index of the action that stands for it
	trimLeft  bool
	trimRight bool
	divides   bool // begins or ends the definition of a template
}

// items returns the actions of s, all of them.
func (s *source) items() []item {
	out := make([]item, len(s.actions))
	for i := range s.actions {
		out[i] = s.item(i)
	}
	return out
}

func (s *source) item(i int) item {
	a := s.actions[i]
	return item{a.span, a.kind, i, a.trimLeft, a.trimRight, a.defines}
}

// branch returns the actions of s with one branch of each block: the k-th or
// the last, 0-based. What stands in the other branches is part of the item
// that opens or ends the block. With k = -1, blocks that have no other branch
// and may print nothing are left out, too.
func (s *source) branch(next []int, k int) []item {
	var out []item
	ends := map[int]int{} // the branch behind the one chosen -> what ends the block
	for i := 0; i < len(s.actions); i++ {
		it := s.item(i)
		if end, ok := ends[i]; ok { // drop from here to the end of the block
			last := s.item(end)
			it.span.End, it.kind, it.action, it.trimRight = last.span.End, closer, end, last.trimRight
			i = end
		} else if end := next[i]; it.kind == opener && k < 0 && end != 0 && next[end] == 0 && !it.divides {
			it.span.End, it.kind, it.trimRight = s.actions[end].span.End, void, s.actions[end].trimRight
			i = end
		} else if it.kind == opener && end != 0 {
			chosen := i
			for b := 0; b < k && next[next[chosen]] != 0; b++ {
				chosen = next[chosen]
			}
			end = chosen
			for next[end] != 0 {
				end = next[end]
			}
			if behind := next[chosen]; behind != end {
				ends[behind] = end
			}
			it.span.End, it.trimRight = s.actions[chosen].span.End, s.actions[chosen].trimRight
			i = chosen
		}
		out = append(out, it)
	}
	return out
}

// branches returns the largest number of branches of a block.
func (s *source) branches(next []int) int {
	most := 1
	for i, a := range s.actions {
		if a.kind != opener {
			continue
		}
		n := 0
		for j := next[i]; j != 0; j = next[j] {
			n++
		}
		most = max(most, n)
	}
	return most
}
