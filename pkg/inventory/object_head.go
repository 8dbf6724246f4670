package inventory

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An objectHead has the name of an object and the digests that a pod runs.
type objectHead struct {
	APIVersion string `json:"apiVersion" yaml:"apiVersion"`
	Kind       string `json:"kind" yaml:"kind"`
	Metadata   struct {
		Name      string `json:"name" yaml:"name"`
		Namespace string `json:"namespace" yaml:"namespace"`
	} `json:"metadata" yaml:"metadata"`
	Spec struct {
		Containers          []containerName `json:"containers" yaml:"containers"`
		InitContainers      []containerName `json:"initContainers" yaml:"initContainers"`
		EphemeralContainers []containerName `json:"ephemeralContainers" yaml:"ephemeralContainers"`
	} `json:"spec" yaml:"spec"`
	Status struct {
		Containers          []containerStatus `json:"containerStatuses" yaml:"containerStatuses"`
		InitContainers      []containerStatus `json:"initContainerStatuses" yaml:"initContainerStatuses"`
		EphemeralContainers []containerStatus `json:"ephemeralContainerStatuses" yaml:"ephemeralContainerStatuses"`
	} `json:"status" yaml:"status"`
}

type containerName struct {
	Name string `json:"name" yaml:"name"`
}

type containerStatus struct {
	Name    string `json:"name" yaml:"name"`
	ImageID string `json:"imageID" yaml:"imageID"`
}

// titles returns the title of the object in package format, and the title with
// the namespace for Use.Object.
func (i *objectHead) titles() (short, long string) {
	tail := ""
	if i.APIVersion != "" {
		tail = " (" + i.APIVersion + ")"
	}
	short = i.Kind
	if i.Metadata.Name != "" {
		short += " " + i.Metadata.Name
	}
	long = short
	if i.Metadata.Namespace != "" && i.Metadata.Name != "" {
		long = i.Kind + " " + i.Metadata.Namespace + "/" + i.Metadata.Name
	}
	return short + tail, long + tail
}

// runningDigests returns the digests that the node of a pod reports, keyed by the
// field of the image.
func (i *objectHead) runningDigests() map[string]string {
	if i.Kind != "Pod" {
		return nil
	}
	out := map[string]string{}
	for _, x := range []struct {
		field    string
		names    []containerName
		statuses []containerStatus
	}{
		{"containers", i.Spec.Containers, i.Status.Containers},
		{"initContainers", i.Spec.InitContainers, i.Status.InitContainers},
		{"ephemeralContainers", i.Spec.EphemeralContainers, i.Status.EphemeralContainers},
	} {
		ids := map[string]string{}
		for _, s := range x.statuses {
			// registry/name@sha256:…; a digest without a name is that of the
			// image's configuration, which registries do not resolve.
			if _, digest, ok := strings.Cut(s.ImageID, "@"); ok {
				ids[s.Name] = digest
			}
		}
		for k, c := range x.names {
			if id := ids[c.Name]; id != "" {
				out[fmt.Sprintf(".spec.%s[%d].image", x.field, k)] = id
			}
		}
	}
	return out
}

// readTree reads the head of the object at root, or of the only item of the list at root.
func (i *objectHead) readTree(root *syntax.Node) {
	if root != nil && root.Kind == syntax.Sequence && len(root.Children) == 1 {
		root = root.Children[0].Resolve()
	}
	i.APIVersion, i.Kind = text(root, "apiVersion"), text(root, "kind")
	metadata := root.Field("metadata")
	i.Metadata.Name, i.Metadata.Namespace = text(metadata, "name"), text(metadata, "namespace")
	if i.Kind != "Pod" {
		return
	}
	spec, status := root.Field("spec"), root.Field("status")
	i.Spec.Containers, i.Status.Containers = containerNames(spec, "containers"), containerStatuses(status, "containerStatuses")
	i.Spec.InitContainers, i.Status.InitContainers = containerNames(spec, "initContainers"), containerStatuses(status, "initContainerStatuses")
	i.Spec.EphemeralContainers, i.Status.EphemeralContainers = containerNames(spec, "ephemeralContainers"), containerStatuses(status, "ephemeralContainerStatuses")
}

// text returns the value of the scalar under key in the mapping n; "" for null.
func text(n *syntax.Node, key string) string {
	if f := n.Field(key); f != nil && f.Kind == syntax.Scalar && f.Tag != "!!null" {
		return f.Value
	}
	return ""
}

func containerNames(spec *syntax.Node, key string) (out []containerName) {
	for _, c := range link.Items(spec.Field(key)) {
		out = append(out, containerName{text(c, "name")})
	}
	return out
}

func containerStatuses(status *syntax.Node, key string) (out []containerStatus) {
	for _, c := range link.Items(status.Field(key)) {
		out = append(out, containerStatus{text(c, "name"), text(c, "imageID")})
	}
	return out
}
