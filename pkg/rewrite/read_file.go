package rewrite

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// binaryHead is the number of bytes at the start of a file in which git looks
// for a NUL byte to recognize a binary file.
// Source: buffer_is_binary in git's xdiff-interface.c.
const binaryHead = 8000

// A fileContent is the result of reading a file. All fields are zero if the
// file cannot contain anything to rewrite or report.
type fileContent struct {
	src  []byte      // a copy of the file
	skip walk.Reason // why the file is not scanned
	err  error

	mentions []foundMention // mentions of a file that is not kept in memory; src is nil
}

// readFile reads the file f into buf, which it may enlarge. The result has a
// copy of the bytes only if isRelevant reports that they may contain something to
// rewrite or report.
func readFile(f walk.File, buf *[]byte, set *rules.Set, maxSize int64, isRelevant func(src []byte) bool) fileContent {
	file, err := repofile.Open(f.Abs)
	switch {
	case errors.Is(err, repofile.ErrIrregular):
		return fileContent{skip: walk.Irregular}
	case err != nil:
		return fileContent{skip: walk.Unreadable, err: repofile.WithoutPath(err)}
	}
	defer file.Close()
	if file.Size() > maxSize {
		return searchMentions(file, set, file.Size(), maxSize)
	}
	src, err := readAll(file, (*buf)[:0], int(file.Size()))
	*buf = src[:0]
	if err != nil {
		return fileContent{skip: walk.Unreadable, err: repofile.WithoutPath(err)}
	}
	return classifyContent(src, set, isRelevant)
}

// classifyContent decides from the bytes of a file whether the file is scanned,
// and copies them if it is.
func classifyContent(src []byte, set *rules.Set, isRelevant func(src []byte) bool) fileContent {
	if text, ok := fromUTF16(src); ok {
		if len(set.Mentions(text)) > 0 {
			return fileContent{err: errors.New("the file is UTF-16 text and has mentions; convert it to UTF-8 to rewrite them")}
		}
		return fileContent{skip: walk.UTF16}
	}
	if bytes.IndexByte(src[:min(len(src), binaryHead)], 0) >= 0 {
		return fileContent{skip: walk.Binary}
	}
	if !isRelevant(src) {
		return fileContent{}
	}
	if len(set.Mentions(src)) > maxMentions {
		return searchMentions(bytes.NewReader(src), set, int64(len(src)), int64(len(src)))
	}
	return fileContent{src: append(make([]byte, 0, len(src)), src...)}
}

// readAll appends the rest of r, a regular file, to buf. The size, in bytes, is
// the expected length; a different length is no error.
func readAll(r io.Reader, buf []byte, size int) ([]byte, error) {
	if cap(buf) < size+1 {
		buf = make([]byte, 0, size+1)
	}
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
		if len(buf) == size {
			return buf, nil // buf had room for more, so this is the end: saves a system call
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// fromUTF16 returns src as UTF-8; false if src does not start with a byte order
// mark of UTF-16.
func fromUTF16(src []byte) ([]byte, bool) {
	if len(src) < 2 {
		return nil, false
	}
	var littleEndian bool
	switch {
	case src[0] == 0xFF && src[1] == 0xFE:
		littleEndian = true
	case src[0] == 0xFE && src[1] == 0xFF:
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(src)/2)
	for i := 2; i+1 < len(src); i += 2 {
		a, b := uint16(src[i]), uint16(src[i+1])
		if littleEndian {
			a, b = b, a
		}
		units = append(units, a<<8|b)
	}
	return []byte(string(utf16.Decode(units))), true
}
