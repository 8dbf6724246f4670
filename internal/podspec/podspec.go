// Package podspec says where Kubernetes objects hold images of containers.
//
// [Workloads] lists the kinds of Kubernetes, Argo Rollouts and Knative that contain a
// pod spec. [ParseResource] reads a kind that a user names. [Resource.Images] returns
// the images of an object as JSON pointers (RFC 6901).
package podspec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Resource is a kind of object with images.
type Resource struct {
	Group, Version, Resource string // as in an API path; Group is "" for the core group
	Kind                     string // "" if a user named the resource

	// Path is the place of the pod specs or of the images: a JSON pointer in which *
	// stands for every item of a list. A mapping at Path is a pod spec, a text is an
	// image.
	Path string

	// Controller is the service account NAMESPACE/NAME whose controller makes the
	// objects that an object of this kind owns, in a default installation; "" if the
	// kind owns no objects with images, or if a user named the resource.
	Controller string
}

// Workloads returns the kinds with a pod spec: those of Kubernetes 1.36, of Argo
// Rollouts and of Knative Serving.
//
// Sources: the types in k8s.io/api (core/v1, apps/v1, batch/v1) and the controllers'
// names in k8s.io/kubernetes, cmd/kube-controller-manager/names;
// argoproj/argo-rollouts, manifests/crds; knative/serving, config/core.
func Workloads() []Resource {
	const template, controllers = "/spec/template/spec", "kube-system/"
	return []Resource{
		{"", "v1", "pods", "Pod", "/spec", ""},
		{"", "v1", "podtemplates", "PodTemplate", "/template/spec", ""},
		{"", "v1", "replicationcontrollers", "ReplicationController", template, controllers + "replication-controller"},
		{"apps", "v1", "daemonsets", "DaemonSet", template, controllers + "daemon-set-controller"},
		{"apps", "v1", "deployments", "Deployment", template, controllers + "deployment-controller"},
		{"apps", "v1", "replicasets", "ReplicaSet", template, controllers + "replicaset-controller"},
		{"apps", "v1", "statefulsets", "StatefulSet", template, controllers + "statefulset-controller"},
		{"batch", "v1", "cronjobs", "CronJob", "/spec/jobTemplate/spec/template/spec", controllers + "cronjob-controller"},
		{"batch", "v1", "jobs", "Job", template, controllers + "job-controller"},
		{"argoproj.io", "v1alpha1", "rollouts", "Rollout", template, "argo-rollouts/argo-rollouts"},
		{"serving.knative.dev", "v1", "configurations", "Configuration", template, "knative-serving/controller"},
		{"serving.knative.dev", "v1", "revisions", "Revision", "/spec", "knative-serving/controller"},
		{"serving.knative.dev", "v1", "services", "Service", template, "knative-serving/controller"},
	}
}

// ContainerLists are the lists of a pod spec whose items have a field image, and what
// an item is called in messages.
var ContainerLists = []struct{ Key, Item string }{
	{"initContainers", "init container"},
	{"containers", "container"},
	{"ephemeralContainers", "ephemeral container"},
}

// ParseResource reads GROUP/VERSION/RESOURCE:/path, or VERSION/RESOURCE:/path for the
// core group. See Resource.Path for the path.
func ParseResource(text string) (Resource, error) {
	const example = "expected GROUP/VERSION/RESOURCE:/path, such as monitoring.coreos.com/v1/prometheuses:/spec/image"
	name, path, ok := strings.Cut(text, ":")
	parts := strings.Split(name, "/")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return Resource{}, fmt.Errorf("%q: %s", text, example)
	}
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	r := Resource{Group: parts[0], Version: parts[1], Resource: parts[2], Path: path}
	for i, p := range parts {
		if (p == "" && !(i == 0 && strings.Count(name, "/") == 1)) || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			return Resource{}, fmt.Errorf("%q: %q is not a group, a version or the plural name of a resource; %s", text, p, example)
		}
	}
	if !strings.HasPrefix(path, "/") || path == "/" {
		return Resource{}, fmt.Errorf("%q: %q is not a JSON pointer to a field; %s", text, path, example)
	}
	for _, step := range Steps(path) {
		if step == "" || strings.ContainsFunc(step, func(r rune) bool { return r < ' ' || r > '~' }) {
			return Resource{}, fmt.Errorf("%q: %q is not the name of a field; %s", text, step, example)
		}
	}
	if i := slices.IndexFunc(Workloads(), func(w Resource) bool { return w.Group == r.Group && w.Resource == r.Resource }); i >= 0 {
		return Resource{}, fmt.Errorf("%q: the images of %s are already known, at %s; remove it", text, Workloads()[i].Kind, Workloads()[i].Path)
	}
	return r, nil
}

// Steps returns the steps of a JSON pointer, without escapes.
func Steps(pointer string) []string {
	var out []string
	for _, s := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		out = append(out, strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~"))
	}
	return out
}

// An Image is an image of an object.
type Image struct {
	Pointer string // a JSON pointer to the text
	Field   string // what the image belongs to, such as `container "app"`, or Resource.Path
	Ref     string // the text as it is in the object
}

// Images returns the images of object, which JSON or YAML was decoded into, in the
// order of the lists. Parts of object that have another type than the API says hold no
// images.
func (r Resource) Images(object map[string]any) []Image {
	var out []Image
	eachAt(object, "", Steps(r.Path), func(value any, pointer string) {
		switch v := value.(type) {
		case string:
			out = append(out, Image{pointer, r.Path, v})
		case map[string]any:
			out = append(out, specImages(v, pointer)...)
		}
	})
	return out
}

// specImages returns the images of a pod spec at the given pointer.
func specImages(spec map[string]any, at string) []Image {
	var out []Image
	for _, list := range ContainerLists {
		eachAt(spec, at, []string{list.Key, "*"}, func(item any, pointer string) {
			if c, ok := item.(map[string]any); ok {
				if image, ok := c["image"].(string); ok {
					out = append(out, Image{pointer + "/image", fieldName(list.Item, c), image})
				}
			}
		})
	}
	eachAt(spec, at, []string{"volumes", "*"}, func(item any, pointer string) {
		v, _ := item.(map[string]any)
		source, _ := v["image"].(map[string]any)
		if ref, ok := source["reference"].(string); ok {
			out = append(out, Image{pointer + "/image/reference", fieldName("volume", v), ref})
		}
	})
	return out
}

func fieldName(item string, of map[string]any) string {
	name, _ := of["name"].(string)
	return item + ` "` + name + `"`
}

// eachAt calls f for every value that steps lead to from value, which is at the JSON
// pointer at. The step * leads to every item of a list.
func eachAt(value any, at string, steps []string, f func(value any, pointer string)) {
	if len(steps) == 0 {
		f(value, at)
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if next, ok := v[steps[0]]; ok && steps[0] != "*" {
			eachAt(next, at+"/"+escape(steps[0]), steps[1:], f)
		}
	case []any:
		if steps[0] == "*" {
			for i, item := range v {
				eachAt(item, at+"/"+strconv.Itoa(i), steps[1:], f)
			}
		}
	}
}

func escape(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1")
}
