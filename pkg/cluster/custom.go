package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// A customKind is a kind that is not part of Kubernetes.
type customKind struct {
	podspec.Resource
	namespaced bool
}

// kinds are the kinds that the server says it has.
type kinds struct {
	custom []customKind // the preferred version of each, sorted by group and resource
}

// A discovery is the response of the server about its kinds.
// Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
type discovery struct {
	Kind  string
	Items []struct {
		Metadata struct{ Name string }
		Versions []struct {
			Version   string
			Freshness string
			Resources []struct {
				Resource     string
				ResponseKind struct{ Kind string }
				Scope        string
				Verbs        []string
			}
		}
	}
	Groups []metav1.APIGroup // of a server without aggregated discovery
}

const acceptDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// customKinds returns the kinds that are not part of Kubernetes and that can be listed.
func (l *lister) customKinds(ctx context.Context) ([]customKind, error) {
	if l.kinds != nil {
		return l.kinds.custom, nil
	}
	var d discovery
	err := l.getJSON(ctx, "/apis", acceptDiscovery, func(r io.Reader) error {
		d = discovery{}
		if err := json.NewDecoder(r).Decode(&d); err != nil {
			return err
		}
		return expectKind(d.Kind, "APIGroupDiscoveryList", "APIGroupList")
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.report.fail(Problem{l.Context, "", "", fmt.Errorf("reading the kinds of the server: %w", err)})
		l.kinds = &kinds{}
		return nil, nil
	}
	out := &kinds{}
	for _, g := range d.Items {
		if !isCustomGroup(g.Metadata.Name) {
			continue
		}
		done := map[string]bool{}
		for _, v := range g.Versions { // the preferred one first
			if v.Freshness == "Stale" {
				l.report.fail(Problem{l.Context, g.Metadata.Name + "/" + v.Version, "", errors.New("the server that has this group does not answer")})
			}
			for _, r := range v.Resources {
				if slices.Contains(r.Verbs, "list") && !done[r.Resource] {
					done[r.Resource] = true
					out.add(g.Metadata.Name, v.Version, r.Resource, r.ResponseKind.Kind, r.Scope == "Namespaced")
				}
			}
		}
	}
	for _, g := range d.Groups {
		if isCustomGroup(g.Name) {
			if err := l.addGroup(ctx, out, &g); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out.custom, func(a, b customKind) int {
		return strings.Compare(a.Group+" "+a.Resource.Resource, b.Group+" "+b.Resource.Resource)
	})
	l.kinds = out
	return out.custom, nil
}

// expectKind returns an error for a response that has none of the kinds: {} decodes as a
// server without kinds.
func expectKind(kind string, want ...string) error {
	if slices.Contains(want, kind) {
		return nil
	}
	return fmt.Errorf("the response has the kind %q, expected %s", kind, strings.Join(want, " or "))
}

func (k *kinds) add(group, version, resource, kind string, namespaced bool) {
	k.custom = append(k.custom, customKind{podspec.Resource{Group: group, Version: version, Resource: resource, Kind: kind}, namespaced})
}

// addGroup adds the kinds of a group, from a server without aggregated discovery.
func (l *lister) addGroup(ctx context.Context, out *kinds, g *metav1.APIGroup) error {
	done := map[string]bool{}
	versions := append([]metav1.GroupVersionForDiscovery{g.PreferredVersion}, g.Versions...)
	for _, v := range versions {
		var list metav1.APIResourceList
		err := l.getJSON(ctx, "/apis/"+v.GroupVersion, "", func(r io.Reader) error {
			list = metav1.APIResourceList{}
			if err := json.NewDecoder(r).Decode(&list); err != nil {
				return err
			}
			return expectKind(list.Kind, "APIResourceList")
		})
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			l.report.fail(Problem{l.Context, v.GroupVersion, "", err})
			continue
		}
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/") && !done[r.Name] {
				done[r.Name] = true
				out.add(g.Name, v.Version, r.Name, r.Kind, r.Namespaced)
			}
		}
	}
	return nil
}

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
			return l.eachItem(ctx, listRequest{path: apiPath(k.Group, k.Version, k.Resource.Resource, namespace), accept: runtime.ContentTypeJSON}, k.Resource, l.addCustom)
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
	known.hasSpec = hasPodSpec(k)
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
		use := Use{Context: l.Context, Object: object, Field: m.Uses[0].Field, State: state, IsLikely: m.Uses[0].IsLikely}
		// The fields of containers have the names that they have in pods.
		if name := containerName(src, use.Field); name != "" {
			use.Field = name
		}
		c := l.owners.follow(known)
		c.addTo(&use)
		l.report.addImage(m, use)
	}
	return nil
}

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

// eachItem calls add for each object of a list in JSON, which it reads one by one. An object
// for which add fails is a Problem, and the list goes on: to read the page again does not
// mend the object.
func (l *lister) eachItem(ctx context.Context, q listRequest, k podspec.Resource, add func(podspec.Resource, []byte) error) error {
	seen := map[types.UID]bool{}
	return l.eachPage(ctx, q, func(ctx context.Context, r *rest.Request) (string, error) {
		body, err := r.Stream(ctx)
		if err != nil {
			return "", err
		}
		defer body.Close()
		n := 0
		next, err := readList(body, func(item json.RawMessage) error {
			var o struct {
				Metadata struct {
					UID             types.UID
					Name, Namespace string
				}
			}
			if json.Unmarshal(item, &o) == nil && o.Metadata.UID != "" {
				if seen[o.Metadata.UID] {
					return nil
				}
				seen[o.Metadata.UID] = true
			}
			n++
			l.hasObjects[o.Metadata.Namespace] = true
			if err := add(k, item); err != nil {
				name := Object{k.Group + "/" + k.Version, k.Kind, o.Metadata.Namespace, o.Metadata.Name}.String()
				l.report.fail(Problem{l.Context, name, "", fmt.Errorf("reading the object: %w", err)})
			}
			return nil
		})
		l.answered = true
		l.progress(n, 0)
		return next, err
	}, l.resumed(k.Resource+"."+k.Group))
}

// errNotList is the error of a response that is not a list.
var errNotList = errors.New("the response is not a list of objects")

// readList calls add for each item of a list in JSON, and returns the token of the next
// page.
func readList(r io.Reader, add func(json.RawMessage) error) (next string, err error) {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", errors.Join(errNotList, err)
	}
	hasItems := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", err
		}
		switch key {
		case "items":
			hasItems = true
			if err := readItems(d, add); err != nil {
				return "", err
			}
		case "metadata":
			var meta metav1.ListMeta
			if err := d.Decode(&meta); err != nil {
				return "", err
			}
			next = meta.Continue
		default:
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return "", err
			}
		}
	}
	if _, err = d.Token(); err == nil && !hasItems {
		err = errNotList
	}
	return next, err
}

func readItems(d *json.Decoder, add func(json.RawMessage) error) error {
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil: // null
		return nil
	case t != json.Delim('['):
		return errNotList
	}
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		if err := add(item); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// containerName returns what podspec calls the image at a field such as
// .spec.template.spec.containers[0].image of the JSON object src, or "".
func containerName(src []byte, field string) string {
	prefix, ok := strings.CutSuffix(field, ".image")
	if !ok || !strings.HasSuffix(prefix, "]") {
		return ""
	}
	open := strings.LastIndexByte(prefix, '[')
	path := strings.Split(strings.TrimPrefix(prefix[:open], "."), ".")
	item := ""
	for _, list := range podspec.ContainerLists {
		if list.Key == path[len(path)-1] {
			item = list.Item
		}
	}
	at := json.RawMessage(src)
	for _, step := range path {
		var m map[string]json.RawMessage
		if json.Unmarshal(at, &m) != nil {
			return ""
		}
		at = m[step]
	}
	var items []struct{ Name string }
	var i int
	if _, err := fmt.Sscanf(prefix[open:], "[%d]", &i); err != nil || json.Unmarshal(at, &items) != nil || i >= len(items) || item == "" || items[i].Name == "" {
		return ""
	}
	return item + ` "` + items[i].Name + `"`
}
