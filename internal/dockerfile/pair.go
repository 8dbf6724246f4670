package dockerfile

import (
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A pair is a NAME=VALUE of an ARG, ENV or LABEL.
type pair struct {
	edit.Span
	keyEnd int
}

// KeyAt returns the name of the NAME=VALUE of an ARG, ENV or LABEL that
// contains offset at of in.Text, and whether at is in the name. The name is ""
// outside of all pairs.
func (in *Instruction) KeyAt(at int) (key string, isKey bool) {
	if in.pairs == nil {
		in.readPairs()
	}
	i := sort.Search(len(in.pairs), func(i int) bool { return in.pairs[i].End > at })
	if i == len(in.pairs) || at < in.pairs[i].Start {
		return "", false
	}
	p := in.pairs[i]
	return strings.Trim(in.Text[p.Start:p.keyEnd], `"'`), at < p.keyEnd
}

// Assignments returns the NAME=VALUE of an ARG, ENV or LABEL that have a value, in the order
// of the file. A value is in in.Text, without quotes around it.
func (in *Instruction) Assignments() []Assignment {
	if in.pairs == nil {
		in.readPairs()
	}
	var out []Assignment
	for _, p := range in.pairs {
		start, end := p.keyEnd+1, p.End
		for start < end && isBlank(in.Text[start]) { // ENV name value
			start++
		}
		if q := in.Text[min(start, end):end]; len(q) > 1 && (q[0] == '"' || q[0] == '\'') && q[len(q)-1] == q[0] {
			start, end = start+1, end-1
		}
		if start < end {
			out = append(out, Assignment{Name: strings.Trim(in.Text[p.Start:p.keyEnd], `"'`), Value: edit.Span{Start: start, End: end}})
		}
	}
	return out
}

// An Assignment is a NAME=VALUE of an instruction. Value has the bytes of the value in the
// text of the instruction.
type Assignment struct {
	Name  string
	Value edit.Span
}

// readPairs finds the pairs of in. `ENV name value`, the old form, is one pair.
func (in *Instruction) readPairs() {
	for at := in.Args; ; {
		w := in.NextWord(at)
		if at = w.End; w.Len() == 0 {
			return
		}
		key := strings.IndexByte(in.Text[w.Start:w.End], '=')
		if key < 0 && len(in.pairs) == 0 && in.Cmd != "arg" {
			in.pairs = append(in.pairs, pair{edit.Span{Start: w.Start, End: len(in.Text)}, w.End})
			return
		}
		if key < 0 {
			key = w.Len()
		}
		in.pairs = append(in.pairs, pair{w, w.Start + key})
	}
}
