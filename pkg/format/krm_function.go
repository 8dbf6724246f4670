package format

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// isResourceList reports whether o is the input of a KRM function. Only its
// items are objects of the user.
// Source: https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md
func isResourceList(o *object) bool {
	return o != nil && o.kind == "ResourceList" && (o.group() == "config.kubernetes.io" || o.group() == "config.k8s.io")
}

// A FunctionResult is one entry of a KRM function's results.
type FunctionResult struct {
	Message  string
	Severity string // info, warning or error
}

// AppendResults returns the edit that adds results to src, the output of a KRM
// function. It is false unless src is one ResourceList in block style without
// results.
func AppendResults(src []byte, results []FunctionResult) (edit.Edit, bool) {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil || len(results) == 0 {
		return edit.Edit{}, false
	}
	var root *syntax.Node
	for _, d := range file.Docs {
		if d.Root != nil && root != nil {
			return edit.Edit{}, false
		} else if d.Root != nil {
			root = d.Root
		}
	}
	if root == nil || root.Kind != syntax.Mapping || !isResourceList(objectOf(root)) || root.Field("results") != nil {
		return edit.Edit{}, false
	}
	first := root.Children[0].Span.Start
	if first > 0 && src[first-1] != '\n' || src[root.Span.Start] == '{' || bytes.Contains(src, []byte("\n...")) {
		return edit.Edit{}, false
	}
	var b strings.Builder
	if !bytes.HasSuffix(src, []byte("\n")) {
		b.WriteString("\n")
	}
	b.WriteString("results:\n")
	for _, r := range results {
		b.WriteString("- message: " + strconv.Quote(r.Message) + "\n  severity: " + r.Severity + "\n")
	}
	return edit.Edit{Span: edit.Span{Start: len(src), End: len(src)}, New: b.String()}, true
}
