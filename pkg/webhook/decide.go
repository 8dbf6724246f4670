package webhook

import (
	"fmt"
	"slices"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Decision is what the rules say about a request.
type Decision struct {
	UID   string
	Moves []Move

	// Object names the object of the request, such as "Pod default/web". It is "" if
	// the object was not decoded, since it contains nothing that a rule moves.
	Object string

	// Owner is the owner that controls the object, such as "ReplicaSet web-5d4", or "".
	Owner string

	// Mirror says that the object is the mirror pod of a static pod, which never
	// changes: the node would delete it and make it again.
	Mirror bool
}

// A Move is an image that moves.
type Move struct {
	Pointer  string      // JSON pointer to the image in the object
	Field    string      // such as `container "app"`
	Old, New string      // the text in the object, and its replacement
	Rule     *rules.Rule // one of Set.Rules; read-only
}

// maxImages is the maximum number of images of a pod. The API server validates a pod after
// webhooks, so that a review may have hundreds of thousands.
const maxImages = 1000

// mirrorAnnotation marks mirror pods. The value does not matter.
// Source: k8s.io/api/core/v1/annotation_key_constants.go, MirrorPodAnnotationKey.
const mirrorAnnotation = "kubernetes.io/config.mirror"

// Decide returns what the rules say about the AdmissionReview in body: the creation of a
// pod, or the addition of ephemeral containers. The result depends on the arguments only.
//
// An error says that body is not such a review.
func Decide(set *rules.Set, body []byte) (Decision, error) {
	if !set.MayMatch(body) && !hasEscapes(body) {
		r, err := decode[ignored](body)
		if err != nil {
			return Decision{}, err
		}
		return Decision{UID: r.UID}, nil
	}
	r, err := decode[pod](body)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{UID: r.UID}
	if r.Object == nil {
		return d, nil
	}
	d.Object, d.Owner = describePod(r), controllerOf(r.Object)
	if _, d.Mirror = r.Object.Metadata.Annotations[mirrorAnnotation]; d.Mirror {
		return d, nil
	}
	images := changeable(r)
	if len(images) > maxImages {
		return Decision{}, fmt.Errorf("the pod has %d images: expected at most %d", len(images), maxImages)
	}
	for _, image := range images {
		m, ok := set.Match(image.Ref, rules.ShortForm)
		if !ok || m.Keep != "" {
			continue
		}
		if moved := m.New + image.Ref[m.Len:]; moved != image.Ref {
			d.Moves = append(d.Moves, Move{image.Pointer, image.Field, image.Ref, moved, m.Rule})
		}
	}
	return d, nil
}

// changeable returns the images of the object that may change in the request.
func changeable(r *request[pod]) []podspec.Image {
	spec := r.Object.Spec
	if r.place() == allImages {
		return spec.Images("/spec")
	}
	var old []podspec.Container
	if r.OldObject != nil {
		old = r.OldObject.Spec.EphemeralContainers
	}
	added := podspec.Spec{EphemeralContainers: slices.Clone(spec.EphemeralContainers)}
	for i := range added.EphemeralContainers {
		c := &added.EphemeralContainers[i]
		if slices.ContainsFunc(old, func(o podspec.Container) bool { return o.Name == c.Name }) {
			c.Image = nil
		}
	}
	return added.Images("/spec")
}

func describePod(r *request[pod]) string {
	m := r.Object.Metadata
	name := r.Name
	if name == "" {
		name = m.Name
	}
	if name == "" {
		name = m.GenerateName + "*" // the API server generates the name after admission
	}
	if r.Namespace == "" {
		return "Pod " + name
	}
	return "Pod " + r.Namespace + "/" + name
}

func controllerOf(p *pod) string {
	for _, o := range p.Metadata.Owners {
		if o.Controller != nil && *o.Controller {
			return o.Kind + " " + o.Name
		}
	}
	return ""
}
