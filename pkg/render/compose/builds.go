package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A change is a value that changed as the rules require.
type change struct {
	at      render.Diff
	before  string
	isImage bool // of a service or a volume
}

// builds are the services that a file builds, what they extend, and their images. Other
// files of the project can have the rest of a service.
type builds struct {
	services map[string]bool
	images   map[string][]string // by service
	extended map[string][]string // the services that extend a service
	nodes    int                 // that were visited
}

// find reads the services below root. It reports whether these are all: aliases can make
// them too many.
func (b *builds) find(root *syntax.Node) bool {
	b.services, b.images, b.extended = map[string]bool{}, map[string][]string{}, map[string][]string{}
	b.visit(nil, root, 0)
	return b.nodes <= maxNodes
}

// visit reads the node at p, of services and their fields.
func (b *builds) visit(p fieldPath, n *syntax.Node, aliases int) {
	if b.nodes++; b.nodes > maxNodes {
		return
	}
	if n.Kind == syntax.Alias {
		if aliases > maxAliases || n.Target == nil {
			b.nodes = maxNodes + 1
			return
		}
		b.visit(p, n.Target, aliases+1)
		return
	}
	if len(p) == 3 {
		b.field(p[1], p[2], n)
		return
	}
	if n.Kind != syntax.Mapping {
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		switch key, x := n.Children[i].Value, n.Children[i+1]; {
		case key != mergeKey && (len(p) > 0 || key == "services"):
			b.visit(p.with(key), x, aliases)
		case key != mergeKey:
		case x.Kind == syntax.Sequence:
			for _, item := range x.Children {
				b.visit(p, item, aliases)
			}
		default:
			b.visit(p, x, aliases)
		}
	}
}

// field reads a field of a service.
func (b *builds) field(service, key string, n *syntax.Node) {
	switch key {
	case "build":
		b.services[service] = true
	case "image":
		b.images[service] = append(b.images[service], n.Value)
	case "extends":
		base := n.Value
		if n.Kind == syntax.Mapping {
			if s := n.MergedField("service"); s != nil {
				base = s.Value
			}
		}
		b.extended[base] = append(b.extended[base], service)
	}
}

// A builtImage is an image that the project builds.
type builtImage struct {
	service string
	files   map[int]bool // that build the service, or have the image
}

// builtImages returns the changes of images that the project builds: Compose does not pull
// these. regmigrate itself knows what one file builds, so that the image of
// a service may change if it is in one file alone.
func builtImages(files []*fileResult) []render.Diff {
	names := builtNames(files)
	var out []render.Diff
	for i, f := range files {
		for _, x := range f.changes {
			if image := findName(names, x.before); image != nil && (!x.isImage || len(image.files) > 1 || !image.files[i]) {
				x.at.Why = fmt.Sprintf("%s changed, and the service %s, which is built, has this image", clip(x.before), clip(image.service))
				out = append(out, x.at)
			}
		}
	}
	return out
}

// builtNames returns the images that the project builds, by name.
func builtNames(files []*fileResult) map[string]*builtImage {
	extended := map[string][]string{}
	for _, f := range files {
		for s, list := range f.builds.extended {
			extended[s] = append(extended[s], list...)
		}
	}
	built := map[string]map[int]bool{} // the files that build a service
	for i, f := range files {
		todo := slices.Collect(maps.Keys(f.builds.services))
		for len(todo) > 0 {
			s := todo[len(todo)-1]
			if todo = todo[:len(todo)-1]; built[s][i] {
				continue
			}
			if built[s] == nil {
				built[s] = map[int]bool{}
			}
			built[s][i] = true
			todo = append(todo, extended[s]...)
		}
	}
	names := map[string]*builtImage{}
	for _, f := range files {
		for s, images := range f.builds.images {
			for _, ref := range images {
				name := imageName(withDefaults(ref))
				if name == "" || built[s] == nil {
					continue
				}
				if names[name] == nil {
					names[name] = &builtImage{s, map[int]bool{}}
				}
				maps.Copy(names[name].files, built[s])
			}
		}
	}
	for i, f := range files {
		for _, images := range f.builds.images {
			for _, ref := range images {
				if image := names[imageName(withDefaults(ref))]; image != nil {
					image.files[i] = true
				}
			}
		}
	}
	return names
}

// findName returns the first of the images that a text names, nil for none.
func findName(names map[string]*builtImage, text string) *builtImage {
	if len(names) == 0 {
		return nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`=,;$(){}[]<>|&", r) })
	for _, word := range append(words, withDefaults(text)) {
		if image := names[imageName(word)]; image != nil {
			return image
		}
	}
	return nil
}

// imageName returns an image without its tag and digest, and without the registry and the
// namespace that Compose adds to a short name.
func imageName(ref string) string {
	if i := strings.Index(ref, "://"); i >= 0 {
		ref = ref[i+3:]
	}
	ref, _, _ = strings.Cut(strings.TrimLeft(ref, ":-+?"), "@")
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		ref = ref[:i]
	}
	for _, host := range []string{"docker.io/", "index.docker.io/", "registry-1.docker.io/"} {
		ref = strings.TrimPrefix(ref, host)
	}
	return strings.TrimPrefix(ref, "library/")
}
