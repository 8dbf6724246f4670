package render

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
)

// A request is the head of a frame that the parent sends; the request of the
// job follows it in the same frame.
type request struct {
	Kind   string // the key of its Handler
	Limits Limits
}

// An answer is the head of a frame that the child sends. When Err is empty, the
// response of the handler follows it in the same frame.
type answer struct {
	Err string // why the job failed; the child process itself is well

	// Last says that the child process exits after this answer.
	Last bool
}

// A frame is a length of four bytes, big-endian, and a stream of encoding/gob
// that is complete in itself: a child that is killed while it writes spoils its
// own frame only.

// writeFrame writes head and, unless it is nil, body as one frame.
func writeFrame(w io.Writer, head, body any) error {
	var b bytes.Buffer
	b.Write(make([]byte, 4))
	enc := gob.NewEncoder(&b)
	if err := enc.Encode(head); err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	if body != nil {
		if err := enc.Encode(body); err != nil {
			return fmt.Errorf("encoding a frame: %w", err)
		}
	}
	if b.Len() > maxFrame {
		return fmt.Errorf("encoding a frame: %d bytes exceed the limit of %d", b.Len(), maxFrame)
	}
	binary.BigEndian.PutUint32(b.Bytes(), uint32(b.Len()-4))
	_, err := w.Write(b.Bytes())
	return err
}

// maxFrame bounds a frame in bytes, independent of the length that it declares.
const maxFrame = 1 << 30

// readFrame reads one frame of at most limit bytes, decodes its head, and
// returns the decoder for its body. It returns io.EOF at the end of r.
func readFrame(r io.Reader, limit int64, head any) (*gob.Decoder, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(length[:]))
	if n > min(limit, maxFrame) {
		return nil, errFrameTooLong
	}
	// The buffer grows as bytes arrive: the declared length is not trusted.
	var b bytes.Buffer
	if m, err := io.CopyN(&b, r, n); err != nil {
		return nil, fmt.Errorf("reading a frame: expected %d bytes, got %d: %w", n, m, io.ErrUnexpectedEOF)
	}
	dec := gob.NewDecoder(&b)
	if err := dec.Decode(head); err != nil {
		return nil, fmt.Errorf("decoding a frame: %w", err)
	}
	return dec, nil
}

var errFrameTooLong = errors.New("the frame is longer than its limit")
