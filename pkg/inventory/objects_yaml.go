package inventory

import (
	"bufio"
	"bytes"
	"context"
	"io"
)

// A yamlReader cuts a stream of YAML into documents, and a document that is a
// list of objects in block style into its items. An item begins at a dash in
// the list's own column: all that belongs to it stands further right.
type yamlReader struct {
	q     *queue
	chunk []byte
	line  int // of the line that is read, 1-based
	first int // line of chunk

	state  yamlState
	indent int  // of the dashes of the list
	large  bool // the chunk is larger than is read
}

type yamlState uint8

const (
	inDocument yamlState = iota
	atItems              // behind a line `items:`
	inItems              // within the list
	afterItems           // what follows the list is not looked at
)

// readYAML lists the references of a stream of YAML documents.
func (q *queue) readYAML(ctx context.Context, in *bufio.Reader) error {
	y := &yamlReader{q: q, first: 1}
	begins := true // a line
	for {
		part, err := in.ReadSlice('\n')
		if begins && len(part) > 0 {
			y.line++
			if ctx.Err() != nil {
				return ctx.Err()
			}
			y.classifyLine(part)
		}
		if y.state != afterItems {
			y.append(part)
		}
		begins = err == nil
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

// append adds to the chunk, unless it grows too large.
func (y *yamlReader) append(part []byte) {
	if int64(len(y.chunk)+len(part)) > y.q.v.opts.MaxSize {
		y.large = true
	}
	if !y.large {
		y.chunk = append(y.chunk, part...)
	}
}

// classifyLine decides from the beginning of a line whether a chunk begins there.
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

// startChunk forgets the chunk, and begins another in this line.
func (y *yamlReader) startChunk() {
	y.chunk, y.first, y.large = y.chunk[:0], y.line, false
}

// flush has the references of the chunk listed.
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
