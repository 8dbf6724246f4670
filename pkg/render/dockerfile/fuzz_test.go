package dockerfile

import (
	"bytes"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// dump returns the instructions of a Dockerfile as BuildKit's parser prints them, with the
// here-documents and the directives.
func dump(src []byte) (string, bool) {
	r, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return "", false
	}
	out := r.AST.Dump() + string(r.EscapeToken)
	for _, n := range r.AST.Children {
		for _, h := range n.Heredocs {
			out += "\x00" + h.Content
		}
	}
	_, syntax, _, _ := parser.DetectSyntax(src)
	_, check, _, _ := parser.ParseDirective("check", src)
	return out + syntax + "\x00" + check, true
}

// FuzzOneByte changes one byte of a correct change. The file is not proven then, unless
// BuildKit reads the same instructions. A file that does not change never fails.
func FuzzOneByte(f *testing.F) {
	for i := 0; i < len(mutatedAfter()); i += 13 {
		f.Add(mutatedBefore, uint32(i), byte('x'))
		f.Add(mutatedBefore, uint32(i), byte('/'))
	}
	f.Add("FROM nginx\n", uint32(5), byte('q'))
	f.Add("ARG A=$A$A\nFROM ${A:-${A#x}}\n", uint32(3), byte('$'))
	f.Add("FROM quay.io/a\nONBUILD COPY --from=quay.io/b . .\nRUN --mount=from=quay.io/c <<E <<-F\nE\n F\n", uint32(9), byte('\n'))
	f.Fuzz(func(t *testing.T, before string, at uint32, to byte) {
		if len(before) > 16<<10 {
			return
		}
		if v := verifyText(t, before, before); v.State == render.Failed {
			t.Errorf("the same text fails: %s", describe(&v))
		}
		after, err := rewrite.EditText(mirrorSet(t))(t.Context(), "Dockerfile", []byte(before))
		if err != nil || len(after) == 0 {
			return
		}
		right := verifyText(t, before, string(after))
		wrong := bytes.Clone(after)
		wrong[int(at)%len(wrong)] = to
		x, ok := dump(after)
		y, ok2 := dump(wrong)
		if ok && ok2 && x == y {
			return
		}
		// Another correct change is possible: one that moves less.
		v := verifyText(t, before, string(wrong))
		if v.State == render.Proven && v.Moved >= right.Moved && right.State == render.Proven {
			t.Errorf("a wrong byte is not found:\n%s\n%s", wrong, describe(&v))
		}
	})
}

// FuzzVerify compares any two texts. No file ends the program, and a proof of a change has a
// reference that moved, unless BuildKit reads the same instructions.
func FuzzVerify(f *testing.F) {
	f.Add(mutatedBefore, mutatedAfter())
	f.Add("FROM nginx\n", "FROM nginx \n")
	f.Add("ARG A=$A$A\nFROM ${A:-${A#x}}\n", "FROM")
	f.Add("FROM a\nONBUILD COPY --from=b . .\nRUN --mount=from=c <<E <<-F\nE\n F\n", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before) > 16<<10 || len(after) > 16<<10 {
			return
		}
		v := verifyText(t, before, after)
		x, _ := dump([]byte(before))
		y, _ := dump([]byte(after))
		if v.State == render.Proven && v.Moved == 0 && x != y {
			t.Errorf("proven, and the instructions differ:\n%s\n%s", x, y)
		}
	})
}
