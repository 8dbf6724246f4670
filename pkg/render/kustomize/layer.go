package kustomize

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// What one kustomization may be, with everything below it.
const (
	maxLayerFile  = 32 << 20 // bytes of a file
	maxLayerDepth = 100      // bases of bases
	maxTreeFiles  = 20000
	maxTreeBytes  = 256 << 20
	maxLayers     = 2000 // a base counts as often as it is built
)

// Dirs returns the folders of the kustomizations among files that
// are named, in their order and once each. Folders are slash-separated, "."
// for the root.
func Dirs(names []string) []string {
	var dirs []string
	seen := map[string]bool{}
	for _, name := range names {
		dir := path.Dir(name)
		if slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(name)) && !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// Tree reads the kustomizations of a tree of files, each once. It is
// safe for use by several goroutines.
type Tree struct {
	tree   fs.FS
	failed failedBases

	mu     sync.Mutex
	layers map[string]*layer // by folder
	sums   map[string]string // of files, by path
}

// OpenTree reads nothing yet.
func OpenTree(tree fs.FS) *Tree {
	return &Tree{tree: tree, layers: map[string]*layer{}, sums: map[string]string{}}
}

// A layer is the kustomization of one folder: what its file says, and what of
// that the tree has.
type layer struct {
	dir   string
	file  string   // the path of its kustomization file
	files []string // files that it takes, its own included
	bases []string // folders of other layers that it takes

	k          *types.Kustomization // without what is not to be had; nil when it cannot be read
	helmCharts []types.HelmChart    // its helmCharts
	charts     []chartEntry         // what stands for those that the tree has
	omitted    []omission           // what is not to be had
	missing    []string             // what should be in the tree and is not, for people
	err        error                // it cannot be read whole

	component bool
	foreign   bool // of another program, in a file of the same name
	schema    bool // it brings an OpenAPI schema, which the library keeps

	depth, count int // of layers, itself included; 0 while it is not known
}

// A omission is a part of a kustomization that is not in the tree.
type omission struct {
	what      string // as the file says it: a URL, the name of a chart
	why       string
	hasImages bool // it may bring images
}

// layer returns what the folder dir holds, nil when that is no kustomization.
func (x *Tree) layer(dir string) *layer {
	if l, ok := x.layers[dir]; ok {
		return l
	}
	l := x.read(dir)
	x.layers[dir] = l
	return l
}

func (x *Tree) read(dir string) *layer {
	l := &layer{dir: dir, files: x.kustomizationFiles(dir)}
	if len(l.files) == 0 {
		return nil
	}
	l.file = l.files[0] // another one is an error when it is built
	src, err := x.load(l.file)
	if err != nil {
		l.err = err
		return l
	}
	var k types.Kustomization
	v, err := chartutil.ReadValues(src)
	if api, _ := v["apiVersion"].(string); err == nil && api != "" && !strings.HasPrefix(api, "kustomize.config.k8s.io/") {
		l.foreign = true
		return l
	}
	if err != nil || k.Unmarshal(src) != nil {
		return l // building it says what is wrong
	}
	k.FixKustomization()
	l.k, l.component, l.schema = &k, k.Kind == types.ComponentKind, len(k.OpenAPI) > 0
	x.resolve(l)
	x.addMentionedFiles(l, map[string]any(v))
	slices.Sort(l.files)
	l.files = slices.Compact(l.files)
	return l
}

// kustomizationFiles are the kustomization files of the folder dir; one is right.
func (x *Tree) kustomizationFiles(dir string) []string {
	var out []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if at := path.Join(dir, name); x.isFile(at) {
			out = append(out, at)
		}
	}
	return out
}

// addMentionedFiles adds the files of the tree that some text of v names. What a
// kustomization takes stands in many fields, alone or behind `key=`; one file
// too many is none too few.
func (x *Tree) addMentionedFiles(l *layer, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			x.addMentionedFiles(l, item)
		}
	case []any:
		for _, item := range v {
			x.addMentionedFiles(l, item)
		}
	case string:
		if strings.Contains(v, "\n") {
			x.addPluginFiles(l, v)
			return
		}
		_, behind, _ := strings.Cut(v, "=")
		for _, name := range []string{v, behind} {
			if name == "" || len(name) > 1000 {
				continue
			}
			if at := path.Join(l.dir, name); !path.IsAbs(name) && fs.ValidPath(at) && x.isFile(at) {
				l.files = append(l.files, at)
			}
		}
	}
}

// addPluginFiles adds the files that the configuration of plugins names.
func (x *Tree) addPluginFiles(l *layer, text string) {
	for _, doc := range render.SplitDocuments(text) {
		if v, err := chartutil.ReadValues([]byte(doc)); err == nil {
			for _, item := range v {
				if s, ok := item.(string); !ok || !strings.Contains(s, "\n") {
					x.addMentionedFiles(l, item)
				}
			}
		}
	}
}

func (x *Tree) isFile(name string) bool {
	info, err := fs.Stat(x.tree, name)
	return err == nil && info.Mode().IsRegular()
}

func (x *Tree) isDir(name string) bool {
	info, err := fs.Stat(x.tree, name)
	return err == nil && info.IsDir()
}

// load reads a file of the tree.
func (x *Tree) load(name string) ([]byte, error) {
	f, err := x.tree.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the kustomization: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLayerFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the kustomization: %w", err)
	}
	if len(data) > maxLayerFile {
		return nil, fmt.Errorf("%s is larger than %s", name, render.FormatBytes(maxLayerFile))
	}
	return data, nil
}

// sum is a name for what the file holds: the same for the same bytes.
func (x *Tree) sum(name string) (string, error) {
	if s, ok := x.sums[name]; ok {
		return s, nil
	}
	data, err := x.load(name)
	if err != nil {
		return "", err
	}
	s := sumOf(data)
	x.sums[name] = s
	return s, nil
}

func sumOf(data []byte) string {
	s := sha256.Sum256(data)
	return string(s[:])
}

// measure sets depth and count of l and of the layers below it. Of a cycle
// it measures what comes before the cycle is closed: building it says so.
func (x *Tree) measure(l *layer, open map[*layer]bool) {
	if l.depth > 0 || open[l] {
		return
	}
	open[l] = true
	depth, count := 1, 1
	for _, dir := range l.bases {
		if b := x.layer(dir); b != nil {
			x.measure(b, open)
			depth, count = max(depth, b.depth+1), min(count+b.count, maxLayers+1)
		}
	}
	delete(open, l)
	l.depth, l.count = depth, count
}
