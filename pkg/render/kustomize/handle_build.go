package kustomize

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/hasher"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// The functions of this file run in child processes.

// repositoryDir is the folder of the tree in the memoryTree.
const repositoryDir = "/repository"

// HandleBuild returns the handler of BuildJobs. The handler keeps the files that
// the child process receives.
func HandleBuild() render.Handler {
	store := map[string][]byte{} // contents by sum
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

// run builds b from the files in store. The library keeps state in variables of
// the process: a child process must run one job at a time.
func (b *buildRequest) run(store map[string][]byte, l render.Limits) (*render.Rendered, error) {
	for sum, src := range b.NewContents {
		store[sum] = src
	}
	tree := newMemoryTree()
	for name, sum := range b.Files {
		src, ok := store[sum]
		if !ok {
			return nil, errors.New("the child process did not receive the file " + name)
		}
		tree.put(path.Join(repositoryDir, name), src)
	}
	for _, name := range b.HelmOutputs {
		src, err := markHelmObjects(store[b.Files[name]])
		if err != nil {
			return nil, fmt.Errorf("reading the output of helm: %w", err)
		}
		tree.put(path.Join(repositoryDir, name), src)
	}
	o := krusty.MakeDefaultOptions()
	o.Reorder = krusty.ReorderOptionUnspecified // the default of the kustomize program
	// The memoryTree holds the repository only, so that no restriction is needed.
	o.LoadRestrictions = types.LoadRestrictionsNone
	m, err := krusty.MakeKustomizer(o).Run(tree, path.Join(repositoryDir, b.Dir))
	if err != nil {
		return nil, errors.New(layerError(err))
	}
	return readResources(m, l)
}

// readResources returns one text for each resource of m.
func readResources(m resmap.ResMap, l render.Limits) (*render.Rendered, error) {
	r := &render.Rendered{}
	var size int64
	count := map[string]int{} // of texts, by template
	for _, res := range m.Resources() {
		body, err := res.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", res.CurId(), err)
		}
		if size += int64(len(body)); size > l.MaxOutput {
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
		if count[t.Template]++; count[t.Template] > 1 {
			t.Template += fmt.Sprintf(" (%d)", count[t.Template])
		}
		r.Texts = append(r.Texts, t)
	}
	return r, nil
}

// hasContentHash reports whether the name of res ends in the hash of its content.
// For a ConfigMap or Secret it computes the hash; for other kinds, whose hash a
// resource can request, the form of the name decides.
func hasContentHash(res *resource.Resource) bool {
	name := res.GetName()
	if !hashRE.MatchString(name) {
		return false
	}
	if kind := res.GetKind(); kind != "ConfigMap" && kind != "Secret" {
		return true
	}
	unhashed := res.DeepCopy()
	if unhashed.SetName(trimHash(name)) != nil {
		return false
	}
	sum, err := (&hasher.Hasher{}).Hash(&unhashed.RNode)
	return err == nil && trimHash(name)+"-"+sum == name
}

// layerError formats an error of the library in one line. Of the layers that the
// error names, it keeps the innermost, where the error occurred.
func layerError(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	const recursed = "recursed accumulation of path '"
	if i := strings.LastIndex(s, recursed); i >= 0 {
		if dir, rest, ok := strings.Cut(s[i+len(recursed):], "': "); ok {
			s = dir + ": " + rest
		}
	}
	s = strings.ReplaceAll(s, repositoryDir+"/", "")
	return strings.ReplaceAll(s, repositoryDir, ".")
}

// hashRE matches the hash that kustomize adds to the names of generated objects.
// Source: sigs.k8s.io/kustomize/api/hasher, encode.
var hashRE = regexp.MustCompile(`-[245-9bcdfghkmt]{10}$`)

// trimHash returns name without the hash of kustomize.
func trimHash(name string) string { return hashRE.ReplaceAllString(name, "") }
