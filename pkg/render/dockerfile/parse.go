package dockerfile

import (
	"bytes"
	"errors"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// A file is a parsed Dockerfile.
type file struct {
	escape        rune
	syntax, check string // the values of the directives
	nodes         []*parser.Node
	args          []instructions.ArgCommand // those before the first FROM
	stages        []instructions.Stage
}

// parse reads a Dockerfile as BuildKit does.
func parse(src []byte) (*file, error) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, oneLine(err)
	}
	f := &file{escape: result.EscapeToken, nodes: result.AST.Children}
	f.syntax, _, _, _ = parser.DetectSyntax(src)
	f.check, _, _, _ = parser.ParseDirective("check", src)
	if f.stages, f.args, err = instructions.Parse(result.AST, nil); err != nil {
		return nil, oneLine(err)
	}
	if len(f.stages) == 0 {
		return nil, errors.New("the file has no FROM")
	}
	return f, nil
}

// oneLine returns err with a text of one line.
func oneLine(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }
