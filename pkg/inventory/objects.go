package inventory

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Stream is the path of uses and failures of a stream.
const Stream = "-"

// errEmpty is the error for an empty stream: a program that failed before it
// wrote anything must not count as a cluster without images.
var errEmpty = errors.New("the input is empty")

// errUTF16 is the error for UTF-16, which Windows PowerShell writes when it
// redirects the output of a program.
var errUTF16 = errors.New("the text is UTF-16, not UTF-8; PowerShell writes UTF-16 by default")

// errNotObject is the error for text that is not a Kubernetes object, such as
// the error message of a program.
func errNotObject(src []byte) error {
	line, _, _ := bytes.Cut(bytes.TrimSpace(src), []byte("\n"))
	return fmt.Errorf("not a Kubernetes object: %.80q", bytes.TrimSpace(line))
}

// objectStart matches the first line of an object, or a list of objects, in
// YAML: a key, an item, a flow collection, an anchor, a tag or an alias.
var objectStart = regexp.MustCompile(`^(?:-(?:\s|$)|[{\[?&!*]|"[^"]*"\s*:|'[^']*'\s*:|[^\s:#"']+\s*:(?:\s|$))`)

// mayBeObject reports whether text may be an object or a list of objects.
func mayBeObject(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if rest, ok := bytes.CutPrefix(line, []byte("---")); ok {
			line = bytes.TrimSpace(rest)
		}
		if len(line) == 0 || line[0] == '#' || line[0] == '%' || bytes.Equal(line, []byte("...")) {
			continue
		}
		return objectStart.Match(line)
	}
	return true
}

// AddObjects adds the references of a stream of Kubernetes objects in JSON or
// YAML, as `kubectl get -o json`, `kubectl get -o yaml`, `helm template` and
// `kustomize build` print them: any number of objects, documents, Lists and
// ResourceLists. Objects are read one by one, so that a list may be larger than
// memory. References are found as in files; the uses of a pod have the digests
// that its node reports.
//
// Errors of the stream are added to Failures with the path Stream. AddObjects
// returns an error only if ctx is done.
func (v *Inventory) AddObjects(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<16)
	first, err := firstByte(in)
	q := newQueue(v)
	v.mu.Lock()
	v.HasStream = true
	v.mu.Unlock()
	switch {
	case err == io.EOF:
		err = errEmpty
	case err != nil:
	case first == 0xff || first == 0xfe || first == 0:
		err = errUTF16
	case first == '{' || first == '[':
		err = q.readJSON(ctx, in)
	default:
		err = q.readYAML(ctx, in)
	}
	q.close()
	if err != nil && ctx.Err() == nil {
		objects := "objects"
		if v.ScannedObjects == 1 {
			objects = "object"
		}
		v.fail(Stream, fmt.Errorf("after %d %s: %w", v.ScannedObjects, objects, err))
	}
	return ctx.Err()
}

// firstByte skips a byte order mark and returns the first byte that is not
// white space, without reading past it.
func firstByte(in *bufio.Reader) (byte, error) {
	if b, _ := in.Peek(3); bytes.Equal(b, []byte("\uFEFF")) {
		in.Discard(3)
	}
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if len(b) < n {
			if err == bufio.ErrBufferFull {
				err = nil
			}
			return 0, err
		}
		if c := b[n-1]; strings.IndexByte(" \t\r\n", c) < 0 {
			return c, nil
		}
	}
}

// addJSONObject adds the references of the JSON object src.
func (v *Inventory) addJSONObject(src []byte) error {
	return v.addObject("stream.json", src, 0, func(i *objectHead) {
		if bytes.HasPrefix(src, []byte("{")) {
			_ = json.Unmarshal(src, i) // fields of the wrong type are left empty
		}
	})
}

// addYAMLObject adds the references of a document, or of a list item with its
// dash, that begins on the given 1-based line of the stream.
func (v *Inventory) addYAMLObject(src []byte, line int) error {
	return v.addObject("stream.yaml", src, line, func(i *objectHead) {
		dash := bytes.TrimLeft(src, " ")
		if len(dash) > 1 && dash[0] == '-' && (dash[1] == ' ' || dash[1] == '\n' || dash[1] == '\r') || unmarshal(src, i) != nil {
			var list []objectHead // an item, or a document that is a list
			if unmarshal(src, &list) == nil && len(list) == 1 {
				*i = list[0]
			}
		}
	})
}

// unmarshal calls yaml.Unmarshal and returns its panics as errors, since the text
// is untrusted.
func unmarshal(src []byte, to any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parsing YAML: %v", p)
		}
	}()
	return yaml.Unmarshal(src, to)
}

// addObject adds the references of one object of a stream. A line of 0 omits
// positions. It calls read only if the object has references and could not be parsed.
func (v *Inventory) addObject(name string, src []byte, line int, read func(*objectHead)) error {
	s, docs := v.scanObject(name, src, Use{Origin: InObject, Path: Stream, Line: line})
	if len(s.refs) == 0 && s.err == nil {
		if line > 0 && !mayBeObject(src) {
			return errNotObject(src)
		}
		v.add(nil, s.unresolved)
		return nil
	}
	var i objectHead
	if len(docs) == 1 {
		i.readTree(docs[0].Root)
	} else {
		read(&i)
	}
	short, long := i.titles()
	running := i.runningDigests()
	for k := range s.refs {
		u := &s.refs[k].use
		u.Field = strings.TrimPrefix(u.Field, "[0]")
		if u.Object == short {
			u.Object = long
			u.RunningDigest = running[u.Field]
		}
	}
	v.add(s.refs, s.unresolved)
	if s.err != nil {
		return fmt.Errorf("%s: %w", long, s.err)
	}
	return nil
}
