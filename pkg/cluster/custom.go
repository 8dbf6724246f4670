package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// listCustom adds the images of custom resources: of the kinds with a pod spec, and with
// Options.CRDs of all.
func (l *lister) listCustom(ctx context.Context) error {
	custom, err := l.customKinds(ctx)
	if err != nil {
		return err
	}
	for _, k := range custom {
		if !l.o.CRDs && !hasPodSpec(k.Resource) || !k.namespaced && len(l.o.Namespaces) > 0 {
			continue
		}
		l.loaded[k.Group+"/"+k.Version+" "+k.Kind] = true
		err := l.eachNamespace(ctx, k.Resource, func(namespace string) error {
			return l.eachItem(ctx, listRequest{path: apiPath(k.Group, k.Version, k.Resource.Resource, namespace), accept: runtime.ContentTypeJSON, isWatched: l.o.Watch}, k.Resource, l.addCustom)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hasPodSpec reports whether objects of a kind contain a pod spec.
func hasPodSpec(k podspec.Resource) bool {
	return slices.ContainsFunc(podspec.Workloads(), func(r podspec.Resource) bool { return r.Group == k.Group && r.Resource == k.Resource })
}

// A customObject has what a report needs of a custom resource besides its images.
type customObject struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       struct {
		Replicas *int32 `json:"replicas"`
	} `json:"spec"`
}

// addCustom adds the images of a custom resource.
func (l *lister) addCustom(k podspec.Resource, src []byte) error {
	var o customObject
	if err := json.Unmarshal(src, &o); err != nil {
		// The spec of a custom resource may have any type.
		if x := (*json.UnmarshalTypeError)(nil); !errors.As(err, &x) || !strings.HasPrefix(x.Field, "spec") {
			return err
		}
	}
	object := Object{k.Group + "/" + k.Version, k.Kind, o.Metadata.Namespace, o.Metadata.Name}
	known := l.owners.add(object, &o.Metadata, l.o.Labels)
	src, err := withoutManagedFields(src, object)
	if err != nil {
		return err
	}
	images, err := l.o.Custom.ReadObject(src)
	if err != nil {
		l.report.fail(Problem{l.Context, object.String(), "", err})
	}
	state := Declared
	if o.Spec.Replicas != nil && *o.Spec.Replicas == 0 {
		state = ScaledToZero
	}
	for _, m := range images {
		use := Use{Context: l.Context, Object: object, Field: fieldOf(&m), State: state, IsLikely: m.Uses[0].IsLikely}
		if m.New != "" && m.Uses[0].Container == "" {
			known.addArgument(m.Ref)
		}
		c := l.owners.follow(known)
		c.addTo(&use)
		l.report.addImage(m, use)
	}
	return nil
}

// fieldOf returns the field of an image that the general reader found: of a container, its
// name, as for pods.
func fieldOf(m *inventory.Image) string { return cmp.Or(m.Uses[0].Container, m.Uses[0].Field) }

// withoutManagedFields returns the JSON of an object without its managed fields, which
// are names of fields and no images. Items of lists may lack their kind.
func withoutManagedFields(src []byte, o Object) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(src, &all); err != nil {
		return nil, err
	}
	var meta map[string]json.RawMessage
	if err := json.Unmarshal(all["metadata"], &meta); err != nil {
		return nil, err
	}
	delete(meta, "managedFields")
	for name, value := range map[string]any{"metadata": meta, "apiVersion": o.APIVersion, "kind": o.Kind} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	return json.Marshal(all)
}

// loadKind reads the metadata of all objects of the kind of ref.
func (l *lister) loadKind(ctx context.Context, ref *metav1.OwnerReference) error {
	custom, err := l.customKinds(ctx)
	if err != nil {
		return err
	}
	group, version, _ := strings.Cut(ref.APIVersion, "/")
	i := slices.IndexFunc(custom, func(k customKind) bool { return k.Group == group && k.Kind == ref.Kind })
	if i < 0 {
		return nil // its definition is gone
	}
	k := custom[i]
	k.Version = version
	const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	add := func(r podspec.Resource, src []byte) error {
		var o struct{ Metadata metav1.ObjectMeta }
		if err := json.Unmarshal(src, &o); err != nil {
			return err
		}
		l.owners.add(Object{group + "/" + version, r.Kind, o.Metadata.Namespace, o.Metadata.Name}, &o.Metadata, l.o.Labels)
		return nil
	}
	if !k.namespaced {
		err := l.eachItem(ctx, listRequest{path: apiPath(group, version, k.Resource.Resource, ""), accept: accept}, k.Resource, add)
		if err != nil && ctx.Err() == nil {
			l.report.fail(Problem{l.Context, k.Resource.Resource + "." + group, "", err})
			return nil
		}
		return err
	}
	return l.eachNamespace(ctx, k.Resource, func(namespace string) error {
		return l.eachItem(ctx, listRequest{path: apiPath(group, version, k.Resource.Resource, namespace), accept: accept}, k.Resource, add)
	})
}
