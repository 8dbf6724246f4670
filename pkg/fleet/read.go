package fleet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxReasons is the number of reasons of a failed subject at most.
const maxReasons = 5

// A document is what is known about one report while it is read. Every list is read one
// element at a time.
type document struct {
	m       *Merger
	dec     *jsontext.Decoder
	file    string
	members map[string]func() error // read the properties that matter
	has     map[string]bool         // properties that the report has

	version              int
	kind                 string
	program, rules, time string
	source               source
	sources, targets     []string // of the rules: their from and their to
	contexts             []string
	interrupted          bool
	owners               map[string][]string

	// Of a pull request, or of a run that failed:
	repository, action, url       string
	number, rewritten, notChanged int
	exitCode                      int
	reason                        string

	reasons []failedInput
	hidden  int // reasons that are not in the list
	proofs  int // that failed

	cells  map[string]map[Cell]*Counts // by the context of a cluster, "" for repositories
	byPath map[use]*Counts             // of inventories, until the owners are known
}

type source struct {
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	Time       string `json:"time"`
}

// A use is where an inventory has references.
type use struct{ path, registry string }

// A failedInput is an input that may have references that the report does not have.
type failedInput struct {
	Path  string `json:"path"`
	Error string `json:"error"`
	Limit bool   `json:"limit"`
}

func (f failedInput) String() string { return strings.TrimPrefix(f.Path+": "+f.Error, ": ") }

// read reads all JSON values of r.
func (m *Merger) read(r io.Reader, file string) {
	dec := jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true))
	for n := 1; ; n++ {
		name := file
		if n > 1 {
			name = fmt.Sprintf("%s, report %d", file, n)
		}
		d := newDocument(m, dec, name)
		switch err := d.read(); {
		case err == io.EOF && n == 1:
			d.unreadable("the file is empty: the run wrote no report")
			return
		case err == io.EOF:
			return
		case err != nil:
			d.unreadable(readError(err))
			return
		}
		d.finish()
	}
}

// readError describes an error.
func readError(err error) string {
	syntax := (*jsontext.SyntacticError)(nil)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the report ends early: the run or the copy was interrupted"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON, at byte %d: %v", syntax.ByteOffset, syntax.Err)
	}
	return "not a report of regmigrate: " + strings.ReplaceAll(err.Error(), "\n", " ")
}

func newDocument(m *Merger, dec *jsontext.Decoder, file string) *document {
	d := &document{m: m, dec: dec, file: file, has: map[string]bool{}, cells: map[string]map[Cell]*Counts{}, byPath: map[use]*Counts{}}
	d.members = map[string]func() error{}
	for name, v := range map[string]any{
		"version": &d.version, "kind": &d.kind, "program": &d.program, "rulesDigest": &d.rules, "time": &d.time, "source": &d.source,
		"contexts": &d.contexts, "interrupted": &d.interrupted, "owners": &d.owners,
		"repository": &d.repository, "action": &d.action, "url": &d.url, "number": &d.number, "rewritten": &d.rewritten, "notChanged": &d.notChanged,
		"exitCode": &d.exitCode, "reason": &d.reason,
	} {
		d.members[name] = func() error { return d.value(v) }
	}
	d.members["rules"] = d.readRules
	d.members["files"] = func() error {
		if dec.PeekKind() == '0' { // the number of files in the report of a pull request
			return dec.SkipValue()
		}
		return d.readFiles()
	}
	d.members["images"] = func() error { return d.list(d.readImage) }
	d.members["proofs"] = func() error {
		return elements(d, func(p *struct {
			State string `json:"state"`
		}) {
			if p.State == "failed" {
				d.proofs++
			}
		})
	}
	d.members["skipped"] = d.readSkipped
	d.members["failures"] = func() error { return elements(d, d.addReason) }
	d.members["incomplete"] = d.members["failures"]
	d.members["unrendered"] = func() error {
		return elements(d, func(f *failedInput) {
			if f.Limit {
				d.addReason(f)
			}
		})
	}
	d.members["subjects"] = func() error {
		return elements(d, func(s *Subject) {
			if d.isState() {
				m.add(s, nil)
			}
		})
	}
	d.members["superseded"] = func() error {
		return elements(d, func(s *Superseded) {
			if d.isState() {
				m.superseded = append(m.superseded, *s)
			}
		})
	}
	return d
}

// isState reports whether the report is a merged state. Its first properties say this.
func (d *document) isState() bool { return d.kind == stateKind && d.version == version }

// read reads one JSON value.
func (d *document) read() error {
	if k := d.dec.PeekKind(); k != '{' && k != 0 {
		return d.dec.SkipValue()
	}
	return d.object(func(name string) error {
		d.has[name] = true
		if read := d.members[name]; read != nil {
			return read()
		}
		return d.dec.SkipValue()
	})
}

// object calls member for each member of the next value, which member must read.
func (d *document) object(member func(name string) error) error {
	return d.values('{', '}', func() error {
		t, err := d.dec.ReadToken()
		if err != nil {
			return err
		}
		return member(t.String())
	})
}

// list calls element for each element of the next value, which element must read.
func (d *document) list(element func() error) error { return d.values('[', ']', element) }

// values reads the tokens open and end, and calls each for what is between them. It accepts
// null.
func (d *document) values(open, end jsontext.Kind, each func() error) error {
	t, err := d.dec.ReadToken()
	if err != nil || t.Kind() == 'n' {
		return err
	}
	if t.Kind() != open {
		return fmt.Errorf("expected %v at byte %d, got %v", open, d.dec.InputOffset(), t.Kind())
	}
	for d.dec.PeekKind() != end {
		if err := each(); err != nil {
			return err
		}
	}
	_, err = d.dec.ReadToken()
	return err
}

// value decodes the next value into v.
func (d *document) value(v any) error { return json.UnmarshalDecode(d.dec, v) }

// elements decodes each element of the next value into a new T.
func elements[T any](d *document, each func(*T)) error {
	return d.list(func() error {
		x := new(T)
		if err := d.value(x); err != nil {
			return err
		}
		each(x)
		return nil
	})
}

// addReason adds a reason why the run failed.
func (d *document) addReason(f *failedInput) {
	if len(d.reasons) == maxReasons {
		d.hidden++
		return
	}
	d.reasons = append(d.reasons, *f)
}

// count returns the counts of a cell, by the context of a cluster.
func (d *document) count(context, owner, registry string) *Counts {
	cells := d.cells[context]
	if cells == nil {
		cells = map[Cell]*Counts{}
		d.cells[context] = cells
	}
	key := Cell{Owner: owner, Registry: registry}
	if cells[key] == nil {
		cells[key] = &Counts{}
	}
	return cells[key]
}
