package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// variableDefault adds the default of the variable of a shell or of Compose at
// the start of the value at f: ${IMAGE:-nginx:1.27} or
// ${REGISTRY:-docker.io}/library/nginx. It returns false if the default is not
// a reference. The text after the variable is part of the reference but is not
// changed, because it also follows every other value of the variable.
// Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
func (d *detector) variableDefault(f *frame) bool {
	n := f.node
	prefix := emptyDefaults(n.Value[transportLen(n.Value):])
	start, end, tail := nestedDefault(n.Value, transportLen(n.Value)+prefix)
	text := n.Value[start:end]
	host := strings.TrimSuffix(text, "/")
	if start == transportLen(n.Value)+prefix || host == "" || strings.HasPrefix(text, "$") {
		return false
	}
	isImage := d.isImageField(f)
	r, _ := image.Parse(text + tail)
	o := Occurrence{IsImage: isImage, Tail: tail, IsUntagged: r.Tag == "" && r.Digest == ""}
	if o.LikelyImage = !isImage && d.namesImage(f, r, nil); prefix > 0 && isImage && r.Domain == "" {
		o.IsImage, o.LikelyImage, o.AfterVariable, o.Note = false, true, true, mayHoldRegistry
	}
	isHost := d.isHostText(f, text) && !(isImage && strings.HasPrefix(tail, ":"))
	switch {
	case isHost && tail == "":
		if !IsRegistryKey(f.effectiveKey()) && !d.hasImageSiblings(f) {
			return false
		}
	case !isReference(text + tail), !hasDomain(text+tail) && !isImage && !o.LikelyImage:
		return false
	}
	role := Whole
	if isHost || strings.HasPrefix(n.Value, "oci://") {
		role = Registry
	}
	o.Pieces = []Piece{d.part(n, start, end, role, "")}
	d.add(f, o)
	d.contexts(f, n, Context{Reason: DifferentName})
	return true
}

// variableAlternative adds the image that the value at f has if a variable is set:
// ${IMAGE:+acme/app:1}. It returns false for other values.
func (d *detector) variableAlternative(f *frame) bool {
	n := f.node
	at := transportLen(n.Value)
	from, to, ok := operandOf(n.Value, at, ":+", "+")
	if !ok || !d.isImageField(f) {
		return false
	}
	text, tail := n.Value[from:to], n.Value[to+1:]
	if !isReference(text) || text[0] == '$' || tail != "" && tail[0] != ':' && tail[0] != '@' || !isReference(text+tail) {
		return false
	}
	d.add(f, Occurrence{IsImage: true, Tail: tail, Pieces: []Piece{d.part(n, from, to, Whole, "")}})
	d.contexts(f, n, Context{Reason: DifferentName})
	return true
}

// nestedDefault returns the span of the default of the variable that begins at offset
// start of text, inside all variables that begin with another variable, and the texts
// after them. The span ends at the end of text if no variable begins at start.
func nestedDefault(text string, start int) (from, to int, tail string) {
	from, to = start, len(text)
	for depth := 0; depth <= dockerfile.MaxNested; depth++ {
		a, b, ok := defaultOf(text[:to], from)
		if !ok {
			break
		}
		tail = text[b+1:to] + tail
		from, to = a, b
	}
	return from, to, tail
}

// emptyDefaults returns the length of the variables at the start of text whose default
// is empty, and that another variable follows: ${PREFIX:-}${IMAGE:-nginx}.
func emptyDefaults(text string) (n int) {
	for {
		from, to, ok := defaultOf(text, n)
		if !ok || from != to || !strings.HasPrefix(text[to+1:], "${") {
			return n
		}
		n = to + 1
	}
}

// defaultOf returns the span of the default of the variable that begins at offset
// start of text. It is false if the variable has no default.
func defaultOf(text string, start int) (from, to int, ok bool) {
	return operandOf(text, start, ":-", ":=", "-", "=")
}

// operandOf returns the span of the text after one of the operators in the variable that
// begins at offset start of text. It is false if the variable has none of them.
func operandOf(text string, start int, operators ...string) (from, to int, ok bool) {
	if !strings.HasPrefix(text[start:], "${") {
		return 0, 0, false
	}
	to = dockerfile.ClosingBrace(text, start+2)
	for from = start + 2; from < to && dockerfile.IsNameByte(text[from]); from++ {
	}
	if from == start+2 {
		return 0, 0, false
	}
	for _, op := range operators {
		if strings.HasPrefix(text[from:], op) && from+len(op) <= to {
			return from + len(op), to, true
		}
	}
	return 0, 0, false
}
