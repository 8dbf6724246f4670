package syntax

import (
	"errors"
	"fmt"
)

// What keeps a source from being read at all, as opposed to a [ParseError]
// in it. Test with [errors.Is].
var (
	// ErrTooDeep: collections are nested more than 10,000 levels deep.
	ErrTooDeep = errors.New("nested too deeply")

	// ErrTooMany: there are more than 8 million values, which would take more
	// than a gigabyte to hold.
	ErrTooMany = errors.New("too many values")

	// ErrInnerBOM: a byte order mark stands where a parser would take it for
	// text, not at the start of the source.
	ErrInnerBOM = errors.New("byte order mark inside the text")

	// ErrUTF16: the source starts with a byte order mark of UTF-16 or UTF-32.
	ErrUTF16 = errors.New("text is UTF-16 or UTF-32, not UTF-8")
)

// A ParseError says where a source is not what its syntax asks for.
type ParseError struct {
	Line int    // 1-based; 0 when it is not known
	Msg  string // what is wrong, without the line
}

// Error returns the message with its line, when that is known.
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}
