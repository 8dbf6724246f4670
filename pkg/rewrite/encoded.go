package rewrite

import (
	"bytes"
	"encoding/base64"
	"sort"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// An encodedMention is a mention in escape sequences or in Base64.
type encodedMention struct {
	span   edit.Span // of the encoded text in the file
	old    string    // the decoded reference, or the mention itself
	reason format.Reason
	note   string
}

// encodedMentions returns the mentions in src that are not spelled out.
func encodedMentions(set *rules.Set, src []byte) []encodedMention {
	var out []encodedMention
	if decoded := decodeEscapes(src); decoded != nil {
		for _, m := range set.Mentions(decoded.text) {
			span := edit.Span{Start: decoded.offset(m.Start), End: decoded.offset(m.End)}
			if span.Len() > m.Len() {
				out = append(out, encodedMention{span, surroundingWord(decoded.text, m), format.Encoded, "escape sequences"})
			}
		}
	}
	return append(out, base64Mentions(set, src)...)
}

// An unescapedText is a text with escape sequences replaced.
type unescapedText struct {
	text []byte
	ends []int // offsets in text after each replaced sequence
	more []int // by how many bytes the file is longer than text up to there
}

// offset returns the offset in the file of the offset at in the text.
func (u *unescapedText) offset(at int) int {
	n := sort.Search(len(u.ends), func(i int) bool { return u.ends[i] > at })
	if n == 0 {
		return at
	}
	return at + u.more[n-1]
}

// escapeDigits are the numbers of hexadecimal digits of the escape sequences of
// JSON strings and of double-quoted YAML scalars.
var escapeDigits = map[byte]int{'u': 4, 'x': 2, 'U': 8}

// decodeEscapes replaces the escape sequences in src that stand for a printable
// character of ASCII. It returns nil if src has no such sequence.
func decodeEscapes(src []byte) *unescapedText {
	if !hasEscape(src) {
		return nil
	}
	out := unescapedText{text: make([]byte, 0, len(src))}
	more := 0
	for i := 0; i < len(src); {
		next := bytes.IndexByte(src[i:], '\\')
		if next < 0 || i+next+1 >= len(src) {
			out.text = append(out.text, src[i:]...)
			break
		}
		out.text = append(out.text, src[i:i+next]...)
		i += next
		if c, length := escapedChar(src[i:]); length > 0 {
			out.text = append(out.text, c)
			more += length - 1
			out.ends, out.more = append(out.ends, len(out.text)), append(out.more, more)
			i += length
			continue
		}
		out.text = append(out.text, src[i:i+2]...) // also an escaped backslash
		i += 2
	}
	return &out
}

// hasEscape reports whether src has an escape sequence that decodeEscapes
// replaces. It is called for every file, and searches each byte once.
func hasEscape(src []byte) bool {
	for {
		i := bytes.IndexByte(src, '\\')
		if i < 0 || i+1 >= len(src) {
			return false
		}
		if _, length := escapedChar(src[i:]); length > 0 {
			return true
		}
		src = src[i+2:]
	}
}

// escapedChar returns the printable character of ASCII that the escape sequence at
// the start of src stands for, and the length in bytes of the sequence; 0 if src does
// not start with one.
func escapedChar(src []byte) (c byte, length int) {
	length = 2 + escapeDigits[src[1]]
	if length == 2 || length > len(src) {
		return 0, 0
	}
	code, err := strconv.ParseUint(string(src[2:length]), 16, 32)
	if err != nil || code < 0x20 || code >= 0x7F {
		return 0, 0
	}
	return byte(code), length
}

// isReferenceByte reports whether a reference can contain c.
func isReferenceByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("./:_-@", c) >= 0
}

// minBase64 is the length in bytes from which on a run of characters is decoded.
// A shorter one has no room for a registry and a name.
const minBase64 = 16

// base64Mentions returns the mentions in Base64 text of src, if src may have a
// Secret or a ConfigMap with binary data.
func base64Mentions(set *rules.Set, src []byte) []encodedMention {
	if !hasSecretKind(src) && !hasBinaryData(src) {
		return nil
	}
	var out []encodedMention
	for i := 0; i < len(src); {
		if !isBase64(src[i]) {
			i++
			continue
		}
		text, end := base64Run(src, i)
		span := edit.Span{Start: i, End: end}
		i = end
		if len(text) < minBase64 {
			continue
		}
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(decoded, text)
		if err != nil {
			continue
		}
		decoded = decoded[:n]
		for _, m := range set.Mentions(decoded) {
			x := encodedMention{span, decodedReference(decoded, m), format.Encoded, "Base64"}
			if bytes.Contains(decoded, []byte(`"auths"`)) {
				x.reason = format.Credentials
			}
			out = append(out, x)
		}
	}
	return out
}

// hasBinaryData reports whether src has the key of binary data of a ConfigMap, or
// of the credentials in a Secret. It searches for bytes that are rare in text.
func hasBinaryData(src []byte) bool {
	for i := 0; ; i++ {
		at := bytes.IndexByte(src[i:], 'D')
		if at < 0 {
			return bytes.Contains(src, []byte("kerconfigjson"))
		}
		i += at
		if bytes.HasSuffix(src[:i], []byte("binary")) {
			return true
		}
	}
}

// hasSecretKind reports whether src has an object of the kind Secret.
func hasSecretKind(src []byte) bool {
	for i := 0; ; i++ {
		at := bytes.Index(src[i:], []byte("Secret"))
		if at < 0 {
			return false
		}
		i += at
		if bytes.HasSuffix(bytes.TrimRight(src[max(0, i-16):i], " \t\"':"), []byte("kind")) {
			return true
		}
	}
}

// base64Run returns the Base64 text that begins at offset i of src, without line
// breaks, and its end. The text continues on the next line if that line has
// nothing else.
func base64Run(src []byte, i int) (text []byte, end int) {
	for end = i; ; {
		start := end
		end = skipBytes(src, end, isBase64)
		for pad := 0; pad < 2 && end < len(src) && src[end] == '='; pad++ {
			end++
		}
		text = append(text, src[start:end]...)
		next := skipBytes(src, end, isSpace)
		stop := skipBytes(src, next, func(c byte) bool { return isBase64(c) || c == '=' })
		isLine := bytes.IndexByte(src[end:next], '\n') >= 0 && stop > next && (stop == len(src) || src[stop] == '\n' || src[stop] == '\r')
		if !isLine || len(text)%4 != 0 || text[len(text)-1] == '=' {
			return text, end
		}
		end = next
	}
}

// skipBytes returns the offset of the first byte of src, from i on, for which
// skip is false, or the length of src.
func skipBytes(src []byte, i int, skip func(c byte) bool) int {
	for i < len(src) && skip(src[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isBase64 reports whether Base64 text can contain c, except for its padding.
func isBase64(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '+' || c == '/'
}

// decodedReference returns the reference that begins at the mention m of decoded,
// and the mention alone if it is no reference. It returns no other text, because
// that may be secret: no text before the mention, and no tag of a host.
func decodedReference(decoded []byte, m edit.Span) string {
	mention := string(decoded[m.Start:m.End])
	end := m.End
	for end < len(decoded) && isReferenceByte(decoded[end]) {
		end++
	}
	text := strings.TrimRight(string(decoded[m.Start:end]), "./:_-@")
	name, _, _ := strings.Cut(strings.TrimPrefix(text, mention), "@")
	if ref, err := image.Parse(text); err != nil || ref.Domain == "" || !strings.HasPrefix(name, "/") {
		return mention
	}
	return text
}

// encodedFindings returns the findings of the mentions in f that are not spelled
// out and in no reference.
func (l *ledger) encodedFindings(f *scannedFile) []Finding {
	var out []Finding
	for _, e := range f.encoded {
		if l.isInReference(f.file.Path, e.span) {
			continue
		}
		out = append(out, Finding{Mention: e.span, Implicit: true, Old: e.old, Reason: e.reason, Note: e.note})
	}
	return out
}

// isInReference reports whether a piece of a reference that a rule matches
// overlaps the span s of the file at path.
func (l *ledger) isInReference(path string, s edit.Span) bool {
	for _, u := range l.uses[path] {
		if u.member.matched && u.piece.Span.Start < s.End && s.Start < u.piece.Span.End {
			return true
		}
	}
	return false
}
