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
	start, end, tail := transportLen(n.Value), len(n.Value), ""
	prefix := emptyDefaults(n.Value[start:])
	start += prefix
	for depth := 0; ; depth++ {
		from, to, ok := defaultOf(n.Value[:end], start)
		if !ok || depth > dockerfile.MaxNested {
			break
		}
		tail = n.Value[to+1:end] + tail
		start, end = from, to
	}
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
	isHost := image.IsHost(host) && !(isImage && strings.HasPrefix(tail, ":")) && !d.isNumericTag(f, text)
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
	if !strings.HasPrefix(text[start:], "${") {
		return 0, 0, false
	}
	to = dockerfile.ClosingBrace(text, start+2)
	for from = start + 2; from < to && dockerfile.IsNameByte(text[from]); from++ {
	}
	if from == start+2 {
		return 0, 0, false
	}
	for _, op := range []string{":-", ":=", "-", "="} {
		if strings.HasPrefix(text[from:], op) && from+len(op) <= to {
			return from + len(op), to, true
		}
	}
	return 0, 0, false
}
