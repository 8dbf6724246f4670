package syntax

import (
	"errors"
	"fmt"
)

// Errors because of which a source is not read at all. Other errors are a
// [ParseError]. Test for them with [errors.Is].
var (
	// ErrTooDeep: mappings and lists are nested more than 10,000 levels deep.
	ErrTooDeep = errors.New("nested too deeply")

	// ErrTooMany: there are more than 8 million values, whose nodes would need
	// more than a gigabyte.
	ErrTooMany = errors.New("too many values")

	// ErrInnerBOM: a byte order mark is not at the start of the source, so a
	// parser would read it as text.
	ErrInnerBOM = errors.New("byte order mark inside the text")

	// ErrUTF16: the source starts with a byte order mark of UTF-16 or UTF-32.
	ErrUTF16 = errors.New("text is UTF-16 or UTF-32, not UTF-8")
)

// A ParseError says where a source violates its syntax.
type ParseError struct {
	Line int    // 1-based; 0 if unknown
	Msg  string // without the line
}

// Error returns the message, with its line if it is known.
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}
