package inventory

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// nameContainers sets Use.Container of the references in the documents of a file.
func nameContainers(refs []foundRef, docs []*syntax.Document) {
	var names map[int]string // by the byte offset of the image
	for i := range refs {
		if !strings.HasSuffix(refs[i].use.Field, "].image") {
			continue
		}
		if names == nil {
			names = map[int]string{}
			for _, d := range docs {
				addContainers(names, d.Root)
			}
		}
		refs[i].use.Container = names[refs[i].start]
	}
}

// addContainers adds the containers below n.
func addContainers(names map[int]string, n *syntax.Node) {
	if n == nil {
		return
	}
	for _, list := range podspec.ContainerLists {
		for _, c := range link.Items(n.Field(list.Key)) {
			image, name := c.Field("image"), text(c, "name")
			if image == nil || image.Kind != syntax.Scalar || name == "" {
				continue
			}
			title := list.Item + ` "` + name + `"`
			names[image.Span.Start] = title
			names[image.Span.Start+1] = title // after a quote
		}
	}
	for _, c := range n.Children {
		addContainers(names, c)
	}
}
