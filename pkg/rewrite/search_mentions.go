package rewrite

import (
	"bytes"
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// maxMentions is the largest number of mentions listed for one file. A file
// with more mentions is generated and is not edited: a finding needs a hundred
// times the memory of its mention.
const maxMentions = 100_000

// A foundMention is a mention in a file that is not kept in memory.
type foundMention struct {
	span         edit.Span
	text         string
	line, column int // 1-based; columns count code points
}

// A mentionSearch searches a file for mentions, one block at a time.
type mentionSearch struct {
	rules              *rules.Set
	longest            int // length in bytes of the longest old prefix, at least 1
	base, line, column int // position of the first byte of the block
	found              []foundMention
}

// searchMentions lists the mentions of a file of size bytes without keeping the
// file in memory.
func searchMentions(r io.Reader, set *rules.Set, size, maxSize int64) fileContent {
	const blockSize = 1 << 20
	s := mentionSearch{rules: set, longest: 1, line: 1, column: 1}
	for _, from := range set.OldPrefixes() {
		s.longest = max(s.longest, len(from))
	}
	buf := make([]byte, 0, blockSize+s.longest)
	for last := false; !last; {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last = err != nil
		if last && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fileContent{skip: walk.Unreadable, err: repofile.WithoutPath(err)}
		}
		if s.base == 0 {
			if _, ok := fromUTF16(buf); ok {
				return fileContent{err: fmt.Errorf("the file is UTF-16 text of %d MiB; files larger than %d MiB are not parsed", size>>20, maxSize>>20)}
			}
			if bytes.IndexByte(buf[:min(len(buf), binaryHead)], 0) >= 0 {
				return fileContent{skip: walk.Binary}
			}
		}
		used := s.searchBlock(buf, last)
		if len(s.found) == maxMentions {
			return fileContent{mentions: s.found, err: fmt.Errorf("the file (%d MiB) is not changed: it has more than %d mentions, and only these are listed", size>>20, maxMentions)}
		}
		buf = append(buf[:0], buf[used:]...)
	}
	if len(s.found) == 0 {
		return fileContent{}
	}
	return fileContent{mentions: s.found, err: fmt.Errorf("the file has mentions but is %d MiB; files larger than %d MiB are only searched", size>>20, maxSize>>20)}
}

// searchBlock adds the mentions that start in a block, up to maxMentions in all,
// and returns the number of bytes that it has searched. A mention at the end of
// a block may continue in the next one, so searchBlock leaves the last bytes of
// a block for the next call.
func (s *mentionSearch) searchBlock(block []byte, last bool) (used int) {
	used = len(block)
	if !last {
		used -= s.longest - 1
	}
	lines := edit.NewLines(block)
	end := 0
	for _, m := range s.rules.Mentions(block) {
		if m.Start >= used || len(s.found) == maxMentions {
			break
		}
		line, column := s.position(lines, m.Start)
		s.found = append(s.found, foundMention{edit.Span{Start: s.base + m.Start, End: s.base + m.End}, string(block[m.Start:m.End]), line, column})
		end = m.End
	}
	used = max(used, end)
	s.line, s.column = s.position(lines, used)
	s.base += used
	return used
}

// position returns the line and column in the file of an offset in the block.
func (s *mentionSearch) position(block *edit.Lines, offset int) (line, column int) {
	line, column = block.Position(offset)
	if line == 1 {
		column += s.column - 1
	}
	return s.line + line - 1, column
}
