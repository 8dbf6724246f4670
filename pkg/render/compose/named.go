package compose

import (
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A named is a file that a Compose file names.
type named struct {
	path     string // as written
	where    string // the field
	parse    bool   // it is a Compose file, too
	optional bool   // Compose does not need it
	line     int    // 1-based

	isDockerfile bool
}

// namedFiles returns the files that a Compose file names: those that Compose reads to load
// a project. The keys are those that the parser decodes, of all mappings, so that an
// escape, an alias or a merge key hides none. Nothing is opened here.
func namedFiles(src []byte) ([]named, error) {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil {
		return nil, err
	}
	c := collector{nodes: maxNodes, lines: edit.LineSpans(src)}
	for _, doc := range file.Docs {
		if doc.Root != nil {
			c.collect(nil, doc.Root, position{})
		}
	}
	if c.nodes < 0 || len(c.out) > maxNamed {
		return nil, errTooMany
	}
	return c.out, nil
}

// fileKeys are the keys whose values, and all scalars below them, can be paths of files
// that Compose reads. They count at any depth: a merge key can bring an anchored mapping
// from everywhere to a service, to a project and to a config.
var fileKeys = map[string]bool{"include": true, "extends": true, "env_file": true, "label_file": true, "project_directory": true, "file": true}

// A collector collects the files that a Compose file names.
type collector struct {
	out   []named
	nodes int // that it may still visit
	lines []edit.Span
}

// A position is what a collector knows of the nodes above a node.
type position struct {
	aliases  int
	anchored bool // one has an anchor: its path is not the only one
	optional bool // required: false is beside it
}

// collect adds the files that n names. Below a key of fileKeys it follows aliases.
func (c *collector) collect(p fieldPath, n *syntax.Node, at position) {
	if c.nodes--; c.nodes < 0 || len(c.out) > maxNamed {
		return
	}
	at.anchored = at.anchored || n.Anchor != ""
	switch n.Kind {
	case syntax.Mapping:
		required := n.Field("required")
		at.optional = required != nil && required.Style == syntax.Plain && required.Value == "false" && !at.anchored && at.aliases == 0
		c.dockerfile(p, n)
		for i := 0; i+1 < len(n.Children); i += 2 {
			if key := n.Children[i].Resolve().Value; key != mergeKey {
				c.collect(p.with(key), n.Children[i+1], at)
				continue
			}
			merged := at
			merged.anchored = true // other keys can replace its keys
			c.collect(p, n.Children[i+1], merged)
		}
	case syntax.Sequence:
		at.optional = false
		for _, x := range n.Children {
			c.collect(p.with("[]"), x, at)
		}
	case syntax.Alias:
		if n.Target == nil || at.aliases > maxAliases {
			c.nodes = -1
		} else if fileKey(p, at.anchored) >= 0 {
			at.aliases++
			c.collect(p, n.Target, at)
		}
	case syntax.Scalar:
		c.scalar(p, n, at)
	}
}

// dockerfile adds the Dockerfile of the build n. A merge key may bring the context.
func (c *collector) dockerfile(p fieldPath, n *syntax.Node) {
	name := n.MergedField("dockerfile")
	if name == nil || name.Kind != syntax.Scalar {
		return
	}
	found := named{path: name.Value, where: p.String(), line: lineAt(c.lines, n.Span.Start), isDockerfile: true}
	c.out = append(c.out, found)
	if context := n.MergedField("context"); context != nil && context.Kind == syntax.Scalar {
		found.path = path.Join(context.Value, name.Value)
		c.out = append(c.out, found)
	}
}

// textFields are the fields of services whose keys are names.
var textFields = map[string]bool{"environment": true, "labels": true, "annotations": true, "sysctls": true}

// fileKey returns the index of the key in p that names files, -1 for none.
func fileKey(p fieldPath, anchored bool) int {
	for i, key := range p {
		if fileKeys[key] && (anchored || !p.isName(i)) {
			return i
		}
	}
	return -1
}

// isName reports whether the key i of p is a name of a service or a variable, or lists the
// files that a container watches.
func (p fieldPath) isName(i int) bool {
	switch {
	case i == 1:
		return slices.Contains([]string{"services", "volumes", "networks", "configs", "secrets", "models"}, p[0])
	case i < 3 || p[0] != "services":
		return false
	case i == 3:
		return textFields[p[2]]
	case i == 4:
		return p[2] == "build" && (p[3] == "args" || p[3] == "labels") || p[2] == "deploy" && p[3] == "labels"
	default:
		return p[i] == "include" && slices.Equal(p[2:i], fieldPath{"develop", "watch", "[]"})
	}
}

// scalar adds the file that a scalar names.
func (c *collector) scalar(p fieldPath, n *syntax.Node, at position) {
	i := fileKey(p, at.anchored)
	if i < 0 {
		return
	}
	last := p[len(p)-1]
	found := named{path: n.Value, where: p.String(), optional: at.optional && last == "path", line: lineAt(c.lines, n.Span.Start)}
	switch p[i] {
	case "extends", "file":
		if last != "file" {
			return
		}
		found.parse = p[i] == "extends"
	default:
		if last == "required" || last == "format" {
			return
		}
		found.parse = p[i] == "include" && !slices.Contains(p, "env_file") && !slices.Contains(p, "project_directory")
	}
	c.out = append(c.out, found)
}
