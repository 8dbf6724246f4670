package format

import (
	"bytes"
	"path"
	"slices"
	"strings"

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

// A GeneratorFile is a file that a generator of a kustomization reads as data.
type GeneratorFile struct {
	Path  string // slash-separated, relative to the root
	Key   string // of the generated object, if the file is its value
	IsEnv bool   // the file has lines NAME=VALUE
}

// GeneratorFiles returns the files that the generators of the kustomization at name, with
// the content src, read; nil for any other file.
// Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/
func GeneratorFiles(name string, src []byte) (out []GeneratorFile) {
	switch path.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
	default:
		return nil
	}
	if !bytes.Contains(src, []byte("Generator")) {
		return nil
	}
	file, err := syntax.ParseYAML(src, nil)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	root := file.Docs[0].Root
	for _, kind := range []string{"configMapGenerator", "secretGenerator"} {
		for _, n := range itemsOf(root.Field(kind)) {
			for _, x := range itemsOf(n.Field("files")) {
				key, value, ok := strings.Cut(x.Value, "=")
				if !ok {
					key, value = path.Base(x.Value), x.Value
				}
				out = append(out, GeneratorFile{Path: path.Join(path.Dir(name), value), Key: key})
			}
			for _, x := range append(itemsOf(n.Field("envs")), n.Field("env").Resolve()) {
				if x != nil && x.Value != "" {
					out = append(out, GeneratorFile{Path: path.Join(path.Dir(name), x.Value), IsEnv: true})
				}
			}
		}
	}
	return out
}

// itemsOf returns the items of the list n, nil for any other node.
func itemsOf(n *syntax.Node) (out []*syntax.Node) {
	if n = n.Resolve(); n == nil || n.Kind != syntax.Sequence {
		return nil
	}
	for _, item := range n.Children {
		out = append(out, item.Resolve())
	}
	return out
}

// ShortNames returns the likely images in the file, whose content is in. The format of the
// file may not find them, because the kustomization has their keys.
func (f *GeneratorFile) ShortNames(in Input) []Occurrence {
	found := LineOccurrences
	if f.IsEnv {
		found = func(in Input, _ string) []Occurrence { return EnvFileOccurrences(in) }
	}
	return slices.DeleteFunc(found(in, f.Key), func(o Occurrence) bool { return !o.LikelyImage || o.IsImage })
}
