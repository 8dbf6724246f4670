package cluster

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// A builtinKind is a kind of Kubernetes whose objects contain a pod spec.
type builtinKind struct {
	podspec.Resource
	newList func() runtime.Object
}

func (k builtinKind) groupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: k.Group, Version: k.Version}
}

// apiPath returns the path of the API for lists in a namespace, or in all if it is "".
func apiPath(group, version, resource, namespace string) string {
	path := "/apis/" + group + "/" + version
	if group == "" {
		path = "/api/" + version
	}
	if namespace != "" {
		path += "/namespaces/" + namespace
	}
	return path + "/" + resource
}

// builtinKinds returns the kinds of podspec.Workloads that are part of Kubernetes, pods
// last: the owners of a pod are read before it.
func builtinKinds() []builtinKind {
	lists := map[string]func() runtime.Object{
		"PodTemplate":           func() runtime.Object { return &corev1.PodTemplateList{} },
		"ReplicationController": func() runtime.Object { return &corev1.ReplicationControllerList{} },
		"DaemonSet":             func() runtime.Object { return &appsv1.DaemonSetList{} },
		"Deployment":            func() runtime.Object { return &appsv1.DeploymentList{} },
		"ReplicaSet":            func() runtime.Object { return &appsv1.ReplicaSetList{} },
		"StatefulSet":           func() runtime.Object { return &appsv1.StatefulSetList{} },
		"CronJob":               func() runtime.Object { return &batchv1.CronJobList{} },
		"Job":                   func() runtime.Object { return &batchv1.JobList{} },
		"Pod":                   func() runtime.Object { return &corev1.PodList{} },
	}
	var out []builtinKind
	for _, r := range podspec.Workloads() {
		if f := lists[r.Kind]; f != nil {
			out = append(out, builtinKind{r, f})
		}
	}
	slices.SortStableFunc(out, func(a, b builtinKind) int { return btoi(a.Kind == "Pod") - btoi(b.Kind == "Pod") })
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A workload is an object with a pod spec, as far as a report needs it.
type workload struct {
	kind   string // as in podspec.Resource
	meta   *metav1.ObjectMeta
	spec   *corev1.PodSpec
	state  State
	status *corev1.PodStatus // of a pod
}

// eachWorkload calls f for the objects of a list of builtinKinds.
func eachWorkload(list runtime.Object, f func(workload)) {
	switch l := list.(type) {
	case *corev1.PodList:
		eachOf(l.Items, f, podWorkload)
	case *corev1.PodTemplateList:
		eachOf(l.Items, f, func(o *corev1.PodTemplate) workload {
			return workload{"PodTemplate", &o.ObjectMeta, &o.Template.Spec, Declared, nil}
		})
	case *corev1.ReplicationControllerList:
		eachOf(l.Items, f, func(o *corev1.ReplicationController) workload {
			if o.Spec.Template == nil {
				o.Spec.Template = &corev1.PodTemplateSpec{}
			}
			return workload{"ReplicationController", &o.ObjectMeta, &o.Spec.Template.Spec, revisionState(o.Spec.Replicas, &o.ObjectMeta), nil}
		})
	case *appsv1.ReplicaSetList:
		eachOf(l.Items, f, func(o *appsv1.ReplicaSet) workload {
			return workload{"ReplicaSet", &o.ObjectMeta, &o.Spec.Template.Spec, revisionState(o.Spec.Replicas, &o.ObjectMeta), nil}
		})
	case *appsv1.DaemonSetList:
		eachOf(l.Items, f, func(o *appsv1.DaemonSet) workload {
			return workload{"DaemonSet", &o.ObjectMeta, &o.Spec.Template.Spec, Declared, nil}
		})
	case *appsv1.DeploymentList:
		eachOf(l.Items, f, func(o *appsv1.Deployment) workload {
			return workload{"Deployment", &o.ObjectMeta, &o.Spec.Template.Spec, replicasState(o.Spec.Replicas), nil}
		})
	case *appsv1.StatefulSetList:
		eachOf(l.Items, f, func(o *appsv1.StatefulSet) workload {
			return workload{"StatefulSet", &o.ObjectMeta, &o.Spec.Template.Spec, replicasState(o.Spec.Replicas), nil}
		})
	case *batchv1.CronJobList:
		eachOf(l.Items, f, func(o *batchv1.CronJob) workload {
			return workload{"CronJob", &o.ObjectMeta, &o.Spec.JobTemplate.Spec.Template.Spec, Declared, nil}
		})
	case *batchv1.JobList:
		eachOf(l.Items, f, func(o *batchv1.Job) workload {
			return workload{"Job", &o.ObjectMeta, &o.Spec.Template.Spec, jobState(o), nil}
		})
	default:
		panic(fmt.Sprintf("cluster: %T is not a list of builtinKinds", list))
	}
}

func eachOf[T any](items []T, f func(workload), read func(*T) workload) {
	for i := range items {
		f(read(&items[i]))
	}
}

func podWorkload(o *corev1.Pod) workload {
	state := Running
	if o.Status.Phase == corev1.PodSucceeded || o.Status.Phase == corev1.PodFailed {
		state = Finished
	}
	return workload{"Pod", &o.ObjectMeta, &o.Spec, state, &o.Status}
}

func replicasState(replicas *int32) State {
	if replicas != nil && *replicas == 0 {
		return ScaledToZero
	}
	return Declared
}

// revisionState returns the state of an object that its owner replaces by another one
// when the pod spec changes.
func revisionState(replicas *int32, meta *metav1.ObjectMeta) State {
	state := replicasState(replicas)
	if state == ScaledToZero && metav1.GetControllerOfNoCopy(meta) != nil {
		return Old
	}
	return state
}

func jobState(j *batchv1.Job) State {
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return Finished
		}
	}
	return Declared
}

// A specImage is an image of a pod spec.
type specImage struct {
	field      string // as podspec.Image.Field
	ref        string
	pullPolicy corev1.PullPolicy
	status     *corev1.ContainerStatus // nil without one
}

// specImages returns the images of a workload, in the order of podspec.Resource.Images.
func (w *workload) specImages() []specImage {
	var out []specImage
	add := func(item, name, ref string, policy corev1.PullPolicy, statuses []corev1.ContainerStatus) {
		if ref == "" {
			return
		}
		x := specImage{item + ` "` + name + `"`, ref, policy, nil}
		for i := range statuses {
			if statuses[i].Name == name {
				x.status = &statuses[i]
			}
		}
		out = append(out, x)
	}
	status := w.status
	if status == nil {
		status = &corev1.PodStatus{}
	}
	lists := podspec.ContainerLists
	for i := range w.spec.InitContainers {
		c := &w.spec.InitContainers[i]
		add(lists[0].Item, c.Name, c.Image, c.ImagePullPolicy, status.InitContainerStatuses)
	}
	for i := range w.spec.Containers {
		c := &w.spec.Containers[i]
		add(lists[1].Item, c.Name, c.Image, c.ImagePullPolicy, status.ContainerStatuses)
	}
	for i := range w.spec.EphemeralContainers {
		c := &w.spec.EphemeralContainers[i]
		add(lists[2].Item, c.Name, c.Image, c.ImagePullPolicy, status.EphemeralContainerStatuses)
	}
	for i := range w.spec.Volumes {
		if v := &w.spec.Volumes[i]; v.Image != nil {
			add("volume", v.Name, v.Image.Reference, v.Image.PullPolicy, nil)
		}
	}
	return out
}

// missingReasons are the reasons of containers whose image did not arrive.
// Source: pkg/kubelet/images/types.go of Kubernetes
var missingReasons = []string{"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"}

// addTo fills in what the status says.
func (x *specImage) addTo(u *Use) {
	u.PullPolicy = string(x.pullPolicy)
	if x.status == nil {
		return
	}
	// A digest without a name is that of the configuration of an image, which
	// registries do not resolve.
	if _, digest, ok := strings.Cut(x.status.ImageID, "@"); ok && u.State == Running {
		u.Digests = []string{strings.Clone(digest)}
	}
	if w := x.status.State.Waiting; w != nil && u.State == Running && slices.Contains(missingReasons, w.Reason) {
		u.Waiting, u.Reason = 1, w.Reason
		if w.Message != "" {
			u.Reason += ": " + strings.ToValidUTF8(fmt.Sprintf("%.300s", w.Message), "")
		}
	}
}
