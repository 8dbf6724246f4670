package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// kustomizationNames are the names of a kustomization file.
var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// findEntryValues finds the values that entries of helmCharts in kustomizations give the
// charts: valuesInline, and values files in any folder. They are values that a chart is
// deployed with, as those of a values file in its folder are.
func findEntryValues(t *link.Tree, charts []*chart) {
	if len(charts) == 0 {
		return
	}
	byDir := map[string]*chart{}
	for _, c := range charts {
		byDir[c.dir] = c
	}
	for _, name := range t.Names {
		if !slices.Contains(kustomizationNames, path.Base(name)) || t.ReadFile != nil && !bytes.Contains(t.ReadFile(name), []byte("helmChart")) {
			continue
		}
		root := yamlRoot(t, name)
		home := root.Field("helmGlobals").Str("chartHome")
		for _, key := range []string{"helmCharts", "helmChartInflationGenerator"} {
			for i, n := range link.Items(root.Field(key)) {
				e := helmEntry{tree: t, file: name, field: fmt.Sprintf(".%s[%d]", key, i), node: n}
				if c := byDir[e.chartDir(home)]; c != nil {
					c.addEntry(&e)
				}
			}
		}
	}
}

// yamlRoot returns the root of the first document of the file at name, nil if it cannot
// be read.
func yamlRoot(t *link.Tree, name string) *syntax.Node {
	f := t.File(name)
	if f == nil {
		return nil
	}
	y, err := f.ParseYAML(nil)
	if err != nil || len(y.Docs) == 0 {
		return nil
	}
	return y.Docs[0].Root
}

// A helmEntry is an entry of helmCharts.
// Source: sigs.k8s.io/kustomize/api v0.21.2, types/helmchartargs.go.
type helmEntry struct {
	tree  *link.Tree
	file  string // the kustomization
	field string // of the entry: .helmCharts[0]
	node  *syntax.Node
}

// text returns the text under the first of keys that the entry has.
func (e *helmEntry) text(keys ...string) string {
	for _, key := range keys {
		if v := e.node.Str(key); v != "" {
			return v
		}
	}
	return ""
}

// chartDir returns the folder of the chart of the entry. The parameter home is the folder
// of all charts of the kustomization, "" for the default.
func (e *helmEntry) chartDir(home string) string {
	if own := e.text("chartHome"); own != "" {
		home = own
	}
	if home == "" {
		home = "charts"
	}
	name := e.text("name", "chartName")
	if version := e.text("version", "chartVersion"); version != "" && e.text("repo", "chartRepoUrl") != "" {
		home = path.Join(home, name+"-"+version)
	}
	dir, inside := e.tree.Resolve(path.Dir(e.file), path.Join(home, name))
	if !inside || name == "" {
		return ""
	}
	return dir
}

// layers returns the values of the entry, the first of which the others override.
func (e *helmEntry) layers() []*testValues {
	var files, inline []*testValues
	addFile := func(to []*testValues, name string) []*testValues {
		at, inside := e.tree.Resolve(path.Dir(e.file), name)
		if root := yamlRoot(e.tree, at); name != "" && inside && root != nil && root.Kind == syntax.Mapping {
			return append(to, &testValues{path: at, node: root})
		}
		return to
	}
	files = addFile(files, e.text("valuesFile", "values"))
	for _, key := range []string{"valuesInline", "valuesLocal"} {
		if n := e.node.Field(key).Resolve(); n != nil && n.Kind == syntax.Mapping {
			inline = append(inline, &testValues{path: e.file, field: e.field + "." + key, node: n})
		}
	}
	switch {
	case len(inline) > 0 && e.text("valuesMerge") == "replace":
		files = inline
	case e.text("valuesMerge") == "merge":
		files = append(inline, files...)
	default:
		files = append(files, inline...)
	}
	for _, n := range link.Items(e.node.Field("additionalValuesFiles")) {
		files = addFile(files, n.Value)
	}
	return files
}

// addEntry adds the values of an entry of helmCharts.
func (c *chart) addEntry(e *helmEntry) {
	layers := e.layers()
	if len(layers) == 0 {
		return
	}
	q := link.TraceRequest{Name: e.file + "#" + e.field}
	var top *testValues
	for _, v := range layers {
		v.common, v.isDeployed = top, true
		top = v
		q.Values = append(q.Values, flowYAML(v.node))
	}
	c.tests[q.Name] = top
	c.testNames = append(c.testNames, q.Name)
	c.entries = append(c.entries, q)
}

// traceEntries adds the references that the chart prints with the values of entries of
// helmCharts.
func (c *chart) traceEntries() {
	if c.tree.TraceFurther == nil {
		return
	}
	for _, q := range c.entries {
		refs, err := c.tree.TraceFurther(c.dir, q)
		c.refs = append(c.refs, refs...)
		if err != nil && c.err == nil {
			c.err = err
		}
	}
}

// maxFlowDepth bounds the nesting of values: an alias may contain itself.
const maxFlowDepth = 200

// flowYAML returns n as YAML.
func flowYAML(n *syntax.Node) []byte {
	var b bytes.Buffer
	writeFlow(&b, n, maxFlowDepth)
	return b.Bytes()
}

func writeFlow(b *bytes.Buffer, n *syntax.Node, depth int) {
	n = n.Resolve()
	switch {
	case n == nil || depth == 0:
		b.WriteString("null")
	case n.Kind == syntax.Sequence:
		for i, item := range n.Children {
			b.WriteByte("[,"[min(i, 1)])
			writeFlow(b, item, depth-1)
		}
		if len(n.Children) == 0 {
			b.WriteByte('[')
		}
		b.WriteByte(']')
	case n.Kind == syntax.Mapping:
		b.WriteByte('{')
		for i, key := range n.MergedKeys() {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, key)
			b.WriteByte(':')
			writeFlow(b, n.MergedField(key), depth-1)
		}
		b.WriteByte('}')
	case strings.HasPrefix(n.Tag, "!!") && n.Tag != "!!str" && n.Value != "" && !strings.ContainsAny(n.Value, ",[]{}\"' \n"):
		b.WriteString(" " + n.Value)
	case n.Tag == "!!null":
		b.WriteString("null")
	default:
		writeText(b, n.Value)
	}
}

// writeText writes text as JSON, which is YAML.
func writeText(b *bytes.Buffer, text string) {
	quoted, err := json.Marshal(text)
	if err != nil {
		quoted = []byte(`""`)
	}
	b.Write(quoted)
}
