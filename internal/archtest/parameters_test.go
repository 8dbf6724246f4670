package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// maxParameters is the largest number of parameters of a function, without its
// receiver.
const maxParameters = 5

// exception begins a line in the doc comment of a function with more
// parameters; the line says why the function has them.
const exception = "More than five parameters: "

func TestParameters(t *testing.T) {
	root := moduleRoot(t)
	for _, name := range goFiles(t, root) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range tooManyParameters(file) {
			at := files.Position(f.Pos())
			path, err := filepath.Rel(root, at.Filename)
			if err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s:%d: %s has %d parameters; the limit is %d (or give the reason in its comment: %q)",
				path, at.Line, f.Name.Name, f.Type.Params.NumFields(), maxParameters, exception)
		}
	}
}

// tooManyParameters returns the functions of file that have more than
// maxParameters parameters and no exception in their comment.
func tooManyParameters(file *ast.File) []*ast.FuncDecl {
	var out []*ast.FuncDecl
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Type.Params.NumFields() > maxParameters && !hasLine(f.Doc.Text(), exception) {
			out = append(out, f)
		}
	}
	return out
}

// hasLine reports whether a line of text begins with prefix and has more text.
func hasLine(text, prefix string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if rest, ok := strings.CutPrefix(line, prefix); ok && rest != "" {
			return true
		}
	}
	return false
}

func TestTooManyParameters(t *testing.T) {
	const src = `package p

func five(a, b int, c, d, e string) {}

func (r receiver) six(a, b, c, d, e, f int) {}

// excused takes six.
//
// More than five parameters: it implements an interface of another module.
func excused(a, b, c, d, e, f int) {}

// More than five parameters:
func withoutReason(a, b, c, d, e, f int) {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range tooManyParameters(file) {
		got = append(got, f.Name.Name)
	}
	if want := "six withoutReason"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
