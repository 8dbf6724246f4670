package format

import (
	"errors"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A variableTable says where the files or objects of a tool declare variables, and how
// fields use them. Files, Root, APIVersion and Kind are as in a tableEntry.
type variableTable struct {
	Files            texts
	Root             *rootKeys
	APIVersion, Kind texts

	// Use are the forms of a use, with NAME in the place of the name: ${NAME}, << NAME >>.
	Use texts

	// Within are paths of the parts of a file in which a variable is known if it is
	// declared there. A variable that is declared outside of them is known in the file or
	// in the object.
	Within texts

	Declared []variableField

	entry  *tableEntry // the conditions
	syntax variableSyntax
	within []fieldPath
}

// A variableField is a place that declares a variable.
type variableField struct {
	// Path is the path of the value. The name of the variable is the key that the last * of
	// the path matches or, without a *, the value of the key name beside the value.
	Path string

	// As are the forms of the name in a use, with * in the place of the name:
	// matrix.*. By default it is the name alone.
	As texts

	path     fieldPath
	nameStep int // the index of the step of path that is the name, -1 for the key name
}

var (
	variableWords      = []string{"files", "root", "apiVersion", "kind", "use", "within", "declared"}
	variableFieldWords = []string{"path", "as"}
)

// variables reads and compiles an item of the list variables of a table.
func (s fieldReader) variables(n *yaml.Node, name string) (*variableTable, error) {
	v := &variableTable{}
	targets := map[string]any{"files": &v.Files, "root": &v.Root, "apiVersion": &v.APIVersion, "kind": &v.Kind, "use": &v.Use, "within": &v.Within}
	err := s.Mapping(n, name, variableWords, func(key, name string, x *yaml.Node) error {
		if key != "declared" {
			return s.read(x, name, targets[key])
		}
		return s.List(x, name, "[{path: variables.*}]", func(_ int, name string, x *yaml.Node) error {
			f := variableField{As: texts{"*"}}
			targets := map[string]any{"path": &f.Path, "as": &f.As}
			err := s.Mapping(x, name, variableFieldWords, func(key, name string, x *yaml.Node) error { return s.read(x, name, targets[key]) })
			v.Declared = append(v.Declared, f)
			return err
		})
	})
	if err == nil {
		if err = v.compile(); err != nil {
			err = s.wrong(n, name, err)
		}
	}
	return v, err
}

func (t *variableTable) compile() error {
	t.entry = &tableEntry{Files: t.Files, Root: t.Root, APIVersion: t.APIVersion, Kind: t.Kind, Fields: []tableField{{}}}
	if err := t.entry.compile("", true); err != nil {
		return err
	}
	if len(t.Use) == 0 || len(t.Declared) == 0 {
		return errors.New("no use or no declared; expected the form of a use, such as ${NAME}, and the paths of the values")
	}
	for _, form := range t.Use {
		open, closing, ok := strings.Cut(form, "NAME")
		if !ok || open == "" {
			return &wordError{"use", errors.New("expected NAME after a text, such as ${NAME}")}
		}
		t.syntax = append(t.syntax, variableForm{strings.TrimSpace(open), strings.TrimSpace(closing)})
	}
	for _, text := range t.Within {
		p, err := parseFieldPath(text)
		if err != nil {
			return &wordError{"within", err}
		}
		t.within = append(t.within, p)
	}
	for i := range t.Declared {
		f := &t.Declared[i]
		var err error
		if f.path, err = parseFieldPath(f.Path); err != nil {
			return &wordError{"declared", err}
		}
		f.nameStep = -1
		for k, step := range f.path.steps {
			if step.isGlob && step.key == "*" {
				f.nameStep = k
			}
		}
	}
	return nil
}

// variableTables returns the tables of variables of all tools.
func variableTables() []*variableTable {
	tables, err := fieldTables()
	if err != nil {
		panic("reading the tables of fields: " + err.Error()) // TestFieldTables fails
	}
	var out []*variableTable
	for _, t := range tables {
		out = append(out, t.Variables...)
	}
	return out
}

// nameAt returns the name of the variable whose value is at the end of at, the frames from
// below the root.
func (f *variableField) nameAt(at []*frame) string {
	value := at[len(at)-1]
	if f.nameStep < 0 {
		if value.up == nil || value.item {
			return ""
		}
		return value.up.node.Str("name")
	}
	// Only ** has several frames: the steps after it count from the end.
	k := len(at) - (len(f.path.steps) - f.nameStep)
	if k < 0 || at[k].item {
		return ""
	}
	return at[k].key
}
