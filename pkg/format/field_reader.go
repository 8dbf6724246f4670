package format

import (
	"errors"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// The words of an entry and of a field. An item of the list fields in the configuration
// has those of an entry, and either the words of one field or the word fields. They are
// the same as in schema/config.schema.json.
var (
	entryWords = []string{"files", "contains", "root", "apiVersion", "kind", "name", "labels", "generic", "syntax", "text", "comments", "scope", "fields"}
	fieldWords = []string{"path", "image", "chart", "feature", "keys", "artifact", "pairs", "keep", "note", "registry", "repository", "tag", "digest",
		"suffix", "separate", "likely", "value", "where", "unless"}
	rootWords = []string{"all", "any", "none", "only"}
)

// A Field is an entry of fields in the configuration of a repository. It has the same
// words as an entry in the tables of tools.
type Field struct{ entry *tableEntry }

// ReadField reads and validates n, an item of the list fields in the configuration at
// file. name is its path in the document, such as fields[0]; globs of files are relative
// to the folder base. Errors begin with file:line:col.
func ReadField(n *yaml.Node, file, name, base string) (Field, error) {
	e, err := fieldReader{strictyaml.New(file)}.entry(n, name, base, false)
	return Field{e}, err
}

// readFieldTable reads the table in src. file is its name for messages. An
// unknown word, a glob or a path that does not parse, and a missing source are
// errors, which begin with file:line:col.
func readFieldTable(file string, src []byte) (*fieldTable, error) {
	s := fieldReader{strictyaml.New(file)}
	root, err := s.Document(src)
	if err != nil {
		return nil, err
	}
	if root == nil {
		root = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	}
	t := &fieldTable{}
	var entries, variables *yaml.Node
	err = s.Mapping(root, "", []string{"tool", "source", "entries", "variables"}, func(key, name string, v *yaml.Node) (err error) {
		switch key {
		case "tool":
			t.Tool, err = s.Text(v, name, "Compose")
		case "source":
			t.Source, err = s.texts(v, name)
		case "entries":
			entries = v
		case "variables":
			variables = v
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case t.Tool == "":
		return nil, s.Errorf(root, "no tool; expected the name of the tool")
	case len(t.Source) == 0:
		return nil, s.Errorf(root, "no source; expected the URL of the tool's reference")
	case entries == nil:
		return nil, s.Errorf(root, "no entries; expected files and fields")
	}
	for _, u := range t.Source {
		if !strings.HasPrefix(u, "https://") {
			return nil, s.Errorf(root, "source %q: expected a URL that begins with https://", u)
		}
	}
	err = s.List(entries, "entries", "[{files: a.yaml, fields: [{path: image, image: true}]}]", func(_ int, name string, v *yaml.Node) error {
		e, err := s.entry(v, name, "", true)
		if err == nil {
			e.tool = t.Tool
			t.Entries = append(t.Entries, e)
		}
		return err
	})
	if err != nil || variables == nil {
		return t, err
	}
	return t, s.List(variables, "variables", "[{files: a.yaml, use: \"$NAME\", declared: [{path: variables.*}]}]", func(_ int, name string, v *yaml.Node) error {
		x, err := s.variables(v, name)
		t.Variables = append(t.Variables, x)
		return err
	})
}

// A fieldReader reads entries of tables and of the configuration.
type fieldReader struct{ strictyaml.Reader }

// entry reads and compiles an entry. One of a table must have a condition.
func (s fieldReader) entry(n *yaml.Node, name, base string, inTable bool) (*tableEntry, error) {
	e, f := &tableEntry{}, tableField{}
	var fields *yaml.Node
	targets := e.words()
	for k, v := range f.words() {
		targets[k] = v
	}
	var single []string
	err := s.Mapping(n, name, slices.Concat(entryWords, fieldWords), func(key, name string, v *yaml.Node) error {
		if slices.Contains(fieldWords, key) {
			single = append(single, key)
		}
		if key == "fields" {
			fields = v
			return nil
		}
		return s.read(v, name, targets[key])
	})
	switch {
	case err != nil:
		return nil, err
	case fields != nil && len(single) > 0:
		return nil, s.Errorf(strictyaml.ResolveAlias(n), "%s has \"fields\" and %q; expected one of the two", name, single[0])
	case fields != nil:
		err = s.List(fields, name+".fields", "[{path: image, image: true}]", func(_ int, name string, v *yaml.Node) error {
			f, err := s.field(v, name)
			e.Fields = append(e.Fields, f)
			return err
		})
	case len(e.Text) == 0 || len(single) > 0:
		if err = f.compile(); err != nil {
			err = s.wrong(n, name, err)
		}
		e.Fields = []tableField{f}
	}
	if err != nil {
		return nil, err
	}
	if err := e.compile(base, inTable); err != nil {
		return nil, s.wrong(n, name, err)
	}
	return e, nil
}

// field reads and compiles an item of the list fields of an entry.
func (s fieldReader) field(n *yaml.Node, name string) (tableField, error) {
	f := tableField{}
	targets := f.words()
	err := s.Mapping(n, name, fieldWords, func(key, name string, v *yaml.Node) error { return s.read(v, name, targets[key]) })
	if err == nil {
		if err = f.compile(); err != nil {
			err = s.wrong(n, name, err)
		}
	}
	return f, err
}

// A wordError is an error about the value of one word.
type wordError struct {
	word string
	err  error
}

func (e *wordError) Error() string { return e.word + ": " + e.err.Error() }
func (e *wordError) Unwrap() error { return e.err }

// wrong adds the position to err, an error about the entry or the field at n.
func (s fieldReader) wrong(n *yaml.Node, name string, err error) error {
	var w *wordError
	if n = strictyaml.ResolveAlias(n); errors.As(err, &w) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == w.word {
				return s.Errorf(n.Content[i+1], "%s.%w", name, err)
			}
		}
	}
	return s.Errorf(n, "%s has %w", name, err)
}

// words returns where the value of each word of an entry belongs, without fields.
func (e *tableEntry) words() map[string]any {
	return map[string]any{"files": &e.Files, "contains": &e.Contains, "root": &e.Root, "apiVersion": &e.APIVersion, "kind": &e.Kind, "name": &e.Name,
		"labels": &e.Labels, "generic": &e.Generic, "syntax": &e.Syntax, "text": &e.Text, "comments": &e.Comments, "scope": &e.Scope}
}

// words returns where the value of each word of a field belongs.
func (f *tableField) words() map[string]any {
	return map[string]any{"path": &f.Path, "image": &f.Image, "chart": &f.Chart, "feature": &f.Feature, "keys": &f.Keys, "artifact": &f.Artifact,
		"pairs": &f.Pairs, "keep": &f.Keep, "note": &f.Note, "registry": &f.Registry, "repository": &f.Repository, "tag": &f.Tag, "digest": &f.Digest,
		"suffix": &f.Suffix, "separate": &f.Separate, "likely": &f.Likely, "value": &f.Value, "where": &f.Where, "unless": &f.Unless}
}

// read reads the value n of a word into target.
func (s fieldReader) read(n *yaml.Node, name string, target any) (err error) {
	switch t := target.(type) {
	case *imageWord:
		v := strictyaml.ResolveAlias(n)
		if v.Kind != yaml.ScalarNode || imageKinds[imageWord(v.Value)] == unknownField {
			return s.Errorf(n, "%s is %s; expected true, false or unqualified", name, strictyaml.DescribeNode(v))
		}
		*t = imageWord(v.Value)
	case *bool:
		*t, err = true, s.Flag(n, name)
	case *string:
		*t, err = s.Text(n, name, "image")
	case *Reason:
		var text string
		text, err = s.Text(n, name, string(Mirror))
		*t = Reason(text)
	case *texts:
		*t, err = s.texts(n, name)
	case *map[string]texts:
		*t, err = s.textsByKey(n, name)
	case **rootKeys:
		*t, err = s.root(n, name)
	}
	return err
}

// texts reads one string, or a list of strings.
func (s fieldReader) texts(n *yaml.Node, name string) (texts, error) {
	if strictyaml.ResolveAlias(n).Kind == yaml.SequenceNode {
		return s.TextList(n, name, "image")
	}
	t, err := s.Text(n, name, "image")
	return texts{t}, err
}

// textsByKey reads a mapping whose keys are not known.
func (s fieldReader) textsByKey(n *yaml.Node, name string) (map[string]texts, error) {
	var keys []string
	for i, m := 0, strictyaml.ResolveAlias(n); m.Kind == yaml.MappingNode && i < len(m.Content); i += 2 {
		keys = append(keys, m.Content[i].Value)
	}
	out := map[string]texts{}
	err := s.Mapping(n, name, keys, func(key, name string, v *yaml.Node) (err error) {
		out[key], err = s.texts(v, name)
		return err
	})
	return out, err
}

func (s fieldReader) root(n *yaml.Node, name string) (*rootKeys, error) {
	k := &rootKeys{}
	targets := map[string]*texts{"all": &k.All, "any": &k.Any, "none": &k.None, "only": &k.Only}
	return k, s.Mapping(n, name, rootWords, func(key, name string, v *yaml.Node) (err error) {
		*targets[key], err = s.texts(v, name)
		return err
	})
}
