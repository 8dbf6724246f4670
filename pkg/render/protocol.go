package render

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"io"
)

// A job is what a child is asked to do, exactly one of its first fields.
type job struct {
	Render *Chart       // the answer is Rendered
	Trace  *Chart       // the answer is Trace
	Build  *build       // the answer is Rendered
	Probe  *probe       // the answer is Probed
	Limits limits       // of this job
	Set    ValueSet     // of the chart
	As     Capabilities // of the cluster that the chart is told
	Keep   Versions     // of a Render: what is not to be compared
}

// An answer is what came of a job. Err is what the chart did wrong, for
// people; the child itself is well.
type answer struct {
	Err      string
	Rendered *Rendered
	Trace    *Trace
	Probed   string

	// Last says that the child goes away, since it holds much memory.
	Last bool
}

// A probe asks the child about itself, for tests.
type probe struct{ Do string }

// Frames are a length of four bytes, big-endian, and a value of
// encoding/gob that stands alone: a child that was killed while it wrote
// spoils its own frame only.

// writeFrame writes v as one frame.
func writeFrame(w io.Writer, v any) error {
	var b bytes.Buffer
	b.Write(make([]byte, 4))
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	if b.Len() > maxFrame {
		return fmt.Errorf("a frame of %d bytes", b.Len())
	}
	binary.BigEndian.PutUint32(b.Bytes(), uint32(b.Len()-4))
	_, err := w.Write(b.Bytes())
	return err
}

// maxFrame bounds a frame in bytes, whatever its length says.
const maxFrame = 1 << 30

// readFrame reads one frame of at most limit bytes into v. It returns io.EOF
// where no frame begins.
func readFrame(r io.Reader, limit int64, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > min(limit, maxFrame) {
		return errTooLong
	}
	// Grown as the bytes arrive: a length is not to be believed.
	var b bytes.Buffer
	if m, err := io.CopyN(&b, r, n); err != nil {
		return fmt.Errorf("reading a frame of %d bytes: %d came: %w", n, m, io.ErrUnexpectedEOF)
	}
	if err := gob.NewDecoder(&b).Decode(v); err != nil {
		return fmt.Errorf("decoding a frame: %w", err)
	}
	return nil
}

type protocolError string

func (e protocolError) Error() string { return string(e) }

const errTooLong = protocolError("the answer is too long")
