// Package template reads templates of YAML files: Go templates, as in Helm
// charts, and Jinja2, as in Ansible.
//
// [Sniff] is a cheap test whether a file can be a template. [Parse] reads a
// template: the YAML documents of its text as trees of package syntax, the
// string literals of its actions, its comments, and the text that is not YAML.
// [Verify] compares a template before and after edits.
//
// An action is a part of a template between two delimiters of the engine: {{ }}
// in Go templates; {{ }}, {% %} and {# #} in Jinja2. To read the text around
// the actions as YAML, Parse masks the actions: it leaves out lines with only
// actions, replaces actions that print something with letters, and removes the
// other actions. All positions that Parse returns are positions in the source,
// and values contain actions as written in the source.
//
// The package does not execute templates. It guarantees that edits which Verify
// accepts change nothing in actions except the text of string literals.
package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An Engine is a template language.
type Engine uint8

// The engines.
const (
	Go    Engine = iota // text/template: Helm, kops, gomplate and others
	Jinja               // Jinja2: Ansible and others
)

// A File is the content of a template.
type File struct {
	Engine Engine

	// Docs are the YAML documents of the text. All positions are in bytes of
	// the source. The Value of a scalar contains actions as follows:
	//
	//   - an action that prints something is in it as written, including its
	//     delimiters, and mapped like text;
	//   - so is any other action if the text before and after it may form one
	//     word in the output;
	//   - other actions are left out; a space replaces them if it is needed to
	//     separate two branches.
	//
	// If the branches of a condition cannot be read together, the text is read
	// several times, with one branch at a time. Then several scalars may have
	// the same Span.
	Docs []*syntax.Document

	Literals []Literal   // in source order
	Comments []edit.Span // comments of the engine, not of YAML, with their delimiters, in source order

	// Verified says that Docs contains all text that was wanted. Otherwise
	// Unparsed lists the text that is not YAML, in source order.
	Verified bool
	Unparsed []edit.Span
}

// A Literal is a string literal in an action.
type Literal struct {
	Text   string    // decoded
	Map    edit.Map  // from Text to the source
	Span   edit.Span // of the token, including quotes
	Action edit.Span // of the action that contains it, including delimiters

	// Compared says that the action compares or matches the literal, or a value
	// that contains it, or uses it as a key or a name. Changing the literal
	// could change a decision of the template.
	Compared bool

	// Default says that the action prints the literal or falls back to it: it is
	// an argument of default, or, coalesce, print, printf or ternary, or in
	// Jinja2 a branch of an inline if.
	Default bool

	// Scalar is the scalar of Docs that contains the action. It is nil if no
	// scalar does, for example if the action is on a line of its own between two
	// keys.
	Scalar *syntax.Node
}

// Sniff reports whether src may be a template: it contains the opening delimiter
// of an action. A delimiter with a dollar sign, as in the ${{ }} of GitHub
// Actions, does not count.
func Sniff(src []byte) bool {
	if bytes.Contains(src, []byte("{%")) {
		return true
	}
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte("{{"))
		if i < 0 {
			return false
		}
		if at += i; at == 0 || src[at-1] != '$' {
			return true
		}
		at += 2
	}
}

// Parse reads the template src.
//
// If want is not nil, Parse need not read documents for which want returns
// false; it is called with their bytes in the source. Literals and comments
// always cover all of src.
//
// Errors: a *syntax.ParseError if an action is not closed, and the errors of
// [syntax.ParseYAML] that concern the whole source (ErrUTF16, ErrInnerBOM,
// ErrTooDeep, ErrTooMany). Text that is not YAML is not an error; see
// File.Unparsed.
func Parse(src []byte, want func(chunk []byte) bool) (*File, error) {
	s, err := lex(src)
	if err != nil {
		return nil, err
	}
	var wanted func(edit.Span) bool
	if want != nil {
		wanted = func(at edit.Span) bool { return want(src[at.Start:at.End]) }
	}
	parts, unparsed, err := s.read(wanted)
	if err != nil {
		return nil, err
	}
	f := &File{Engine: s.engine, Verified: len(unparsed) == 0, Unparsed: unparsed}
	scalarsOf := make([]*syntax.Node, len(s.actions))
	for _, p := range parts {
		f.Docs = append(f.Docs, p.unmask(s, scalarsOf)...)
	}
	f.Literals = s.literals(scalarsOf)
	for _, a := range s.actions {
		if a.comment {
			f.Comments = append(f.Comments, a.span)
		}
	}
	return f, nil
}
