package cluster

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// kubeletImages is the number of images that a node reports at most, unless the
// configuration of its kubelet (nodeStatusMaxImages) says otherwise.
const kubeletImages = 50

// listNodes adds the images that nodes hold.
func (l *lister) listNodes(ctx context.Context) error {
	capped := 0
	seen := map[string]bool{}
	err := l.eachCluster(ctx, podspec.Resource{Version: "v1", Resource: "nodes", Kind: "Node"}, func() error {
		return l.eachPage(ctx, listRequest{path: "/api/v1/nodes", size: 100}, func(ctx context.Context, r *rest.Request) (string, error) {
			var list corev1.NodeList
			if err := r.Do(ctx).Into(&list); err != nil {
				return "", err
			}
			if list.ResourceVersion == "" {
				return "", errNotList
			}
			for i := range list.Items {
				n := &list.Items[i]
				if seen[n.Name] {
					continue
				}
				seen[n.Name] = true
				if len(n.Status.Images) >= kubeletImages {
					capped++
				}
				l.addNode(n)
			}
			l.progress(len(list.Items), 0)
			return list.Continue, nil
		}, l.resumed("nodes"))
	})
	if capped > 0 {
		l.report.note(l.Context, fmt.Sprintf("nodes: %d of %d report %d images or more; by default a kubelet reports the %d largest, and no others", capped, len(seen), kubeletImages, kubeletImages))
	}
	return err
}

// addNode adds the images of a node. An image has names with a tag and names with a digest.
func (l *lister) addNode(n *corev1.Node) {
	object := Object{"v1", "Node", "", n.Name}
	for _, x := range n.Status.Images {
		digests := map[string]string{} // by name without tag and digest
		tagged := map[string]bool{}
		for _, name := range x.Names {
			if repository, digest, ok := strings.Cut(name, "@"); ok {
				digests[repository] = digest
			}
		}
		for _, name := range x.Names {
			if !strings.Contains(name, "@") {
				repository := name[:len(name)-len(tagOf(name))]
				tagged[repository] = true
				l.addNodeImage(object, name, digests[repository])
			}
		}
		for _, name := range x.Names {
			if repository, digest, ok := strings.Cut(name, "@"); ok && !tagged[repository] {
				l.addNodeImage(object, name, digest)
			}
		}
	}
}

func tagOf(name string) string {
	i := strings.LastIndexByte(name, ':')
	if i < 0 || strings.Contains(name[i:], "/") {
		return ""
	}
	return name[i:]
}

func (l *lister) addNodeImage(node Object, name, digest string) {
	u := Use{Context: l.Context, Owner: node, Object: node, Field: ".status.images", State: OnNode}
	if digest != "" {
		u.Digests = []string{strings.Clone(digest)}
	}
	l.report.add(name, u)
}

// eachCluster lists a kind that has no namespaces.
func (l *lister) eachCluster(ctx context.Context, k podspec.Resource, list func() error) error {
	saved := l.o.Namespaces
	l.o.Namespaces = nil
	defer func() { l.o.Namespaces = saved }()
	return l.eachNamespace(ctx, k, func(string) error { return list() })
}
