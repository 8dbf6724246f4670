package format

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// An artifact is what the value of a field names, if it is not an image.
type artifact struct {
	kind     Kind
	isSource bool // the value is a registry of charts; other objects or fields name the charts
	source   SourceName
	chart    string // the chart below the registry in the value, "" if the value names it
	version  string // of the chart, as written
	tag      string // of anything else
	digest   string
}

// The API groups of objects that name charts and packages.
const (
	fluxSource     = "source.toolkit.fluxcd.io"
	crossplane     = "pkg.crossplane.io"
	crossplaneMeta = "meta.pkg.crossplane.io"
	vendir         = "vendir.k14s.io"
)

// artifactAt returns what the reference at f names. Its kind is [Image] unless
// the field, or the transport oci://, says that it is no image.
func (d *detector) artifactAt(f *frame) artifact {
	if f.node == nil || f.node.Kind != syntax.Scalar {
		return artifact{}
	}
	isOCI := strings.HasPrefix(f.node.Value, "oci://")
	for _, read := range []func(*frame, bool) artifact{objectArtifact, d.fileArtifact, chartArtifact} {
		if a := read(f, isOCI); a.kind != Image {
			return a
		}
	}
	if isOCI {
		return artifact{kind: Artifact}
	}
	return artifact{}
}

// objectArtifact reads the fields of Kubernetes objects.
func objectArtifact(f *frame, isOCI bool) artifact {
	if f.object == nil || f.up == nil {
		return artifact{}
	}
	switch f.object.group() {
	case fluxSource:
		return fluxArtifact(f, isOCI)
	case crossplane, crossplaneMeta:
		return crossplaneArtifact(f)
	case vendir:
		return vendirArtifact(f, isOCI)
	case argo:
		if n := f.up.node; f.key == "repoURL" && isOCI && n.Str("chart") == "" && n.Str("path") != "" {
			return artifact{kind: Artifact, tag: n.Str("targetRevision")}
		}
	case "":
		if n := f.up.node; f.object.kind == "Secret" && f.key == "url" && n.Str("type") == "helm" && n.Str("enableOCI") == "true" {
			return artifact{kind: Chart, isSource: true} // https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#helm
		}
	}
	return artifact{}
}

// Sources: https://fluxcd.io/flux/components/source/helmrepositories/#helm-oci-repository,
// https://fluxcd.io/flux/components/source/ocirepositories/
func fluxArtifact(f *frame, isOCI bool) artifact {
	if f.key != "url" || f.up.key != "spec" || !isOCI {
		return artifact{}
	}
	n := f.up.node
	switch ref := n.Field("ref"); {
	case f.object.kind == "HelmRepository":
		return artifact{kind: Chart, isSource: true, source: SourceName{Namespace: f.namespace(), Name: f.object.name}}
	case strings.Contains(n.Field("layerSelector").Str("mediaType"), "helm.chart"):
		return artifact{kind: Chart, version: ref.Str("tag"), digest: ref.Str("digest")}
	default:
		return artifact{kind: Artifact, tag: ref.Str("tag"), digest: ref.Str("digest")}
	}
}

// Sources: https://docs.crossplane.io/latest/packages/providers/,
// https://docs.crossplane.io/latest/packages/configurations/#dependencies
func crossplaneArtifact(f *frame) artifact {
	isDependency := f.up.key == "dependsOn" || f.up.item && f.up.up.key == "dependsOn"
	if f.key == "package" && f.up.key == "spec" || isDependency && crossplaneKinds[f.key] {
		return artifact{kind: Package}
	}
	return artifact{}
}

// Source: https://carvel.dev/vendir/docs/latest/vendir-spec/
func vendirArtifact(f *frame, isOCI bool) artifact {
	switch {
	case f.key == "image" && f.up.key == "imgpkgBundle":
		return artifact{kind: Artifact}
	case f.key == "url" && isOCI && f.up.key == "repository" && f.up.up.key == "helmChart":
		chart := f.up.up.node
		return artifact{kind: Chart, chart: chart.Str("name"), version: chart.Str("version")}
	}
	return artifact{}
}

// crossplaneKinds are the keys that name a package in dependsOn.
var crossplaneKinds = set("provider", "configuration", "function", "package")

// fileArtifact reads the fields of tools whose files have fixed names.
// Source: https://helmfile.readthedocs.io/en/latest/#oci-registries
func (d *detector) fileArtifact(f *frame, _ bool) artifact {
	if f.up != nil && f.up.item && f.up.up.key == "repositories" && f.key == "url" && f.up.node.Str("oci") == "true" {
		return artifact{kind: Chart, isSource: true, source: SourceName{d.in.Path, "", f.up.node.Str("name")}}
	}
	return artifact{}
}

// chartKeys are keys for a chart; chartSourceKeys are keys for the registry, or
// the repository, that has the chart of a sibling key.
var (
	chartKeys       = set("chart", "charturl", "chartref", "remotechart")
	chartSourceKeys = set("repository", "repo", "repourl", "repositoryurl", "chartrepo", "chartrepourl", "chartrepository")
)

// chartArtifact reads keys that many tools use for charts: Helm, Argo CD,
// kustomize, Helmfile, Fleet, Sveltos, Hauler, Zarf.
// Sources: https://helm.sh/docs/topics/registries/#specifying-dependencies,
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
// https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_,
// https://fleet.rancher.io/ref-fleet-yaml
func chartArtifact(f *frame, isOCI bool) artifact {
	if f.item || f.up == nil || f.up.node == nil || f.up.node.Kind != syntax.Mapping {
		return artifact{}
	}
	key, up := fold(f.key), f.up.node
	a := artifact{kind: Chart, version: firstOf(up, "version", "targetRevision", "chartVersion", "chart_version")}
	switch {
	case chartKeys[key] && isOCI, isOCI && f.up.item && f.up.up.key == "charts" && key == "url":
		return a
	case !chartSourceKeys[key]:
		return artifact{}
	}
	name := firstOf(up, "chart", "chartName")
	if name == "" && isOCI {
		name = firstOf(up, "name")
	}
	if name == "" || !isChartName(name) || !isOCI && key == "repository" {
		return artifact{}
	}
	a.chart = name
	return a
}

// isChartRegistry reports whether the host at f is certainly the registry of the
// chart that another key names: after oci://, or in a source of Argo CD, which has
// no transport for registries.
// Source: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-chart-from-oci-registry
func isChartRegistry(f *frame) bool {
	isOCI := strings.HasPrefix(f.node.Value, "oci://")
	a := chartArtifact(f, isOCI)
	return a.kind == Chart && a.chart != "" && (isOCI || f.key == "repoURL" && f.object.group() == argo)
}

// firstOf returns the value of the first of keys that the mapping n has.
func firstOf(n *syntax.Node, keys ...string) string {
	for _, k := range keys {
		if s := n.Str(k); s != "" {
			return s
		}
	}
	return ""
}

// isChartName reports whether s is the name of a chart, or a path that ends with
// it, without variables.
func isChartName(s string) bool { return chartName.MatchString(s) }

var chartName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*$`)

// exactVersion matches a version of a chart that is no range. Helm writes + in a
// version as _ in the tag.
// Source: https://helm.sh/docs/topics/registries/#the-push-subcommand
var exactVersion = regexp.MustCompile(`^v?(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)

// tagOfVersion returns the tag of a chart with a version, "" for a range.
func tagOfVersion(version string) string {
	if !exactVersion.MatchString(version) {
		return ""
	}
	return strings.ReplaceAll(version, "+", "_")
}

// describe completes o, which is at f, by what it names.
func (d *detector) describe(f *frame, o *Occurrence) {
	a := d.artifactAt(f)
	if a.kind == Image {
		return
	}
	o.Kind, o.IsSource, o.Source, o.LikelyImage = a.kind, a.isSource, a.source, false
	o.Tag, o.Digest, o.Version = a.tag, a.digest, a.version
	if tag := tagOfVersion(a.version); tag != "" {
		o.Tag = tag
	}
	if a.chart != "" && len(o.Pieces) == 1 {
		o.Pieces[0].Sep, o.Tail = "", separatorAfter(o.Pieces[0].Text)+a.chart
	}
	if a.kind == Chart && len(o.Pieces) == 1 {
		o.Pieces[0].Role = Registry // it has no implicit library/
	}
}
