package kustomize

import (
	"encoding/json"
	"fmt"
	"maps"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// BuildJob is the kind of the jobs that build kustomizations, for the key of
// [HandleBuild] in [render.Handlers].
const BuildJob = "kustomize build"

// A buildRequest is the request of a BuildJob. A child process keeps the files
// that it receives, so that it gets a base of many overlays once.
type buildRequest struct {
	Dir         string
	Files       map[string]string // the SHA-256 sums of the files, by path
	NewContents map[string][]byte // by sum: the contents that the child process does not have
	Schema      bool              // the kustomization sets the OpenAPI schema of the process

	// HelmOutputs are the paths of files with output of helm. kustomize marks
	// their objects.
	HelmOutputs []string

	load      func(name string) ([]byte, error)
	generated map[string][]byte // by path: files that replace files of the tree
}

// request returns the request to build t with some kustomization files replaced.
func (t *overlayTree) request(replaced replacements) (*buildRequest, error) {
	b := &buildRequest{Dir: t.dir, Files: t.files, load: t.load}
	for _, l := range t.layers {
		b.Schema = b.Schema || l.schema
	}
	if len(replaced) == 0 {
		return b, nil
	}
	b.Files, b.generated = maps.Clone(t.files), map[string][]byte{}
	return b, b.replaceFiles(replaced)
}

// replaceFiles replaces kustomization files.
func (b *buildRequest) replaceFiles(replaced replacements) error {
	for name, k := range replaced {
		k := *k
		if k.MetaData == nil {
			k.MetaData = &types.ObjectMeta{Name: "stub"} // an empty kustomization does not build
		}
		src, err := json.Marshal(&k) // JSON is YAML
		if err != nil {
			return fmt.Errorf("writing a replacement of %s: %w", name, err)
		}
		b.addFile(name, src)
	}
	return nil
}

// addFile adds the file name, or replaces the file of the tree.
func (b *buildRequest) addFile(name string, src []byte) {
	b.generated[name] = src
	b.Files[name] = sumOf(src)
}

// prepare sets b.NewContents to the contents whose sums sent does not hold, and
// adds their sums to sent.
func (b *buildRequest) prepare(sent map[string]bool) error {
	b.NewContents = map[string][]byte{}
	bytes := 0
	for name, sum := range b.Files {
		if sent[sum] {
			continue
		}
		src, ok := b.generated[name]
		if !ok {
			var err error
			if src, err = b.load(name); err != nil {
				return err
			}
			if sumOf(src) != sum {
				return changedWhileRead(name)
			}
		}
		if bytes += len(src); bytes > maxTreeBytes {
			return fmt.Errorf("the files of the kustomization are larger than %s", render.FormatBytes(maxTreeBytes))
		}
		b.NewContents[sum] = src
		sent[sum] = true
	}
	return nil
}

func changedWhileRead(name string) error {
	return fmt.Errorf("%s changed while it was read", name)
}
