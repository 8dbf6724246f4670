package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// A release is what is known of an object that deploys a chart.
type release struct {
	object *object
	parts  []*object // the object, its source and its ConfigMaps
	files  []string  // its values files
	chart  string    // the folder; "" if the repository does not have it

	name, targetNamespace string
	values                helm.Values
	needsVersion          bool // the chart is deployed only if its version changes

	reason string // why it is not known what reaches the cluster
}

// unknown records the first reason why it is not known what reaches the cluster.
func (r *release) unknown(why string) {
	if r.reason == "" {
		r.reason = why
	}
}

// onlyFields records a reason if m has a field that is not known.
func (r *release) onlyFields(at string, m map[string]any, known ...string) {
	if key := otherField(m, known...); key != "" {
		r.unknown(fmt.Sprintf("the field %s is not supported", strings.TrimPrefix(at+"."+key, ".")))
	}
}

// A reader reads releases of a tree.
type reader struct {
	ctx  context.Context
	tree *tree
	repo *Repository
}

// release reads the release of an object.
func (x *reader) release(o *object) *release {
	r := &release{object: o, parts: []*object{o}}
	if o.read(); o.odd != "" {
		r.unknown(o.odd)
	}
	if x.tree.problem != "" {
		r.unknown(x.tree.problem)
	}
	if r.reason == "" {
		r.onlyFields("", o.values, "apiVersion", "kind", "metadata", "spec")
	}
	switch o.kind {
	case applicationSet:
		x.argoSet(r)
	case application:
		x.argo(r)
	default:
		x.flux(r)
	}
	return r
}

// flux reads a HelmRelease. Source: https://fluxcd.io/flux/components/helm/helmreleases/
func (x *reader) flux(r *release) {
	o := r.object
	spec := mapOf(o.values["spec"])
	r.onlyFields("spec", spec, "interval", "timeout", "suspend", "dependsOn", "install", "upgrade", "test", "rollback", "uninstall", "driftDetection",
		"maxHistory", "serviceAccountName", "storageNamespace", "persistentClient", "kubeConfig",
		"releaseName", "targetNamespace", "values", "valuesFrom", "chart", "chartRef")
	if keep := mapOf(spec["upgrade"])["preserveValues"]; keep != nil && keep != false {
		r.unknown("spec.upgrade.preserveValues keeps values of the cluster")
	}
	if o.namespace == "" {
		r.unknown("the object has no namespace")
	}
	r.targetNamespace = textOf(spec["targetNamespace"])
	r.name = textOf(spec["releaseName"])
	if r.name == "" {
		r.name = strings.TrimPrefix(r.targetNamespace+"-"+o.name, "-")
	}
	if r.targetNamespace == "" {
		r.targetNamespace = o.namespace
	}
	if len(r.name) > 53 {
		r.unknown("the name of the release is longer than 53 characters")
	}
	x.fluxChart(r, spec)
	x.fluxValues(r, spec)
}

// fluxChart reads which chart a HelmRelease deploys.
func (x *reader) fluxChart(r *release, spec map[string]any) {
	template, ref := spec["chart"], spec["chartRef"]
	switch {
	case template != nil && ref != nil:
		r.unknown("it has both spec.chart and spec.chartRef")
	case template != nil:
		r.onlyFields("spec.chart", mapOf(template), "metadata", "spec")
		chart, ok := mapOf(template)["spec"].(map[string]any)
		if !ok {
			r.unknown("spec.chart.spec is not a mapping")
			return
		}
		x.chartSpec(r, "spec.chart.spec", chart, r.object.namespace)
	case ref != nil:
		ref := mapOf(ref)
		r.onlyFields("spec.chartRef", ref, "apiVersion", "kind", "name", "namespace")
		if k := textOf(ref["kind"]); k != helmChart.kind {
			r.unknown(fmt.Sprintf("spec.chartRef names an object of the kind %q: its chart is not in this repository", k))
			return
		}
		o := x.part(r, objectName{helmChart, orElse(textOf(ref["namespace"]), r.object.namespace), textOf(ref["name"])})
		if o == nil {
			return
		}
		r.onlyFields(o.String(), o.values, "apiVersion", "kind", "metadata", "spec")
		x.chartSpec(r, "spec", mapOf(o.values["spec"]), o.namespace)
	default:
		r.unknown("it has neither spec.chart nor spec.chartRef")
	}
}

// part adds an object that the release needs.
func (x *reader) part(r *release, id objectName) *object {
	o, why := x.tree.only(id)
	if o == nil {
		r.unknown(why)
		return nil
	}
	r.parts = append(r.parts, o)
	return o
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// chartSpec reads the chart of a HelmRelease or a HelmChart in a namespace.
func (x *reader) chartSpec(r *release, at string, spec map[string]any, namespace string) {
	r.onlyFields(at, spec, "chart", "version", "sourceRef", "reconcileStrategy", "interval", "suspend")
	r.needsVersion = textOf(spec["reconcileStrategy"]) != "Revision"
	source := mapOf(spec["sourceRef"])
	r.onlyFields(at+".sourceRef", source, "apiVersion", "kind", "name", "namespace")
	chart, ok := spec["chart"].(string)
	if !ok {
		r.unknown("the chart is not a text")
		return
	}
	if k := textOf(source["kind"]); k != gitRepository.kind {
		r.unknown(fmt.Sprintf("the chart %s is in the %s %s, not in this repository", chart, orElse(k, "source"), textOf(source["name"])))
		return
	}
	o := x.part(r, objectName{gitRepository, orElse(textOf(source["namespace"]), namespace), textOf(source["name"])})
	if o == nil {
		return
	}
	git := mapOf(o.values["spec"])
	r.onlyFields(o.String(), o.values, "apiVersion", "kind", "metadata", "spec")
	r.onlyFields(o.String()+": spec", git, "url", "ref", "interval", "timeout", "secretRef", "proxySecretRef", "provider", "suspend", "verify", "serviceAccountName")
	if why := x.repo.whyNot(textOf(git["url"])); why != "" {
		r.unknown(why)
		return
	}
	ref := mapOf(git["ref"])
	r.onlyFields(o.String()+": spec.ref", ref, "branch")
	if why := x.repo.whyNotBranch(orElse(textOf(ref["branch"]), "master")); why != "" {
		r.unknown(why)
	}
	x.setChart(r, chart)
}

// setChart sets the folder of the chart.
func (x *reader) setChart(r *release, text string) {
	if strings.ContainsAny(text, `\*`) || slices.Contains(strings.Split(text, "/"), "..") {
		r.unknown(fmt.Sprintf("the path %q of the chart is not supported", text))
		return
	}
	dir := folderOf(text)
	info, err := fs.Stat(x.tree.files, path.Join(dir, "Chart.yaml"))
	if err != nil || !info.Mode().IsRegular() {
		r.unknown(fmt.Sprintf("the folder %s is no chart of this repository", dir))
		return
	}
	r.chart = dir
	for at := dir; ; at = path.Dir(at) {
		if exists(x.tree.files, path.Join(at, ".sourceignore")) {
			r.unknown(path.Join(at, ".sourceignore") + " may exclude files of the chart")
		}
		if _, ok := x.tree.links[at]; ok {
			r.unknown("the chart is below the symbolic link " + at)
		}
		if at == "." {
			return
		}
	}
}

// exists reports whether a tree may have a file: it is there, or whether it is there is not
// known.
func exists(files fs.FS, name string) bool {
	_, err := fs.Stat(files, name)
	_, errLink := fs.ReadLink(files, name)
	return err == nil || errLink == nil
}

// fluxValues reads the values of a HelmRelease.
func (x *reader) fluxValues(r *release, spec map[string]any) {
	list, ok := spec["valuesFrom"].([]any)
	if !ok && spec["valuesFrom"] != nil {
		r.unknown("spec.valuesFrom is not a list")
	}
	for _, item := range list {
		from := mapOf(item)
		r.onlyFields("spec.valuesFrom[]", from, "kind", "name", "valuesKey")
		if k := textOf(from["kind"]); k != configMap.kind {
			r.unknown(fmt.Sprintf("it has values in the %s %s", orElse(k, "object"), textOf(from["name"])))
			continue
		}
		x.tree.readConfigMaps(x.ctx)
		o := x.part(r, objectName{configMap, r.object.namespace, textOf(from["name"])})
		if o == nil {
			continue
		}
		r.onlyFields(o.String(), o.values, "apiVersion", "kind", "metadata", "data", "immutable")
		key := orElse(textOf(from["valuesKey"]), "values.yaml")
		text, ok := mapOf(o.values["data"])[key].(string)
		if !ok {
			r.unknown(fmt.Sprintf("the %s has no text %s", o, key))
			continue
		}
		r.addText(fmt.Sprintf("%s of the %s", key, o), []byte(text))
	}
	r.addMapping("spec.values", spec["values"])
}

// readConfigMaps adds the ConfigMaps to the objects of the tree.
func (t *tree) readConfigMaps(ctx context.Context) {
	if t.hasConfigMaps {
		return
	}
	t.hasConfigMaps = true
	t.readFiles(ctx, func(src []byte) bool { return bytes.Contains(src, []byte(configMap.kind)) || hasEscapes(src) },
		func(k kind) bool { return k == configMap })
}

// addText adds values in YAML.
func (r *release) addText(name string, text []byte) {
	if _, odd := readText(text); odd != "" {
		r.unknown(fmt.Sprintf("%s: %s", name, odd))
		return
	}
	r.values.Files = append(r.values.Files, text)
}

// addMapping adds values of an object.
func (r *release) addMapping(at string, value any) {
	if value == nil {
		return
	}
	src, err := json.Marshal(value)
	if _, ok := value.(map[string]any); !ok || err != nil {
		r.unknown(at + " is not a mapping")
		return
	}
	r.values.Files = append(r.values.Files, src)
}
