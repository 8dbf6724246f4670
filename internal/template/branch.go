package template

import "github.com/regmigrate/regmigrate/pkg/edit"

// nextBranches returns, for each action that opens a block or begins a branch,
// the action that begins the next branch or ends the block, and 0 for other
// actions. It also returns the nesting depth of blocks as text/template/parse
// counts it: there an `else if` is a block inside the else.
func (s *source) nextBranches() (next []int, depth int) {
	next = make([]int, len(s.actions))
	type block struct {
		first int // the opener
		last  int // the opener or the last branch so far
		depth int // number of nested blocks that text/template/parse sees
	}
	var blocks []block
	current := 0
	for i, a := range s.actions {
		switch a.kind {
		case opener:
			blocks = append(blocks, block{first: i, last: i, depth: 1})
			current++
		case middle, closer:
			k := len(blocks) - 1
			if k < 0 || s.engine == Jinja && a.kind == closer && a.word != "end"+s.actions[blocks[k].first].word {
				continue // belongs to no block
			}
			next[blocks[k].last] = i
			blocks[k].last = i
			if a.kind == middle {
				blocks[k].depth++
				current++
				break
			}
			current -= blocks[k].depth
			s.actions[i].defines = s.actions[blocks[k].first].defines
			blocks = blocks[:k]
		}
		depth = max(depth, current)
	}
	for _, b := range blocks { // never closed, so they have no branches
		for i := b.first; ; {
			j := next[i]
			next[i] = 0
			if j == 0 {
				break
			}
			i = j
		}
	}
	return next, depth
}

// An item is an action, or everything from one action to another, that a mask
// replaces as one.
type item struct {
	span      edit.Span
	kind      kind
	action    int // index of the action that represents the item
	trimLeft  bool
	trimRight bool
	defines   bool // begins or ends the definition of a template
}

// items returns one item for each action of s.
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

// oneBranch returns the items of s with one branch of each block: the k-th
// (0-based), or the last if there are fewer. The items that open or close a
// block include the other branches. If k is -1, a block with only one branch,
// which may print nothing, is one item as a whole.
func (s *source) oneBranch(next []int, k int) []item {
	var out []item
	ends := map[int]int{} // the branch after the chosen one -> the action that ends the block
	for i := 0; i < len(s.actions); i++ {
		it := s.item(i)
		if end, ok := ends[i]; ok { // the rest of the block
			last := s.item(end)
			it.span.End, it.kind, it.action, it.trimRight = last.span.End, closer, end, last.trimRight
			i = end
		} else if end := next[i]; it.kind == opener && k < 0 && end != 0 && next[end] == 0 && !it.defines {
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
			if after := next[chosen]; after != end {
				ends[after] = end
			}
			it.span.End, it.trimRight = s.actions[chosen].span.End, s.actions[chosen].trimRight
			i = chosen
		}
		out = append(out, it)
	}
	return out
}

// maxBranchesOf returns the largest number of branches of a block.
func (s *source) maxBranchesOf(next []int) int {
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
