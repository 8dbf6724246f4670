package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// isImageField reports whether the value at f is certainly an image, so that a
// name without a domain is one on Docker Hub. That is so where the syntax of
// an API or of a tool says it, never for what a key merely sounds like.
func (d *detector) isImageField(f *frame) bool {
	switch f.object {
	case nil:
		return d.isToolImage(f)
	default:
		return isObjectImage(f) || isGitopsImage(f)
	}
}

// isObjectImage knows workloads and what runs like them.
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

// isToolImage knows the files of tools that are told by their name.
func (d *detector) isToolImage(f *frame) bool {
	base := path.Base(d.in.Path)
	switch keys := f.keys(); {
	case d.isCompose(base, f):
		// https://github.com/compose-spec/compose-spec/blob/main/05-services.md#image
		return len(keys) == 3 && keys[0] == "services" && keys[2] == "image" && f.up.node.Field("build") == nil
	case strings.Contains("/"+d.in.Path, "/.github/workflows/") || strings.Contains("/"+d.in.Path, "/.gitea/workflows/"):
		// https://docs.github.com/actions/using-workflows/workflow-syntax-for-github-actions#jobsjob_idcontainer
		return f.key == "uses" && onDocker(f) || len(keys) == 3 && keys[2] == "container" || len(keys) == 4 && keys[2] == "container" && keys[3] == "image" ||
			len(keys) == 5 && keys[2] == "services" && keys[4] == "image"
	case strings.HasSuffix(base, ".gitlab-ci.yml") || base == ".gitlab-ci.yaml":
		// https://docs.gitlab.com/ci/yaml/#image
		n := len(keys)
		return n > 0 && n < 3 && keys[n-1] == "image" || n > 1 && n < 4 && keys[n-1] == "name" && (keys[n-2] == "image" || keys[n-2] == "services") || n > 0 && n < 3 && f.item && keys[n-1] == "services"
	case strings.HasSuffix(d.in.Path, ".circleci/config.yml"):
		// https://circleci.com/docs/configuration-reference/#docker
		return len(keys) > 1 && keys[len(keys)-1] == "image" && keys[len(keys)-2] == "docker"
	case base == "action.yml" || base == "action.yaml":
		// https://docs.github.com/actions/creating-actions/metadata-syntax-for-github-actions#runs-for-docker-container-actions
		return onDocker(f) && (f.key == "uses" || len(keys) == 2 && keys[0] == "runs" && keys[1] == "image")
	case base == "bitbucket-pipelines.yml":
		// https://support.atlassian.com/bitbucket-cloud/docs/docker-image-options/
		n := len(keys)
		return n > 0 && keys[n-1] == "image" || n > 1 && keys[n-1] == "name" && keys[n-2] == "image"
	case base == "devcontainer.json" || base == ".devcontainer.json":
		// https://containers.dev/implementors/json_reference/#image-specific
		return len(keys) == 1 && keys[0] == "image"
	case base == ".drone.yml" || strings.HasPrefix(base, ".woodpecker"):
		return f.key == "image"
	}
	return false
}

// onDocker reports whether the value at f says that Docker is to fetch it.
func onDocker(f *frame) bool { return strings.HasPrefix(f.node.Value, "docker://") }

// isCompose reports whether f stands in a Compose file: it is called like
// one, or its root has services and nothing that no Compose file has.
func (d *detector) isCompose(base string, f *frame) bool {
	stem := strings.TrimSuffix(strings.TrimSuffix(base, ".yml"), ".yaml")
	if stem == "compose" || stem == "docker-compose" || strings.HasPrefix(stem, "docker-compose.") || strings.HasPrefix(stem, "compose.") || strings.HasPrefix(stem, "docker-compose-") {
		return true
	}
	for f.up != nil {
		f = f.up
	}
	is, known := d.compose[f.node]
	if !known {
		is = isComposeRoot(f.node)
		d.compose[f.node] = is
	}
	return is
}

func isComposeRoot(root *syntax.Node) bool {
	services := root.Field("services")
	if services == nil || services.Kind != syntax.Mapping {
		return false
	}
	for i := 0; i < len(root.Children); i += 2 {
		switch k := root.Children[i].Value; k {
		case "version", "name", "services", "networks", "volumes", "configs", "secrets", "include":
		default:
			if !strings.HasPrefix(k, "x-") {
				return false
			}
		}
	}
	return root.Field("version") != nil || root.Field("networks") != nil || root.Field("volumes") != nil
}
