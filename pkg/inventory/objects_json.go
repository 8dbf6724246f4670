package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A meter reads from r, and refuses to go on when left bytes are read: what an
// object may take.
type meter struct {
	r    io.Reader
	left int64
	err  error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.left -= int64(n)
	return n, err
}

// A jsonReader goes through a stream of JSON values.
type jsonReader struct {
	*json.Decoder
	q     *queue
	ctx   context.Context
	meter *meter
}

// jsonStream lists the references of JSON values, an object at a time.
func (q *queue) jsonStream(ctx context.Context, r io.Reader) error {
	m := &meter{r: r, err: q.v.errSize()}
	d := jsonReader{json.NewDecoder(m), q, ctx, m}
	for {
		d.another()
		switch t, err := d.Token(); {
		case err == io.EOF:
			return ctx.Err()
		case err != nil:
			return readable(err)
		case t == json.Delim('{'):
			if err := d.value(); err != nil {
				return readable(err)
			}
		case t == json.Delim('['):
			if err := d.list(); err != nil {
				return readable(err)
			}
		default:
			d.q.skip(errNoObject(fmt.Append(nil, t)))
		}
	}
}

// another allows for one more object.
func (d *jsonReader) another() { d.meter.left = d.q.v.opts.MaxSize }

// add has the references of an object listed.
func (d *jsonReader) add(src []byte) {
	d.q.add(len(src), func() error { return d.q.v.jsonObject(src) })
}

// readable says for a person that the text ends too early.
func readable(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the JSON ends before it is complete")
	}
	if x := (*json.SyntaxError)(nil); errors.As(err, &x) {
		return fmt.Errorf("it is not JSON at byte %d: %w", x.Offset, err)
	}
	return err
}

// value reads an object behind its brace: a list of objects an item at a time,
// any other as a whole.
func (d *jsonReader) value() error {
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
				if err := d.list(); err != nil {
					return err
				}
				continue
			}
			if err := d.skip(t); err != nil {
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

// list reads the items of a list behind its bracket.
func (d *jsonReader) list() error {
	for d.More() {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		d.another()
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		d.add(raw)
	}
	_, err := d.Token()
	return err
}

// skip goes to the end of the value that t begins.
func (d *jsonReader) skip(t json.Token) error {
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
