package inventory

import (
	"bufio"
	"bytes"
	"context"
	"io"
)

// A yamlReader splits a stream of YAML into documents, and a document that is a
// list of objects in block style into its items. An item begins at a dash in the
// column of the list; the lines of an item are indented further.
type yamlReader struct {
	q     *queue
	chunk []byte
	line  int // 1-based number of the current line
	first int // 1-based number of the first line of chunk

	state  yamlState
	indent int  // spaces before the dashes of the list
	large  bool // the chunk is larger than MaxSize
}

type yamlState uint8

const (
	inDocument yamlState = iota
	atItems              // after the line `items:`
	inItems              // within the list
	afterItems           // after the list; the rest of the document is not scanned
)

// readYAML queues the objects of a stream of YAML documents.
func (q *queue) readYAML(ctx context.Context, in *bufio.Reader) error {
	y := &yamlReader{q: q, first: 1}
	atLineStart := true
	for {
		part, err := in.ReadSlice('\n')
		if atLineStart && len(part) > 0 {
			y.line++
			if ctx.Err() != nil {
				return ctx.Err()
			}
			y.classifyLine(part)
		}
		if y.state != afterItems {
			y.append(part)
		}
		atLineStart = err == nil
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			y.flush()
			return nil
		default:
			return err
		}
	}
}

// append adds part to the chunk, unless the chunk would exceed MaxSize.
func (y *yamlReader) append(part []byte) {
	if int64(len(y.chunk)+len(part)) > y.q.v.opts.MaxSize {
		y.large = true
	}
	if !y.large {
		y.chunk = append(y.chunk, part...)
	}
}

// classifyLine decides whether a new chunk begins with a line. The line may be
// cut off after the size of the reader's buffer.
func (y *yamlReader) classifyLine(line []byte) {
	text := bytes.TrimRight(line, " \t\r\n")
	if bytes.Equal(text, []byte("---")) || bytes.HasPrefix(line, []byte("--- ")) || bytes.Equal(text, []byte("...")) {
		y.flush()
		y.state = inDocument
		return
	}
	body := bytes.TrimLeft(text, " ")
	if len(body) == 0 || body[0] == '#' {
		return // a comment, or a line of a block scalar
	}
	indent := len(text) - len(body)
	dash := len(body) == 1 && body[0] == '-' || bytes.HasPrefix(body, []byte("- "))
	switch y.state {
	case inDocument:
		if key, rest, _ := bytes.Cut(text, []byte(":")); string(key) == "items" && (len(bytes.TrimSpace(rest)) == 0 || bytes.HasPrefix(bytes.TrimSpace(rest), []byte("#"))) {
			y.state = atItems
		}
	case atItems:
		if y.state = inDocument; dash {
			y.state, y.indent = inItems, indent
			y.startChunk()
		}
	case inItems:
		switch {
		case dash && indent == y.indent:
			y.flush()
		case indent <= y.indent:
			y.flush()
			y.state = afterItems
		}
	}
}

// startChunk begins an empty chunk at the current line.
func (y *yamlReader) startChunk() {
	y.chunk, y.first, y.large = y.chunk[:0], y.line, false
}

// flush queues the chunk.
func (y *yamlReader) flush() {
	switch text := bytes.TrimSpace(y.chunk); {
	case y.large:
		y.q.skip(y.q.v.errSize())
	case len(text) > 0 && !bytes.Equal(text, []byte("---")):
		src, line := bytes.Clone(y.chunk), y.first
		y.q.add(len(src), func() error { return y.q.v.addYAMLObject(src, line) })
	}
	y.startChunk()
}
