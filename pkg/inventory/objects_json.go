package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A limitReader reads from r and returns err when left bytes have been read. It
// bounds the size of one object.
type limitReader struct {
	r    io.Reader
	left int64
	err  error
}

func (m *limitReader) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.left -= int64(n)
	return n, err
}

// A jsonReader reads a stream of JSON values.
type jsonReader struct {
	*json.Decoder
	q     *queue
	ctx   context.Context
	limit *limitReader
}

// readJSON queues the objects of a stream of JSON values.
func (q *queue) readJSON(ctx context.Context, r io.Reader) error {
	m := &limitReader{r: r, err: q.v.errSize()}
	d := jsonReader{json.NewDecoder(m), q, ctx, m}
	for {
		d.resetLimit()
		switch t, err := d.Token(); {
		case err == io.EOF:
			return ctx.Err()
		case err != nil:
			return plainJSONError(err)
		case t == json.Delim('{'):
			if err := d.readObject(); err != nil {
				return plainJSONError(err)
			}
		case t == json.Delim('['):
			if err := d.readList(); err != nil {
				return plainJSONError(err)
			}
		default:
			d.q.skip(errNotObject(fmt.Append(nil, t)))
		}
	}
}

// resetLimit starts counting the bytes of the next object.
func (d *jsonReader) resetLimit() { d.limit.left = d.q.v.opts.MaxSize }

// add queues one object.
func (d *jsonReader) add(src []byte) {
	d.q.add(len(src), func() error { return d.q.v.addJSONObject(src) })
}

// plainJSONError replaces errors of encoding/json with ones that name the cause
// and the byte offset.
func plainJSONError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("unexpected end of JSON")
	}
	if x := (*json.SyntaxError)(nil); errors.As(err, &x) {
		return fmt.Errorf("invalid JSON at byte %d: %w", x.Offset, err)
	}
	return err
}

// readObject reads an object after its opening brace. If the object is a list of
// objects, readObject queues each item, otherwise the object.
func (d *jsonReader) readObject() error {
	var whole strings.Builder
	items := false
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if key == "items" {
			t, err := d.Token()
			if err != nil {
				return err
			}
			if t == json.Delim('[') {
				items = true
				if err := d.readList(); err != nil {
					return err
				}
				continue
			}
			if err := d.skipValue(t); err != nil {
				return err
			}
			continue
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if !items {
			name, _ := json.Marshal(key)
			fmt.Fprintf(&whole, ",%s:%s", name, raw)
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return err
	}
	if !items && whole.Len() > 0 {
		d.add([]byte("{" + whole.String()[1:] + "}"))
	}
	return nil
}

// readList queues the items of an array after its opening bracket.
func (d *jsonReader) readList() error {
	for d.More() {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		d.resetLimit()
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		d.add(raw)
	}
	_, err := d.Token()
	return err
}

// skipValue reads to the end of the value that starts with t.
func (d *jsonReader) skipValue(t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = d.Token(); err != nil {
			return err
		}
	}
}
