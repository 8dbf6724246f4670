package template

import "github.com/regmigrate/regmigrate/pkg/edit"

// An openBlock is a block that has begun before the place that a masker is
// at, with what is needed to know whether a word may run over its actions:
// `x{{ if .y }}-z{{ end }}:1` is one word whichever branch is taken, and in
// `{{ if .y }}{{ .y }}{{ else }}k8s.gcr.io/z{{ end }}` a word begins behind
// the else.
type openBlock struct {
	left bool // a word may reach up to the block
	ends bool // a word may reach up to the end of a branch that is complete
	both bool // there is an else
}

// pass goes over an action. left says whether a word may reach up to it from
// the left; the result, whether one may reach up to what follows it.
func (m *masker) pass(k kind, left bool) bool {
	top := len(m.blocks) - 1
	switch {
	case k == output:
		return true
	case k == opener:
		m.blocks = append(m.blocks, openBlock{left: left})
	case k == middle && top >= 0:
		b := &m.blocks[top]
		b.ends = b.ends || left
		b.both = true
		return b.left
	case k == closer && top >= 0:
		b := m.blocks[top]
		m.blocks = m.blocks[:top]
		return left || b.ends || !b.both && b.left
	}
	return left
}

// lookRight notes for each item of a line whether a word may begin right
// behind it.
func (m *masker) lookRight(items []item, segs []edit.Span) {
	m.right = append(m.right[:0], make([]bool, len(items))...)
	for i := len(items) - 1; i >= 0; i-- {
		switch next := segs[i+1]; {
		case next.Len() > 0:
			m.right[i] = inWord(m.src[next.Start])
		case i+1 == len(items) || items[i+1].kind == middle:
		case items[i+1].kind == output:
			m.right[i] = true
		default:
			m.right[i] = m.right[i+1]
		}
	}
}

// inWord reports whether c may stand in an image reference or in a longer
// name, so that what is next to it may be part of the same.
func inWord(c byte) bool {
	switch c {
	case '.', '-', '/', ':', '@', '+', '*', '~', '%', '$':
		return true
	}
	return isWord(c)
}
