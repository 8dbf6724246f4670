package kustomize

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/hasher"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// BuildJob is the kind of the jobs that build kustomizations, with HandleBuild
// for the table of handlers.
const BuildJob = "kustomize build"

// A buildRequest asks a child for what a kustomization gives. A child keeps the
// files that it was sent, so that a base of many overlays travels once.
type buildRequest struct {
	Dir         string
	Files       map[string]string // the sums of its files, by path
	NewContents map[string][]byte // by sum: what the child has not got yet
	Schema      bool              // it sets the OpenAPI schema of the whole process

	HelmOutputs []string // paths of files that helm printed: their objects get the mark that kustomize gives them

	load      func(name string) ([]byte, error)
	generated map[string][]byte // by path: files that are not those of the tree
}

// addFile puts a file that is not in the tree in the place of name.
func (b *buildRequest) addFile(name string, src []byte) {
	b.generated[name] = src
	b.Files[name] = sumOf(src)
}

// prepare adds the files that the child, which was sent those in sent, has not
// got, and notes them there.
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
				return fmt.Errorf("%s changed while it was read", name)
			}
		}
		if bytes += len(src); bytes > maxTreeBytes {
			return fmt.Errorf("the kustomization takes more than %s", render.FormatBytes(maxTreeBytes))
		}
		b.NewContents[sum] = src
		sent[sum] = true
	}
	return nil
}

// The rest of this file runs in a child.

// repository is where the tree stands in memory.
const repository = "/repository"

// HandleBuild returns the handler of BuildJobs. It keeps the files that the
// child process received.
func HandleBuild() render.Handler {
	store := map[string][]byte{} // by sum
	return func(c *render.Call) (any, error) {
		var b buildRequest
		if err := c.Decode(&b); err != nil {
			return nil, fmt.Errorf("decoding a request: %w", err)
		}
		c.Last = b.Schema
		r, err := b.run(store, c.Limits)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
}

// run builds b out of the files in store. The library sets variables of the
// process and reads them in others: a child does one job at a time.
func (b *buildRequest) run(store map[string][]byte, l render.Limits) (*render.Rendered, error) {
	for sum, src := range b.NewContents {
		store[sum] = src
	}
	tree := newMemoryTree()
	for name, sum := range b.Files {
		src, ok := store[sum]
		if !ok {
			return nil, errors.New("a file did not arrive: " + name)
		}
		tree.put(path.Join(repository, name), src)
	}
	for _, name := range b.HelmOutputs {
		src, err := markHelmObjects(store[b.Files[name]])
		if err != nil {
			return nil, fmt.Errorf("reading the output of helm: %w", err)
		}
		tree.put(path.Join(repository, name), src)
	}
	r := &render.Rendered{}
	o := krusty.MakeDefaultOptions()
	o.Reorder = krusty.ReorderOptionUnspecified // as the program has it
	// A tree in memory has nothing beside the repository that could be read.
	o.LoadRestrictions = types.LoadRestrictionsNone
	m, err := krusty.MakeKustomizer(o).Run(tree, path.Join(repository, b.Dir))
	if err != nil {
		return nil, errors.New(layerError(err))
	}
	var total int64
	named := map[string]int{}
	for _, res := range m.Resources() {
		body, err := res.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", res.CurId(), err)
		}
		if total += int64(len(body)); total > l.MaxOutput {
			return nil, errors.New(render.TooMuchOutput(l))
		}
		t := render.Text{Body: string(body)}
		if t.Objects, err = render.ReadObjects(t.Body); err != nil || len(t.Objects) == 0 {
			return nil, fmt.Errorf("reading %s: %w", res.CurId(), err)
		}
		t.Hashed = hasContentHash(res)
		first := t.Objects[0]
		first.Kind, first.Namespace, first.Name = res.GetKind(), res.GetNamespace(), trimHash(res.GetName())
		t.Template = first.String()
		if named[t.Template]++; named[t.Template] > 1 {
			t.Template += fmt.Sprintf(" (%d)", named[t.Template])
		}
		r.Texts = append(r.Texts, t)
	}
	return r, nil
}

// hasContentHash reports whether the name of res ends in the hash of what it holds. For
// what kustomize itself generates; others may ask for a hash, too, and are
// believed by the look of it.
func hasContentHash(res *resource.Resource) bool {
	name := res.GetName()
	if !hashRE.MatchString(name) {
		return false
	}
	if kind := res.GetKind(); kind != "ConfigMap" && kind != "Secret" {
		return true
	}
	bare := res.DeepCopy()
	if bare.SetName(trimHash(name)) != nil {
		return false
	}
	sum, err := (&hasher.Hasher{}).Hash(&bare.RNode)
	return err == nil && trimHash(name)+"-"+sum == name
}

// layerError is an error of the library in a line, with the layer that it is
// about, and without the ways by which that was reached.
func layerError(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	const recursed = "recursed accumulation of path '"
	if i := strings.LastIndex(s, recursed); i >= 0 {
		if dir, rest, ok := strings.Cut(s[i+len(recursed):], "': "); ok {
			s = dir + ": " + rest
		}
	}
	s = strings.ReplaceAll(s, repository+"/", "")
	return strings.ReplaceAll(s, repository, ".")
}

// hashRE finds the hash that kustomize adds to the name of what it generates.
// Source: sigs.k8s.io/kustomize/api/hasher, encode.
var hashRE = regexp.MustCompile(`-[245-9bcdfghkmt]{10}$`)

// trimHash is a name without that hash.
func trimHash(name string) string { return hashRE.ReplaceAllString(name, "") }
