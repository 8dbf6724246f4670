package gitcmd

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// attributes are the attributes of a file that change its content between the object
// and the work tree, as git check-attr prints them. Those that are unspecified are
// absent.
// Source: gitattributes(5).
type attributes map[string]string

// attributeNames are the attributes that are queried.
var attributeNames = []string{"filter", "text", "eol", "crlf", "ident", "working-tree-encoding"}

// filter describes what converts the file other than line endings; "" for nothing.
func (a attributes) filter() string {
	for _, name := range []string{"filter", "working-tree-encoding", "ident"} {
		if v := a[name]; v != "" && v != "unset" {
			return name + "=" + v
		}
	}
	return ""
}

// attributesOf returns the attributes of the file at name in the work tree. The error
// is the same for all files.
func (t *Tree) attributesOf(name string) (attributes, error) {
	t.attributesOnce.Do(func() {
		t.attributes = map[string]attributes{}
		var in strings.Builder
		for name, e := range t.entries {
			if e.mode.IsRegular() {
				in.WriteString(name + "\x00")
			}
		}
		cmd := Command(t.ctx, t.dir, append([]string{"check-attr", "-z", "--stdin"}, attributeNames...)...)
		cmd.Stdin = strings.NewReader(in.String())
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.attributesErr = fmt.Errorf("reading the attributes of the files: git check-attr: %w: %s", err, strings.TrimSpace(stderr.String()))
			return
		}
		fields := strings.Split(string(out), "\x00") // PATH, NAME, VALUE
		for i := 0; i+2 < len(fields); i += 3 {
			if value := fields[i+2]; value != "unspecified" {
				if t.attributes[fields[i]] == nil {
					t.attributes[fields[i]] = attributes{}
				}
				t.attributes[fields[i]][fields[i+1]] = value
			}
		}
	})
	return t.attributes[name], t.attributesErr
}

// ReadNormalized returns the content of the file at name in files, the work tree of
// t, with the line endings that its object would have. The result ok is false if
// nothing is to be converted.
func (t *Tree) ReadNormalized(files fs.FS, name string) (src []byte, ok bool) {
	e := t.entries[name]
	if e == nil || !e.mode.IsRegular() {
		return nil, false
	}
	kind := t.textKind(name)
	if kind == binary {
		return nil, false
	}
	src, err := fs.ReadFile(files, name)
	if err != nil || !bytes.Contains(src, crlf) {
		return nil, false
	}
	if kind == automatic {
		if bytes.IndexByte(src, 0) >= 0 {
			return nil, false
		}
		if old, err := t.objects.read(e.object); err != nil || bytes.Contains(old, crlf) {
			return nil, false // git does not convert a file that has CRLF in its object
		}
	}
	return bytes.ReplaceAll(src, crlf, []byte("\n")), true
}

var crlf = []byte("\r\n")

// A textKind says which line endings git converts.
type textKind uint8

const (
	binary    textKind = iota // none
	automatic                 // those of files that look like text
	text                      // all
)

// textKind returns which line endings of the file at name git converts.
func (t *Tree) textKind(name string) textKind {
	a, err := t.attributesOf(name)
	if err != nil {
		return binary // read returns the error for the file of the commit
	}
	value := a["text"]
	if value == "" {
		value = a["crlf"] // the old name of text
	}
	switch value {
	case "set", "input":
		return text
	case "unset":
		return binary
	case "auto":
		return automatic
	}
	if a["eol"] != "" && a["eol"] != "unset" {
		return text
	}
	if slices.Contains([]string{"true", "input"}, t.autoCRLF()) {
		return automatic
	}
	return binary
}

// autoCRLF returns the setting core.autocrlf.
func (t *Tree) autoCRLF() string {
	t.autoCRLFOnce.Do(func() {
		out, err := output(t.ctx, t.dir, "config", "--get", "core.autocrlf")
		if err == nil {
			t.autoCRLFValue = strings.TrimSpace(out)
		}
	})
	return t.autoCRLFValue
}
