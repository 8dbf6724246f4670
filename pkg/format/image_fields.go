package format

import "regexp"

// isImageField reports whether the value at f is certainly an image, so that a
// name without a domain is on Docker Hub. The documentation of an API or of a
// tool must define the field; the name of a key alone is not enough.
func (d *detector) isImageField(f *frame) bool {
	switch {
	case f.object != nil:
		return isObjectImage(f) || isGitopsImage(f)
	case d.isCompose(f):
		return isComposeImage(f)
	}
	return d.fieldKind(f) == imageField || isAssertedImage(f)
}

// assertedImage matches the path of a container's image.
var assertedImage = regexp.MustCompile(`[cC]ontainers\[\d+\]\.image$`)

// isAssertedImage reports whether f is the image that a test of helm-unittest
// expects in a container.
// Source: https://github.com/helm-unittest/helm-unittest/blob/main/DOCUMENT.md
func isAssertedImage(f *frame) bool {
	return f.key == "value" && f.up != nil && (f.up.key == "equal" || f.up.key == "notEqual") && assertedImage.MatchString(f.up.node.Str("path"))
}

// isObjectImage reports whether f is an image field of a workload of Kubernetes,
// Tekton or Argo Workflows.
// Sources: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#container-v1-core,
// https://tekton.dev/docs/pipelines/tasks/, https://argo-workflows.readthedocs.io/en/latest/fields/
func isObjectImage(f *frame) bool {
	if f.key == "reference" && f.up != nil && f.up.key == "image" && f.up.up != nil && f.up.up.item && f.up.up.up.key == "volumes" {
		return true // https://kubernetes.io/docs/concepts/storage/volumes/#image
	}
	if f.key != "image" || f.up == nil {
		return false
	}
	if f.up.item && f.up.up != nil {
		switch f.up.up.key {
		case "containers", "initContainers", "ephemeralContainers":
			return true
		case "steps", "sidecars":
			return f.object.group() == "tekton.dev" || f.object.group() == "argoproj.io"
		}
	}
	switch f.up.key {
	case "container", "script":
		return f.object.group() == "argoproj.io"
	case "stepTemplate":
		return f.object.group() == "tekton.dev"
	}
	return false
}
