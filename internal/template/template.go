// Package template reads YAML that a template engine has still to fill: Go
// templates, of which Helm charts are made, and Jinja2, as Ansible uses it.
//
// [Sniff] says cheaply whether a file can be a template at all, and [Parse]
// reads one: the documents of its text as trees of package syntax, the string
// literals of its actions, its comments, and the text that no tree holds.
// [Verify] holds a template before and after its edits against each other.
//
// An action is what stands between the delimiters of the engine: {{ }} in Go
// templates, and {{ }}, {% %}, {# #} in Jinja2. To read the text around the
// actions as YAML, they are masked: lines of nothing but actions are left
// out, actions that print something become letters, and actions that only
// control vanish. Everything that Parse returns leads back to the bytes of
// the source; where a value holds actions, they stand in it as in the source.
//
// The package executes no template and knows nothing of images. It promises
// that each position that it returns is one of the source, and that what
// Verify accepts changes no action but for the text of string literals.
package template

import (
	"bytes"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An Engine is a language of templates.
type Engine uint8

// The engines.
const (
	Go    Engine = iota // text/template: Helm, kops, gomplate and others
	Jinja               // Jinja2: Ansible and others
)

// String returns the name of the engine.
func (e Engine) String() string {
	if e == Jinja {
		return "Jinja2"
	}
	return "Go template"
}

// A File is what was read of a template.
type File struct {
	Engine Engine

	// Docs are the documents of the text. Every Span, Map and Document.Span
	// is in bytes of the source. The Value of a scalar has each action of it
	// that prints something as it stands in the source, `{{` and `}}`
	// included and mapped like text; an action that only controls is left
	// out, or a blank where two branches would otherwise run into each other,
	// or stands as it is where the text before and behind it may make up one
	// word when the template is filled.
	//
	// Where the branches of a condition cannot be read together, the same
	// text may be read several times, with one branch at a time: several
	// scalars then have the same Span.
	Docs []*syntax.Document

	Literals []Literal   // in order
	Comments []edit.Span // comments of the engine, delimiters included, in order; those of YAML are not among them

	// Verified says that all text, as far as it was wanted, is in Docs. Else
	// Plain lists what is not: only the actions are known there.
	Verified bool
	Unparsed []edit.Span // in order
}

// A Literal is a string literal in an action.
type Literal struct {
	Text   string    // decoded
	Map    edit.Map  // from Text to the source
	Span   edit.Span // of the token, quotes included
	Action edit.Span // of the action that it stands in, delimiters included

	// Compared says that the action compares or matches the literal, uses it
	// as a key or as the name of something: another text there gives another
	// decision. The value that the literal is a part of counts, too.
	Compared bool

	// Default says that the literal is what an action prints or falls back
	// to: an argument of default, or, coalesce, print, printf, ternary, or
	// in Jinja2 a branch of an inline if.
	Default bool

	// In is the scalar of Docs whose text the action stands in, nil when it
	// stands in none, such as on a line of its own between two keys.
	Scalar *syntax.Node
}

// Sniff reports whether src may be a template: it has the opening delimiter
// of an action. The ${{ }} of GitHub Actions and its like are none.
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
// When want is not nil, only the documents of the text that want is true of
// need be read; it is asked with their bytes in the source. Literals and
// comments are always those of all of src.
//
// Errors: a *syntax.ParseError for an action that is not closed, with which
// nothing is known of src, and of [syntax.ParseYAML] those that are about the
// whole source (ErrUTF16, ErrInnerBOM, ErrTooDeep, ErrTooMany). Text that is
// no YAML is no error, see File.Plain.
func Parse(src []byte, want func(chunk []byte) bool) (*File, error) {
	s, err := lex(src)
	if err != nil {
		return nil, err
	}
	var wanted func(edit.Span) bool
	if want != nil {
		wanted = func(at edit.Span) bool { return want(src[at.Start:at.End]) }
	}
	units, plain, err := s.read(wanted)
	if err != nil {
		return nil, err
	}
	f := &File{Engine: s.engine, Verified: len(plain) == 0, Unparsed: plain}
	in := make([]*syntax.Node, len(s.actions))
	for _, u := range units {
		f.Docs = append(f.Docs, u.lift(s, in)...)
	}
	f.Literals = s.literals(in)
	for _, a := range s.actions {
		if a.comment {
			f.Comments = append(f.Comments, a.span)
		}
	}
	return f, nil
}
