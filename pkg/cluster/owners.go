package cluster

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// maxOwners is the number of owners above each other that are followed.
const maxOwners = 10

// A knownObject is an object that may own others.
type knownObject struct {
	object   Object
	owner    *metav1.OwnerReference // nil: it is at the top
	managers []Manager
	labels   map[string]string

	arguments    uint64          // a hash of argumentText, 0 if no rule may match it
	argumentRefs map[string]bool // the references in its arguments that a rule moves
}

// owners are the objects that own others, by their UID.
type owners map[types.UID]*knownObject

// add adds an object. It keeps the values of the given labels.
func (o owners) add(object Object, meta *metav1.ObjectMeta, labels []string) *knownObject {
	k := &knownObject{object: object, owner: ownerOf(meta), managers: managersOf(meta)}
	for _, name := range labels {
		if v, ok := meta.Labels[name]; ok {
			if k.labels == nil {
				k.labels = map[string]string{}
			}
			k.labels[name] = v
		}
	}
	o[meta.UID] = k
	return k
}

// ownerOf returns the controller of an object, or its first owner without one.
func ownerOf(meta *metav1.ObjectMeta) *metav1.OwnerReference {
	if len(meta.OwnerReferences) == 0 {
		return nil
	}
	out := &meta.OwnerReferences[0]
	if c := metav1.GetControllerOfNoCopy(meta); c != nil {
		out = c
	}
	return &metav1.OwnerReference{APIVersion: out.APIVersion, Kind: out.Kind, Name: out.Name, UID: out.UID}
}

// A chain is what the owners of an object say about it.
type chain struct {
	top        Object
	managers   []Manager
	labels     map[string]string
	isStatic   bool
	byOperator bool
	// unknown is the highest owner if it is of a kind that is not part of Kubernetes
	// and has not been read.
	unknown *metav1.OwnerReference
}

// follow follows the owners of an object to the top. Of managers and of labels, those of
// the highest object that has any count.
func (o owners) follow(k *knownObject) chain {
	out := chain{top: k.object, managers: k.managers, labels: k.labels}
	for range maxOwners {
		ref := k.owner
		if ref == nil {
			break
		}
		if ref.Kind == "Node" && ref.APIVersion == "v1" {
			out.top, out.isStatic = Object{APIVersion: ref.APIVersion, Kind: ref.Kind, Name: ref.Name}, true
			break
		}
		out.byOperator = out.byOperator || isOperated(ref.APIVersion, ref.Kind)
		next := o[ref.UID]
		if next == nil {
			out.top = Object{ref.APIVersion, ref.Kind, k.object.Namespace, ref.Name}
			if isCustom(ref.APIVersion) {
				out.unknown = ref
			}
			break
		}
		k = next
		out.top = k.object
		if len(k.managers) > 0 {
			out.managers = k.managers
		}
		if len(k.labels) > 0 {
			out.labels = k.labels
		}
	}
	return out
}

// isCustom reports whether a group is not part of Kubernetes.
func isCustom(apiVersion string) bool {
	group, _, ok := strings.Cut(apiVersion, "/")
	return ok && isCustomGroup(group)
}

func isCustomGroup(group string) bool {
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") || strings.HasSuffix(group, ".x-k8s.io")
}

// isOperated reports whether an operator makes the pods of this kind: a custom resource
// that does not simply contain a pod spec, as a Rollout does.
func isOperated(apiVersion, kind string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	return isCustom(apiVersion) && !slices.ContainsFunc(podspec.Workloads(), func(r podspec.Resource) bool { return r.Group == group && r.Kind == kind })
}

// managersOf returns what put an object into the cluster.
//
// Sources: https://helm.sh/docs/howto/charts_tips_and_tricks/,
// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/,
// https://fluxcd.io/flux/components/kustomize/kustomizations/ and
// https://fluxcd.io/flux/components/helm/helmreleases/ (the labels of their objects)
func managersOf(meta *metav1.ObjectMeta) []Manager {
	var out []Manager
	l, a := meta.Labels, meta.Annotations
	add := func(kind, namespace, name string) {
		if name != "" {
			if namespace != "" {
				name = namespace + "/" + name
			}
			out = append(out, Manager{kind, name})
		}
	}
	app, _, tracked := strings.Cut(a["argocd.argoproj.io/tracking-id"], ":")
	if tracked {
		add(ArgoApplication, "", app)
	} else {
		add(ArgoApplication, "", l["argocd.argoproj.io/instance"])
	}
	add(FluxHelmRelease, l["helm.toolkit.fluxcd.io/namespace"], l["helm.toolkit.fluxcd.io/name"])
	add(FluxKustomization, l["kustomize.toolkit.fluxcd.io/namespace"], l["kustomize.toolkit.fluxcd.io/name"])
	if release := a["meta.helm.sh/release-name"]; release != "" {
		add(HelmRelease, a["meta.helm.sh/release-namespace"], release)
	} else if l["app.kubernetes.io/managed-by"] == "Helm" || l["heritage"] == "Helm" || l["heritage"] == "Tiller" {
		name := l["app.kubernetes.io/instance"]
		if name == "" {
			name = l["release"]
		}
		add(HelmTemplate, "", name)
	}
	return out
}
