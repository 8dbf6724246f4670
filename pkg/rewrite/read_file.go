package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// binaryHead is how much of a file git looks at for a NUL byte to tell that
// it is binary. Source: buffer_is_binary in git's xdiff-interface.c.
const binaryHead = 8000

// maxMentions is how many mentions of one file are listed. One that has more is
// not edited: nobody wrote it, and what is known of each mention takes a
// hundred times its size in memory.
const maxMentions = 100_000

// A fileContent is what reading a file came to.
type fileContent struct {
	src  []byte // a copy of its own when the file may hold something, nil when not
	skip walk.Reason
	err  error

	// marks are the mentions of a file that is too large to keep; src is nil.
	mentions []foundMention
}

// A foundMention is a mention of a file that was searched and not kept.
type foundMention struct {
	span         edit.Span
	text         string
	line, column int
}

// readFile reads the file f into buf, which it may grow, and copies it only when
// want says that it may hold something to do.
func readFile(f walk.File, buf *[]byte, set *rules.Set, maxSize int64, want func(src []byte) bool) fileContent {
	file, err := open(f.Abs)
	if err != nil {
		return fileContent{skip: walk.Unreadable, err: withoutPath(err)}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fileContent{skip: walk.Unreadable, err: withoutPath(err)}
	}
	if !info.Mode().IsRegular() {
		return fileContent{skip: walk.Irregular}
	}
	if info.Size() > maxSize {
		return searchMentions(file, set, info.Size(), maxSize)
	}
	src, err := readAll(file, (*buf)[:0], int(info.Size()))
	*buf = src[:0]
	if err != nil {
		return fileContent{skip: walk.Unreadable, err: withoutPath(err)}
	}
	return classifyContent(src, set, want)
}

// classifyContent says what there is to do with a file's bytes, and copies them when
// there is.
func classifyContent(src []byte, set *rules.Set, want func(src []byte) bool) fileContent {
	if text, ok := fromUTF16(src); ok {
		if len(set.Mentions(text)) > 0 {
			return fileContent{err: errors.New("it mentions an old name and is UTF-16 text; convert it to UTF-8 to have it rewritten")}
		}
		return fileContent{skip: walk.UTF16}
	}
	if bytes.IndexByte(src[:min(len(src), binaryHead)], 0) >= 0 {
		return fileContent{skip: walk.Binary}
	}
	if !want(src) {
		return fileContent{}
	}
	if len(set.Mentions(src)) > maxMentions {
		return searchMentions(bytes.NewReader(src), set, int64(len(src)), int64(len(src)))
	}
	return fileContent{src: append(make([]byte, 0, len(src)), src...)}
}

// readAll reads the regular file r to its end into buf, which is expected to
// take size bytes.
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
			return buf, nil // there was room for more; asking again would only say that this is the end
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// searchMentions goes through a file that is too large to keep, a block at a time,
// and counts what it mentions.
func searchMentions(r io.Reader, set *rules.Set, size, maxSize int64) fileContent {
	const block = 1 << 20
	longest := 1
	for _, from := range set.OldPrefixes() {
		longest = max(longest, len(from))
	}
	buf := make([]byte, 0, block+longest)
	var out fileContent
	base, line, column := 0, 1, 1 // of buf[0]
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err != nil
		if last && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fileContent{skip: walk.Unreadable, err: withoutPath(err)}
		}
		if base == 0 {
			if _, ok := fromUTF16(buf); ok {
				return fileContent{err: fmt.Errorf("it is UTF-16 text of %d MiB, and what is larger than %d MiB is not read as a whole", size>>20, maxSize>>20)}
			}
			if bytes.IndexByte(buf[:min(len(buf), binaryHead)], 0) >= 0 {
				return fileContent{skip: walk.Binary}
			}
		}
		// A mention in the last bytes may go on in the next block.
		usable := len(buf)
		if !last {
			usable -= longest - 1
		}
		at := edit.NewLines(buf)
		end := 0
		for _, m := range set.Mentions(buf) {
			if m.Start >= usable {
				break
			}
			l, c := at.Position(m.Start)
			if l == 1 {
				c += column - 1
			}
			out.mentions = append(out.mentions, foundMention{edit.Span{Start: base + m.Start, End: base + m.End}, string(buf[m.Start:m.End]), line + l - 1, c})
			if len(out.mentions) == maxMentions {
				out.err = fmt.Errorf("it is %d MiB, and mentions old names more often than the %d times that are listed", size>>20, maxMentions)
				return out
			}
			end = m.End
		}
		if last {
			break
		}
		usable = max(usable, end)
		l, c := at.Position(usable)
		if line += l - 1; l > 1 {
			column = c
		} else {
			column += c - 1
		}
		base += usable
		buf = append(buf[:0], buf[usable:]...)
	}
	if len(out.mentions) > 0 {
		out.err = fmt.Errorf("it mentions an old name and is %d MiB; what is larger than %d MiB is searched only", size>>20, maxSize>>20)
	}
	return out
}

// fromUTF16 returns src as UTF-8 when it starts with a byte order mark of
// UTF-16.
func fromUTF16(src []byte) ([]byte, bool) {
	if len(src) < 2 {
		return nil, false
	}
	var little bool
	switch {
	case src[0] == 0xFF && src[1] == 0xFE:
		little = true
	case src[0] == 0xFE && src[1] == 0xFF:
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(src)/2)
	for i := 2; i+1 < len(src); i += 2 {
		a, b := uint16(src[i]), uint16(src[i+1])
		if little {
			a, b = b, a
		}
		units = append(units, a<<8|b)
	}
	return []byte(string(utf16.Decode(units))), true
}

// withoutPath returns what the system said without the path, which whoever
// reports it names once.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
