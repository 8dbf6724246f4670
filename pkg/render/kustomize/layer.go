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

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// Bounds on one kustomization with all its bases.
const (
	maxLayerFile  = 32 << 20 // bytes of a file
	maxLayerDepth = 100      // depth of bases of bases
	maxTreeFiles  = 20000
	maxTreeBytes  = 256 << 20
	maxLayers     = 2000 // a base counts once per use
	maxImages     = 2000 // entries of images; kustomize searches all objects for each
)

// Dirs returns the folders of the kustomization files among names, once each and
// in the order of names. Folders are slash-separated; "." is the root.
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

// A Tree reads the kustomizations of a tree of files, each once. It is safe for use
// by several goroutines.
type Tree struct {
	tree   fs.FS
	failed failedBases

	mu     sync.Mutex        // protects the fields below
	layers map[string]*layer // by folder
	sums   map[string]string // SHA-256 sums of files, by path
}

// OpenTree returns the Tree of the files of tree. It reads no file.
func OpenTree(tree fs.FS) *Tree {
	return &Tree{tree: tree, layers: map[string]*layer{}, sums: map[string]string{}}
}

// A layer is the kustomization of one folder.
type layer struct {
	dir   string
	file  string   // the path of the kustomization file
	files []string // all files that the kustomization refers to, with file
	bases []string // the folders of the bases and components

	k          *types.Kustomization // without omitted parts; nil when the file cannot be read
	helmCharts []types.HelmChart    // removed from k
	charts     []chartEntry         // the entries of helmCharts with a chart in the tree
	omitted    []omission
	missing    []string // messages about files and folders that should be in the tree and are not
	err        error    // why the kustomization cannot be read completely

	component bool
	foreign   bool // the file belongs to another program
	schema    bool // sets an OpenAPI schema, which the library keeps in the process

	depth, count int // of the layers of the kustomization, itself included; 0 means not computed
}

// An omission is a part of a kustomization that is not in the tree, and that the
// build leaves out.
type omission struct {
	what      string // as in the kustomization: a URL, the name of a chart
	why       string
	hasImages bool // the part can contain images
}

func (o omission) String() string { return o.what + " (" + o.why + ")" }

// lockedLayer is layer with x.mu held.
func (x *Tree) lockedLayer(dir string) *layer {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.layer(dir)
}

// layer returns the kustomization of the folder dir, nil when the folder has
// none. The caller holds x.mu.
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
	l.file = l.files[0] // with a second file, the build fails
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
		return l // the build returns an error
	}
	k.FixKustomization()
	l.k, l.component, l.schema = &k, k.Kind == types.ComponentKind, len(k.OpenAPI) > 0
	x.resolve(l)
	x.addMentionedFiles(l, map[string]any(v))
	slices.Sort(l.files)
	l.files = slices.Compact(l.files)
	return l
}

// kustomizationFiles returns the kustomization files of the folder dir. A folder
// must not have more than one.
func (x *Tree) kustomizationFiles(dir string) []string {
	var out []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if file := path.Join(dir, name); x.isFile(file) {
			out = append(out, file)
		}
	}
	return out
}

// addMentionedFiles adds the files of the tree whose paths are values in v, alone
// or after `key=`. Many fields of a kustomization hold paths, so that it looks at
// all of them: an extra file is harmless, and a missing one is not.
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
		_, afterKey, _ := strings.Cut(v, "=")
		for _, name := range []string{v, afterKey} {
			if name == "" || len(name) > 1000 {
				continue
			}
			if file := path.Join(l.dir, name); !path.IsAbs(name) && fs.ValidPath(file) && x.isFile(file) {
				l.files = append(l.files, file)
			}
		}
	}
}

// addPluginFiles adds the files that text, the configuration of plugins, mentions.
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

// sum returns the SHA-256 sum of a file. The caller holds x.mu.
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

// measure sets depth and count of l and of its bases. It ignores the base that
// closes a cycle: the build returns an error for it.
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
