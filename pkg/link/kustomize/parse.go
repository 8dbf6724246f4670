package kustomize

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A parsedFile is a file as trees, with its occurrences by their places.
type parsedFile struct {
	roots []*syntax.Node // of its documents; nil if the file cannot be parsed

	single      map[edit.Span]*format.Occurrence // occurrences of one piece
	singleInRow []*format.Occurrence             // those that a format reports, in the order of the file
	split       map[edit.Span]*format.Occurrence // occurrences of several pieces, by each piece

	// added are the occurrences of single that no format reports, because only
	// the configuration of kustomize says that the field is an image.
	added map[edit.Span]bool
}

// parse returns f as trees.
func (g *Graph) parse(f *link.File) *parsedFile {
	if p := g.files[f.Path]; p != nil {
		return p
	}
	p := &parsedFile{
		roots:  parseRoots(f),
		single: map[edit.Span]*format.Occurrence{}, split: map[edit.Span]*format.Occurrence{}, added: map[edit.Span]bool{},
	}
	g.files[f.Path] = p
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		switch {
		case o.Unconfirmed:
		case len(o.Pieces) == 1:
			p.single[o.Pieces[0].Span] = o
			p.singleInRow = append(p.singleInRow, o)
		default:
			for k := range o.Pieces {
				p.split[o.Pieces[k].Span] = o
			}
		}
	}
	slices.SortStableFunc(p.singleInRow, func(a, b *format.Occurrence) int { return a.Pieces[0].Span.Start - b.Pieces[0].Span.Start })
	return p
}

// parseRoots returns the roots of the documents of f, none if f cannot be
// parsed.
func parseRoots(f *link.File) []*syntax.Node {
	var file *syntax.File
	var err error
	if path.Ext(f.Path) == ".json" {
		file, err = syntax.ParseJSON(f.Src)
	} else {
		file, err = f.ParseYAML(hasKustomizeImages)
	}
	if err != nil {
		return nil
	}
	return rootsOf(file)
}

// hasKustomizeImages reports whether a part of a file is not only the definition of a
// custom resource: kustomize finds no image in those, and they are long.
func hasKustomizeImages(part []byte) bool {
	return !bytes.Contains(part, []byte("\nkind: CustomResourceDefinition\n")) || bytes.ContainsRune(part, '\r')
}

func rootsOf(file *syntax.File) []*syntax.Node {
	var roots []*syntax.Node
	for _, d := range file.Docs {
		if d.Root != nil {
			roots = append(roots, d.Root)
		}
	}
	return roots
}

// root returns the mapping of the kustomization f, or nil.
func (g *Graph) root(f *link.File) *syntax.Node {
	if p := g.parse(f); len(p.roots) > 0 && p.roots[0].Kind == syntax.Mapping {
		return p.roots[0]
	}
	return nil
}

// A yamlText is YAML: a file, or a scalar of a file.
type yamlText struct {
	file  *link.File
	outer edit.Map // from the text to the file; nil if the text is the file
}

// mapOf returns the map from the decoded text of the scalar n to the file.
func (s yamlText) mapOf(n *syntax.Node) edit.Map {
	if s.outer != nil {
		return n.Map.Compose(s.outer)
	}
	return n.Map
}

// start returns the offset of the scalar n in the file, -1 if it has none.
func (s yamlText) start(n *syntax.Node) int {
	if span, ok := s.mapOf(n).Enclosing(0, len(n.Value)); ok {
		return span.Start
	}
	return -1
}

// namedFile returns the file that the scalar n of f names, nil if it is not in
// the repository. A path that leaves the repository is noted.
func (g *Graph) namedFile(f *link.File, n *syntax.Node) *link.File {
	if n == nil || n.Kind != syntax.Scalar || n.Value == "" || isRemote(n.Value) {
		return nil
	}
	at, inside := g.tree.Resolve(path.Dir(f.Path), n.Value)
	if !inside {
		g.noteOutside(f, n)
		return nil
	}
	return g.tree.File(at)
}

// inlineOrFile returns the YAML text that the scalar n of f holds or, if it
// holds a path, the file at that path; and the documents of that text.
func (g *Graph) inlineOrFile(f *link.File, n *syntax.Node) (yamlText, []*syntax.Node) {
	if n == nil || n.Kind != syntax.Scalar {
		return yamlText{file: f}, nil
	}
	if text := strings.TrimSpace(n.Value); !strings.ContainsAny(text, "\n{[") && !strings.Contains(text, ": ") {
		in := g.namedFile(f, n)
		if in == nil {
			return yamlText{file: f}, nil
		}
		return yamlText{file: in}, g.parse(in).roots
	}
	file, err := syntax.ParseYAML([]byte(n.Value), nil)
	if err != nil {
		return yamlText{file: f}, nil
	}
	return yamlText{f, n.Map}, rootsOf(file)
}

// kustomization returns the kustomization file in the folder dir, nil if there
// is none.
func (g *Graph) kustomization(dir string) *link.File {
	for _, name := range FileNames {
		if f := g.tree.File(path.Join(dir, name)); f != nil {
			return f
		}
	}
	return nil
}

// isRemote reports whether a path of a kustomization has a form that only a
// remote path has.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
func isRemote(name string) bool {
	return strings.Contains(name, "://") || strings.Contains(name, "?ref=") || strings.HasPrefix(name, "git@")
}

// isHosted reports whether a path of a kustomization that does not exist in the
// repository begins with a host: github.com/owner/name.
func isHosted(name string) bool {
	first, rest, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".") && strings.Trim(first, ".") != "" && rest != ""
}
