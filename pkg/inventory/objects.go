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

// Stream is the path of what is read from a stream.
const Stream = "-"

// errEmpty is the failure of a stream of nothing: a program that failed before
// it wrote anything must not pass for a cluster without images.
var errEmpty = errors.New("nothing came from standard input")

// errUTF16 is that of what Windows PowerShell makes of a program's output.
var errUTF16 = errors.New("it is no UTF-8 text but UTF-16, as PowerShell writes files; write it as UTF-8")

// errNoObject is the failure of text that is none of Kubernetes, such as what a
// program says that failed.
func errNoObject(src []byte) error {
	line, _, _ := bytes.Cut(bytes.TrimSpace(src), []byte("\n"))
	return fmt.Errorf("it is no object of Kubernetes: %.80q", bytes.TrimSpace(line))
}

// objectStart matches the first line of what may be an object in YAML, or a
// list of them: a key, an item, a flow, an anchor, tag or alias.
var objectStart = regexp.MustCompile(`^(?:-(?:\s|$)|[{\[?&!*]|"[^"]*"\s*:|'[^']*'\s*:|[^\s:#"']+\s*:(?:\s|$))`)

// isObject reports whether text may be one.
func isObject(text []byte) bool {
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

// AddObjects lists the references of a stream of Kubernetes objects in JSON or
// YAML, as `kubectl get -o json`, `kubectl get -o yaml`, `helm template` and
// `kustomize build` print them: objects, documents, Lists, and the items of a
// ResourceList, in any number. An object is read at a time, so that a list may
// be larger than memory. References are found as in files; for a pod the
// digests that its node reports are noted beside its containers.
//
// What goes wrong becomes a Failure of the path Stream. An error means that
// ctx is done.
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

// firstByte skips a byte order mark and blanks, and returns the byte after
// them without taking it.
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

// An objectHead is what is read of an object beside its references.
type objectHead struct {
	APIVersion string `json:"apiVersion" yaml:"apiVersion"`
	Kind       string `json:"kind" yaml:"kind"`
	Metadata   struct {
		Name      string `json:"name" yaml:"name"`
		Namespace string `json:"namespace" yaml:"namespace"`
	} `json:"metadata" yaml:"metadata"`
	Spec struct {
		Containers          []containerName `json:"containers" yaml:"containers"`
		InitContainers      []containerName `json:"initContainers" yaml:"initContainers"`
		EphemeralContainers []containerName `json:"ephemeralContainers" yaml:"ephemeralContainers"`
	} `json:"spec" yaml:"spec"`
	Status struct {
		Containers          []containerStatus `json:"containerStatuses" yaml:"containerStatuses"`
		InitContainers      []containerStatus `json:"initContainerStatuses" yaml:"initContainerStatuses"`
		EphemeralContainers []containerStatus `json:"ephemeralContainerStatuses" yaml:"ephemeralContainerStatuses"`
	} `json:"status" yaml:"status"`
}

type containerName struct {
	Name string `json:"name" yaml:"name"`
}

type containerStatus struct {
	Name    string `json:"name" yaml:"name"`
	ImageID string `json:"imageID" yaml:"imageID"`
}

// titles is how format calls the object, and with its namespace how uses do.
func (i *objectHead) titles() (short, long string) {
	tail := ""
	if i.APIVersion != "" {
		tail = " (" + i.APIVersion + ")"
	}
	short = i.Kind
	if i.Metadata.Name != "" {
		short += " " + i.Metadata.Name
	}
	long = short
	if i.Metadata.Namespace != "" && i.Metadata.Name != "" {
		long = i.Kind + " " + i.Metadata.Namespace + "/" + i.Metadata.Name
	}
	return short + tail, long + tail
}

// runningDigests returns the digests that the node of a pod reports, by the field of
// the image.
func (i *objectHead) runningDigests() map[string]string {
	if i.Kind != "Pod" {
		return nil
	}
	out := map[string]string{}
	for _, x := range []struct {
		field    string
		names    []containerName
		statuses []containerStatus
	}{
		{"containers", i.Spec.Containers, i.Status.Containers},
		{"initContainers", i.Spec.InitContainers, i.Status.InitContainers},
		{"ephemeralContainers", i.Spec.EphemeralContainers, i.Status.EphemeralContainers},
	} {
		ids := map[string]string{}
		for _, s := range x.statuses {
			// registry/name@sha256:…; a digest alone is of the image's
			// configuration, by which no registry knows it.
			if _, digest, ok := strings.Cut(s.ImageID, "@"); ok {
				ids[s.Name] = digest
			}
		}
		for k, c := range x.names {
			if id := ids[c.Name]; id != "" {
				out[fmt.Sprintf(".spec.%s[%d].image", x.field, k)] = id
			}
		}
	}
	return out
}

// addJSONObject lists the references of the JSON object src.
func (v *Inventory) addJSONObject(src []byte) error {
	return v.addObject("stream.json", src, 0, func(i *objectHead) {
		if bytes.HasPrefix(src, []byte("{")) {
			_ = json.Unmarshal(src, i) // what is not as it should be in it, it does without
		}
	})
}

// addYAMLObject lists the references of a document, or of an item of a list with
// the dash before it, which begins in the given line.
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

// unmarshal is yaml.Unmarshal for text that nobody vouches for.
func unmarshal(src []byte, to any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading YAML: %v", p)
		}
	}()
	return yaml.Unmarshal(src, to)
}

// addObject lists the references of one object of a stream. A line of 0 gives no
// positions. What else there is to say of the object is read only when
// something is listed.
func (v *Inventory) addObject(name string, src []byte, line int, read func(*objectHead)) error {
	s := v.scan(name, src, Use{Origin: InObject, Path: Stream, Line: line})
	if len(s.refs) == 0 && s.err == nil {
		if line > 0 && !isObject(src) {
			return errNoObject(src)
		}
		v.add(nil, s.unresolved)
		return nil
	}
	var i objectHead
	read(&i)
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
