package dockerfile

import (
	"bytes"
	"errors"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A file is a parsed Dockerfile.
type file struct {
	escape rune
	syntax string // the value of the directive, with all its words
	check  string // the value of the directive
	nodes  []*parser.Node
	stages []instructions.Stage

	firstStage int            // the index in nodes of the first FROM
	inherited  map[string]int // see declares
	stageNames map[string]int // the names in lower case, and the index of the first stage that has it
}

// parse reads a Dockerfile as BuildKit does.
func parse(src []byte) (*file, error) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, oneLine(err)
	}
	f := &file{escape: result.EscapeToken, nodes: result.AST.Children, stageNames: map[string]int{}}
	_, f.syntax, _, _ = parser.DetectSyntax(src)
	_, f.check, _, _ = parser.ParseDirective("check", src)
	if f.stages, _, err = instructions.Parse(result.AST, nil); err != nil {
		return nil, oneLine(err)
	}
	if len(f.stages) == 0 {
		return nil, errors.New("the file has no FROM")
	}
	for i, s := range f.stages {
		name := strings.ToLower(s.Name)
		if _, exists := f.stageNames[name]; name != "" && !exists {
			f.stageNames[name] = i
		}
	}
	for !strings.EqualFold(f.nodes[f.firstStage].Value, "from") {
		f.firstStage++
	}
	return f, nil
}

// isKnownFrontend reports whether the image of a syntax directive is BuildKit's own
// frontend, possibly where the rules move it to. Another frontend may read the file in
// another way.
func isKnownFrontend(syntax string, rewrite render.RewriteFunc) bool {
	name, _, _ := strings.Cut(syntax, " ")
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	for _, known := range []string{"docker/dockerfile", "docker/dockerfile-upstream"} {
		full := "docker.io/" + known
		if moved, ok := rewrite(full); name == known || name == full || ok && name == moved {
			return true
		}
	}
	return name == ""
}

// oneLine returns err with a text of one line.
func oneLine(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }
