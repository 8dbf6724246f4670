package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// checkYAMLEncoding returns an error for a source that the decoder would misread:
// it decodes UTF-16 if there is a byte order mark, and counts in UTF-16; and after
// an inner byte order mark it drops the first character of lines.
func checkYAMLEncoding(src []byte) error {
	for _, bom := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(src, []byte(bom)) {
			return ErrUTF16
		}
	}
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return &ParseError{Line: yamlUserLine(src, i), Msg: "a NUL byte: the file is not text"}
	}
	first := len(src) - len(bytes.TrimPrefix(src, utf8BOM))
	if i := bytes.Index(src[first:], utf8BOM); i >= 0 {
		return fmt.Errorf("line %d: %w", yamlUserLine(src, first+i), ErrInnerBOM)
	}
	return nil
}

// yamlUserLine returns the 1-based line of src[i], counted by LF as in editors.
func yamlUserLine(src []byte, i int) int {
	return 1 + bytes.Count(src[:min(i, len(src))], []byte("\n"))
}

// decodeYAML returns the documents of the given part of file.
func decodeYAML(file []byte, span edit.Span) (docs []*yaml.Node, err error) {
	src := file[span.Start:span.End]
	if !utf8.Valid(src) {
		// This gives a better message, and the decoder would decode a part that
		// begins with the bytes of a UTF-16 byte order mark as UTF-16.
		return nil, &ParseError{Line: yamlUserLine(file, span.Start+invalidUTF8(src)), Msg: "invalid UTF-8"}
	}
	defer func() {
		// The decoder can panic on hostile input.
		if v := recover(); v != nil {
			docs, err = nil, &ParseError{Msg: fmt.Sprintf("the parser failed: %v", v)}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for {
		doc := new(yaml.Node)
		if err := dec.Decode(doc); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, yamlError(file, span, err)
		}
		docs = append(docs, doc)
	}
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8.
func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(?s:(.*))$`)

// yamlError returns the error of the decoder with a better message and with the
// line of file, counted as in editors.
func yamlError(file []byte, span edit.Span, err error) error {
	src := file[span.Start:span.End]
	m := yamlErrorLine.FindStringSubmatch(err.Error())
	msg := m[2]
	if msg == "control characters are not allowed" {
		i := controlCharacter(src)
		r, _ := utf8.DecodeRune(src[i:])
		return &ParseError{Line: yamlUserLine(file, span.Start+i), Msg: fmt.Sprintf("YAML does not allow the control character %U", r)}
	}
	if rest, ok := strings.CutPrefix(msg, "unknown anchor '"); ok {
		name, _, _ := strings.Cut(rest, "'")
		out := &ParseError{Msg: fmt.Sprintf("no anchor &%[1]s is defined before the alias *%[1]s", name)}
		if i := bytes.Index(src, []byte("*"+name)); i >= 0 {
			out.Line = yamlUserLine(file, span.Start+i)
		}
		return out
	}
	line, e := strconv.Atoi(m[1])
	switch {
	case e != nil:
		line = 1 // the decoder omits line 0
	case yamlCountsFromZero(msg):
		line++
	}
	starts := newYAMLLines(src).starts
	line = yamlUserLine(file, span.Start+starts[min(line, len(starts))-1])
	if strings.HasPrefix(msg, "exceeded max depth") {
		return fmt.Errorf("line %d: %w", line, ErrTooDeep)
	}
	return &ParseError{Line: line, Msg: yamlAdvice(msg)}
}

// yamlCountsFromZero reports whether msg is an error of the decoder's parser,
// which counts lines from 0. Its scanner counts lines from 1. Source:
// parser.fail in decode.go of go.yaml.in/yaml/v3.
func yamlCountsFromZero(msg string) bool {
	switch msg {
	case "did not find expected <stream-start>",
		"did not find expected <document start>",
		"found undefined tag handle",
		"did not find expected node content",
		"did not find expected '-' indicator",
		"did not find expected key",
		"did not find expected ',' or ']'",
		"did not find expected ',' or '}'",
		"found duplicate %YAML directive",
		"found incompatible YAML document",
		"found duplicate %TAG directive":
		return true
	}
	return false
}

// yamlAdvice returns a message with advice for the most common errors.
func yamlAdvice(msg string) string {
	switch msg {
	case "did not find expected key":
		return "expected a key, here or in the mapping that starts here: check the indentation and look for a missing colon"
	case "did not find expected '-' indicator":
		return "expected a list item, here or in the list that starts here: check the indentation"
	case "did not find expected node content":
		return "expected a value (templates are not YAML before they are rendered)"
	case "could not find expected ':'":
		return "a key without a colon"
	case "did not find expected <document start>":
		return "text after the end of a document: check the indentation and look for a missing ---"
	case "found character that cannot start any token":
		return "a value cannot start with this character: quote the value, or indent with spaces instead of tabs"
	case "mapping values are not allowed in this context":
		return "a second colon: quote the value or check the indentation"
	case "found unexpected end of stream":
		return "a quote is not closed (opened here, or on the first line)"
	case "found incompatible YAML document":
		return "a %YAML directive for a version other than 1.1"
	}
	return msg
}

// controlCharacter returns the offset of the first code point of src that the
// decoder rejects. Source: readerc.go of go.yaml.in/yaml/v3.
func controlCharacter(src []byte) int {
	for i, r := range string(src) {
		switch {
		case r == '\t', r == '\n', r == '\r', r == 0x85:
		case r < 0x20, r > 0x7E && r < 0xA0, r == 0xFFFE, r == 0xFFFF:
			return i
		}
	}
	return len(src)
}
