package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A variable that a shell or Compose fills may carry what stands for it while
// it is not set: ${IMAGE:-nginx:1.27}, ${REGISTRY:-docker.io}/library/nginx.
// Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md

// variableDefault adds what the variable that the value at f begins with stands for
// when nobody sets it, and reports whether there is such a reference. What
// follows the variable belongs to the reference but stays, since it also
// follows what others set it to.
func (d *detector) variableDefault(f *frame) bool {
	n := f.node
	start, end, tail := transportLen(n.Value), len(n.Value), ""
	for depth := 0; ; depth++ {
		from, to, ok := fallback(n.Value[:end], start)
		if !ok || depth > dockerfile.MaxNested {
			break
		}
		tail = n.Value[to+1:end] + tail
		start, end = from, to
	}
	text := n.Value[start:end]
	host := strings.TrimSuffix(text, "/")
	if start == transportLen(n.Value) || host == "" || strings.HasPrefix(text, "$") {
		return false
	}
	certain := d.isImageField(f)
	o := Occurrence{IsImage: certain, Tail: tail}
	bare := image.IsHost(host) && !(certain && strings.HasPrefix(tail, ":")) && !d.isNumericTag(f, text)
	switch {
	case bare && tail == "":
		if !IsRegistryKey(f.effectiveKey()) && !d.hasImageSiblings(f) {
			return false
		}
	case !isReference(text + tail), !hasDomain(text+tail) && !certain:
		return false
	}
	role := Whole
	if bare || strings.HasPrefix(n.Value, "oci://") {
		role = Registry
	}
	o.Pieces = []Piece{d.part(n, start, end, role, "")}
	d.add(f, o)
	d.contexts(f, n, Context{Reason: DifferentName})
	return true
}

// fallback returns where in text the fallback of the variable that begins at
// start stands, and whether that is one that has a fallback.
func fallback(text string, start int) (from, to int, ok bool) {
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
