package edit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Format writes d in the format that git apply reads, or nothing if d has no
// hunks. A diff without context needs git apply --unidiff-zero. The error is
// that of w.
func (d FileDiff) Format(w io.Writer) error {
	_, err := w.Write(d.Bytes())
	return err
}

// Bytes returns what Format writes.
func (d FileDiff) Bytes() []byte {
	if len(d.Hunks) == 0 {
		return nil
	}
	var b bytes.Buffer
	a, z := quoteName("a/"+d.Path), quoteName("b/"+d.Path)
	end := "\n"
	if strings.Contains(d.Path, " ") {
		end = "\t\n" // marks the end of the name, as git and GNU patch do
	}
	fmt.Fprintf(&b, "diff --git %s %s\n", a, z)
	b.WriteString("--- " + a + end)
	b.WriteString("+++ " + z + end)
	for _, h := range d.Hunks {
		h.write(&b)
	}
	return b.Bytes()
}

// Header returns the line that opens h, "@@ -1,3 +1,3 @@", without a "\n".
func (h Hunk) Header() string {
	return "@@ -" + lineRange(h.OldStart, h.OldLines) + " +" + lineRange(h.NewStart, h.NewLines) + " @@"
}

func (h Hunk) write(b *bytes.Buffer) {
	b.WriteString(h.Header())
	b.WriteByte('\n')
	for _, l := range h.Lines {
		b.WriteByte(l.Op)
		b.Write(l.Text)
		b.WriteByte('\n')
		if l.NoEOL {
			b.WriteString("\\ No newline at end of file\n")
		}
	}
}

func lineRange(start, count int) string {
	if count == 1 {
		return fmt.Sprint(start)
	}
	return fmt.Sprintf("%d,%d", start, count)
}

// quoteName returns name as git prints it with core.quotePath off: in double
// quotes, with C escapes, if a byte needs an escape. Unlike git it also escapes
// bytes that are not UTF-8: a diff is stored in JSON too, which cannot hold
// such bytes.
func quoteName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		c := name[i]
		switch at := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c); {
		case at >= 0:
			b.WriteByte('\\')
			b.WriteByte(`abtnvfr"\`[at])
		case c < 0x20 || c == 0x7f || r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteString(name[i : i+n])
		}
		i += n
	}
	if b.Len() == len(name) {
		return name
	}
	return `"` + b.String() + `"`
}
