package cluster

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// addWorkload adds the images of a pod.
func (l *lister) addWorkload(known *knownObject, w workload, c chain) {
	for _, x := range w.specImages() {
		l.report.add(x.ref, l.useOf(known, w, x, c))
	}
}

// pend keeps the images of a workload until flush.
func (l *lister) pend(known *knownObject, w workload) {
	for _, x := range w.specImages() {
		l.pending = append(l.pending, pendingUse{known, x.ref, l.useOf(known, w, x, chain{})})
	}
}

func (l *lister) useOf(known *knownObject, w workload, x specImage, c chain) Use {
	u := Use{Context: l.Context, Object: known.object, Field: x.field, State: w.state}
	for _, s := range w.spec.ImagePullSecrets {
		u.PullSecrets = append(u.PullSecrets, s.Name)
	}
	slices.Sort(u.PullSecrets)
	if w.status != nil && w.state == Running {
		u.Pods = 1
	}
	x.addTo(&u)
	c.addTo(&u)
	return u
}

func (c *chain) addTo(u *Use) {
	u.Owner, u.Managers, u.Labels, u.IsStatic, u.ByOperator = c.top, c.managers, c.labels, c.isStatic, c.byOperator
}

// flush adds the pending uses to the report, after it has read their owners.
func (l *lister) flush(ctx context.Context) {
	var refs []*metav1.OwnerReference
	for _, p := range l.pending {
		if p.of.owner != nil {
			refs = append(refs, p.of.owner)
		}
	}
	_ = l.loadKinds(ctx, refs) // only if ctx is done
	for _, p := range l.pending {
		c := l.owners.follow(p.of)
		c.addTo(&p.use)
		l.report.add(p.ref, p.use)
	}
	l.pending = nil
}

// loadOwners reads the custom resources that own pods of a page.
func (l *lister) loadOwners(ctx context.Context, pods *corev1.PodList) error {
	var refs []*metav1.OwnerReference
	for i := range pods.Items {
		if o := ownerOf(&pods.Items[i].ObjectMeta); o != nil {
			refs = append(refs, o)
		}
	}
	return l.loadKinds(ctx, refs)
}

// loadKinds reads the metadata of all objects of the kinds of refs that are not part of
// Kubernetes, and of the kinds of their owners.
func (l *lister) loadKinds(ctx context.Context, refs []*metav1.OwnerReference) error {
	for range maxOwners {
		todo := map[string]*metav1.OwnerReference{}
		for _, ref := range refs {
			for ref != nil && l.owners[ref.UID] != nil {
				ref = l.owners[ref.UID].owner
			}
			if ref != nil && isCustom(ref.APIVersion) && !l.loaded[ref.APIVersion+" "+ref.Kind] {
				todo[ref.APIVersion+" "+ref.Kind] = ref
			}
		}
		if len(todo) == 0 {
			return nil
		}
		for _, key := range slices.Sorted(maps.Keys(todo)) {
			l.loaded[key] = true
			if err := l.loadKind(ctx, todo[key]); err != nil {
				return err
			}
		}
	}
	return nil
}
