package template

import "github.com/regmigrate/regmigrate/pkg/edit"

// An openBlock is a block that contains the current position of a masker. It
// records whether a word may continue across the actions of the block:
// `x{{ if .y }}-z{{ end }}:1` is one word, whichever branch is taken, and in
// `{{ if .y }}{{ .y }}{{ else }}k8s.gcr.io/z{{ end }}` a word begins after the
// else.
type openBlock struct {
	wordBefore bool // a word may reach up to the beginning of the block
	wordAtEnd  bool // a word may reach up to the end of a branch before the current one
	hasElse    bool // the block has an else
}

// track updates the open blocks for an action. wordBefore says whether a word
// may reach up to the action from the left. It returns whether a word may reach
// up to the text after the action.
func (m *masker) track(k kind, wordBefore bool) bool {
	top := len(m.blocks) - 1
	switch {
	case k == output:
		return true
	case k == opener:
		m.blocks = append(m.blocks, openBlock{wordBefore: wordBefore})
	case k == middle && top >= 0:
		b := &m.blocks[top]
		b.wordAtEnd = b.wordAtEnd || wordBefore
		b.hasElse = true
		return b.wordBefore
	case k == closer && top >= 0:
		b := m.blocks[top]
		m.blocks = m.blocks[:top]
		return wordBefore || b.wordAtEnd || !b.hasElse && b.wordBefore
	}
	return wordBefore
}

// findWordsAfter sets m.wordAfter: for each item of a line, whether a word may
// begin directly after it.
func (m *masker) findWordsAfter(items []item, texts []edit.Span) {
	m.wordAfter = append(m.wordAfter[:0], make([]bool, len(items))...)
	for i := len(items) - 1; i >= 0; i-- {
		switch next := texts[i+1]; {
		case next.Len() > 0:
			m.wordAfter[i] = inWord(m.src[next.Start])
		case i+1 == len(items) || items[i+1].kind == middle:
		case items[i+1].kind == output:
			m.wordAfter[i] = true
		default:
			m.wordAfter[i] = m.wordAfter[i+1]
		}
	}
}

// inWord reports whether c may be part of an image reference or of a longer
// name, so that adjacent text may belong to the same word.
func inWord(c byte) bool {
	switch c {
	case '.', '-', '/', ':', '@', '+', '*', '~', '%', '$':
		return true
	}
	return isWord(c)
}
