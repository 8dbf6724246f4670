package release

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A layer is a file or an object that brings objects of files to the cluster and may change
// them: a kustomization, a Kustomization of Flux, or an Application of Argo CD.
type layer struct {
	name      string // for messages
	text      []byte
	folder    string   // of a kustomization
	includes  []string // the files and folders that a kustomization includes
	deploys   string   // the folder that an object deploys, with all folders below it; "" for kustomizations
	anything  bool     // what it includes is not known
	blocks    string   // why it may change objects
	namespace string   // that it sets; "" if none
	generates []string // the names of the ConfigMaps that it makes
	prefix    string   // of names
	suffix    string   // of names
}

// A layerGraph is the layers of a tree.
type layerGraph struct {
	kustomizations []*layer
	by             map[string][]*layer // the kustomizations that include a path
	anything       []*layer            // the kustomizations that may include anything
	objects        []*layer
}

func (t *tree) layers() *layerGraph {
	if t.graph != nil {
		return t.graph
	}
	g := &layerGraph{by: map[string][]*layer{}}
	t.graph = g
	for _, name := range t.kustomizationNames() {
		l := t.kustomization(name)
		g.kustomizations = append(g.kustomizations, l)
		if l.anything {
			g.anything = append(g.anything, l)
		}
		for _, at := range l.includes {
			g.by[at] = append(g.by[at], l)
		}
	}
	for _, o := range t.ofKind[fluxLayer] {
		g.objects = append(g.objects, fluxLayerOf(o))
	}
	for _, k := range []kind{application, applicationSet} {
		for _, o := range t.ofKind[k] {
			g.objects = append(g.objects, t.argoLayersOf(o)...)
		}
	}
	return g
}

// reaching returns the layers through which the object may reach the cluster, sorted by name,
// and why one of them, or something else, may change the object.
func (t *tree) reaching(o *object) (out []*layer, why string) {
	for dir := path.Dir(o.path); ; dir = path.Dir(dir) {
		if _, err := render.ReadFile(t.files, path.Join(dir, "Chart.yaml"), maxFileSize); err == nil {
			return nil, fmt.Sprintf("%s is a file of the chart %s, which may change it", o.path, dir)
		}
		if dir == "." {
			break
		}
	}
	g := t.layers()
	reached := map[string]bool{o.path: true}
	queue := []string{o.path}
	seen := map[*layer]bool{}
	add := func(l *layer) {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
			if l.folder != "" && !reached[l.folder] {
				reached[l.folder] = true
				queue = append(queue, l.folder)
			}
		}
	}
	for _, l := range g.anything {
		add(l)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, l := range g.by[queue[0]] {
			add(l)
		}
	}
	for _, l := range g.objects {
		if l.anything || containsOneOf(l.deploys, reached) {
			add(l)
		}
	}
	for _, link := range slices.Sorted(maps.Keys(t.links)) {
		if containsOneOf(t.links[link], reached) {
			return nil, fmt.Sprintf("the symbolic link %s leads to %s or a folder that includes it", link, o.path)
		}
	}
	slices.SortFunc(out, func(a, b *layer) int { return strings.Compare(a.name, b.name) })
	for _, l := range out {
		switch {
		case l.blocks != "":
			return out, fmt.Sprintf("%s may change the %s: %s", l.name, o.objectName, l.blocks)
		case l.namespace != "" && l.namespace != o.namespace:
			return out, fmt.Sprintf("%s sets another namespace for the %s", l.name, o.objectName)
		}
	}
	return out, ""
}

// containsOneOf reports whether the folder or file dir contains one of the paths.
func containsOneOf(dir string, paths map[string]bool) bool {
	if dir == "" {
		return false
	}
	for at := range paths {
		if dir == "." || at == dir || strings.HasPrefix(at, dir+"/") {
			return true
		}
	}
	return false
}

// sameLayers reports whether two lists of layers are the same texts.
func sameLayers(a, b []*layer) bool {
	return slices.EqualFunc(a, b, func(x, y *layer) bool { return x.name == y.name && bytes.Equal(x.text, y.text) })
}

// kustomizationNames returns the paths of the kustomizations.
func (t *tree) kustomizationNames() []string {
	out := slices.Clone(t.others)
	for _, name := range t.names {
		switch path.Base(name) {
		case "kustomization.yaml", "kustomization.yml":
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// kustomization reads a kustomization. One that is not plain may include and change anything.
func (t *tree) kustomization(name string) *layer {
	l := &layer{name: name, folder: path.Dir(name)}
	src, err := render.ReadFile(t.files, name, maxFileSize)
	if err != nil {
		l.anything, l.blocks = true, "it cannot be read"
		return l
	}
	l.text = src
	values, odd := readText(src)
	if odd != "" {
		l.anything, l.blocks = true, odd
		return l
	}
	for _, key := range sortedKeys(values) {
		switch key {
		case "apiVersion", "kind", "metadata":
		case "resources", "bases", "components":
			list, ok := values[key].([]any)
			for _, item := range list {
				text, isText := item.(string)
				ok = ok && isText
				t.include(l, text)
			}
			if !ok && values[key] != nil {
				l.anything, l.blocks = true, key+" is not a list of texts"
			}
			if key == "components" {
				l.blocks = key
			}
		case "namespace":
			if l.namespace = textOf(values[key]); l.namespace == "" {
				l.blocks = key
			}
		default:
			l.blocks = key
			l.rename(key, values[key])
		}
	}
	return l
}

// rename records which names a field of a kustomization makes.
func (l *layer) rename(key string, value any) {
	switch key {
	case "namePrefix":
		l.prefix = textOf(value)
	case "nameSuffix":
		l.suffix = textOf(value)
	case "configMapGenerator":
		list, _ := value.([]any)
		for _, item := range list {
			l.generates = append(l.generates, textOf(mapOf(item)["name"]))
		}
	}
}

// maxTwins bounds the objects of other namespaces that have the same name.
const maxTwins = 50

// twin says why another object may have the name of o in the cluster: a kustomization makes or
// renames one, or sets its namespace.
func (t *tree) twin(o *object) string {
	for _, l := range t.layers().kustomizations {
		switch {
		case o.kind == configMap && slices.Contains(l.generates, o.name):
			return fmt.Sprintf("%s makes a ConfigMap with the name of the %s", l.name, o)
		case l.prefix != "" && strings.HasPrefix(o.name, l.prefix) || l.suffix != "" && strings.HasSuffix(o.name, l.suffix):
			return fmt.Sprintf("%s may give another object the name of the %s", l.name, o)
		}
	}
	others := t.byName[objectName{o.kind, "", o.name}]
	if len(others) > maxTwins {
		return fmt.Sprintf("too many objects of other namespaces have the name of the %s", o)
	}
	for _, x := range others {
		if x.namespace == o.namespace {
			continue
		}
		layers, _ := t.reaching(x)
		for _, l := range layers {
			if l.namespace == o.namespace || l.blocks != "" {
				return fmt.Sprintf("%s may give another object the name of the %s", l.name, o)
			}
		}
	}
	return ""
}

// include adds a resource to a kustomization. It may be remote, and then this repository.
func (t *tree) include(l *layer, text string) {
	at := path.Join(l.folder, text)
	if _, err := fs.Stat(t.files, at); err != nil || path.IsAbs(text) {
		l.anything = l.anything || path.IsAbs(text) || strings.HasPrefix(at, "..") || t.mayBeHere(text)
		return
	}
	l.includes = append(l.includes, at)
}

// mayBeHere reports whether an address may be that of the repository: it contains its name.
func (t *tree) mayBeHere(address string) bool {
	return t.repository == "" || strings.Contains(strings.ToLower(address), t.repository)
}

// fluxLayerOf reads a Kustomization of Flux.
func fluxLayerOf(o *object) *layer {
	l := &layer{name: o.path + ": " + o.objectName.String(), text: o.text}
	// A variable may stand in any field.
	values, odd := readPlain(o.root, o.text)
	if odd != "" || !o.isTop {
		l.anything, l.blocks = true, "it is not plain YAML"
		return l
	}
	spec := mapOf(values["spec"])
	for _, key := range sortedKeys(spec) {
		switch key {
		case "interval", "retryInterval", "prune", "sourceRef", "dependsOn", "timeout", "wait", "healthChecks", "healthCheckExprs", "force", "serviceAccountName",
			"kubeConfig", "suspend", "deletionPolicy", "decryption", "postBuild": // objects with variables are not read
		case "path":
		case "targetNamespace":
			l.namespace = textOf(spec[key])
		default:
			l.blocks = key
		}
	}
	l.setFolder(spec["path"])
	return l
}

// setFolder sets the folder that an object deploys.
func (l *layer) setFolder(value any) {
	text, ok := value.(string)
	if !ok && value != nil || strings.ContainsAny(text, "${*") {
		l.anything = true
		return
	}
	l.deploys = folderOf(text)
}

// folderOf returns the folder that a path in a source names.
func folderOf(text string) string {
	if out := strings.TrimPrefix(path.Clean("/"+text), "/"); out != "" {
		return out
	}
	return "."
}

// argoLayersOf returns a layer for each source of an Application or an ApplicationSet.
func (t *tree) argoLayersOf(o *object) []*layer {
	name := o.path + ": " + o.objectName.String()
	values, odd := readPlain(o.root, o.text)
	if odd != "" || !o.isTop {
		return []*layer{{name: name, text: o.text, anything: true, blocks: "it is not plain YAML"}}
	}
	spec := mapOf(values["spec"])
	set := o.kind == applicationSet
	if set {
		spec = mapOf(mapOf(spec["template"])["spec"])
		if _, ok := mapOf(values["spec"])["templatePatch"]; ok {
			return []*layer{{name: name, text: o.text, anything: true, blocks: "templatePatch"}}
		}
	}
	sources, _ := spec["sources"].([]any)
	for _, key := range []string{"source", "sourceHydrator"} {
		if spec[key] != nil {
			sources = append(sources, spec[key])
		}
	}
	if spec["sourceHydrator"] != nil {
		dry := mapOf(mapOf(spec["sourceHydrator"])["drySource"])
		return []*layer{{name: name, text: o.text, anything: dry["path"] == nil, deploys: folderOf(textOf(dry["path"])), blocks: "sourceHydrator"}}
	}
	var out []*layer
	for _, s := range sources {
		l := &layer{name: name, text: o.text}
		source := mapOf(s)
		if url, ok := source["repoURL"].(string); source["chart"] != nil || ok && !t.mayBeHere(url) {
			continue // a chart of a repository of charts, or another repository
		}
		for _, key := range sortedKeys(source) {
			switch key {
			case "repoURL", "path", "targetRevision", "helm", "ref", "name":
			case "directory":
				if d := mapOf(source[key]); len(d) > 1 || len(d) == 1 && d["recurse"] == nil {
					l.blocks = key
				}
			default:
				l.blocks = key
			}
		}
		if l.setFolder(source["path"]); source["path"] != nil || source["ref"] == nil {
			out = append(out, l)
		}
	}
	return out
}
