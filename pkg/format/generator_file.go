package format

import (
	"bytes"

	"github.com/regmigrate/regmigrate/internal/envfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// EnvFileOccurrences returns the occurrences in a file of lines NAME=VALUE, whatever the
// name of the file is.
func EnvFileOccurrences(in Input) []Occurrence {
	return scanEnv(in, envfile.Dotenv, nil).Occurrences
}

// LineOccurrences returns the occurrences in a file that is the value of key in a
// generated object: its lines, each of which is one reference. It returns nil for a file
// with any other line.
func LineOccurrences(in Input, key string) []Occurrence {
	const most = 1000 // lines; a list of images has fewer
	root := &syntax.Node{Kind: syntax.Sequence}
	at := 0
	for line := range bytes.Lines(in.Src) {
		text := bytes.TrimSpace(line)
		start := at + bytes.Index(line, text)
		at += len(line)
		if len(text) == 0 {
			continue
		}
		if !isReference(string(text)) || len(root.Children) == most {
			return nil
		}
		root.Children = append(root.Children, &syntax.Node{Kind: syntax.Scalar, Value: string(text), Span: edit.Span{Start: start, End: start + len(text)}, Map: edit.Identity(start, len(text))})
	}
	d := newDetector(in)
	d.node((&frame{node: root, up: &frame{node: &syntax.Node{Kind: syntax.Mapping}}}).withKey(key))
	return d.out.Occurrences
}
