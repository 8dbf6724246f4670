package release

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// argo reads an Application. Source: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
func (x *reader) argo(r *release) {
	o := r.object
	spec := mapOf(o.values["spec"])
	x.argoSource(r, "spec", spec)
	if set := x.generator(o); set != nil {
		r.unknown(set.path + " has an ApplicationSet that may generate an Application of this name")
	}
	r.name = o.name
	r.targetNamespace = textOf(mapOf(spec["destination"])["namespace"])
	source := mapOf(spec["source"])
	values, ok := source["helm"].(map[string]any)
	if !ok && source["helm"] != nil {
		r.unknown("spec.source.helm is not a mapping")
	}
	r.onlyFields("spec.source.helm", values, "values", "valuesObject", "valueFiles", "parameters", "releaseName", "version", "passCredentials", "skipCrds", "skipTests", "skipSchemaValidation")
	r.name = orElse(textOf(values["releaseName"]), r.name)
	if len(r.name) > 53 {
		r.unknown("the name of the release is longer than 53 characters")
	}
	x.argoFiles(r, values["valueFiles"])
	switch text := values["values"]; {
	case text != nil && values["valuesObject"] != nil:
		r.unknown("it has both values and valuesObject")
	case text != nil:
		if _, ok := text.(string); !ok {
			r.unknown("spec.source.helm.values is not a text")
		}
		r.addText("spec.source.helm.values", []byte(textOf(text)))
	default:
		r.addMapping("spec.source.helm.valuesObject", values["valuesObject"])
	}
	r.argoParameters(values["parameters"])
}

// parameter matches a parameter of an ApplicationSet in a text.
var parameter = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// generator returns an ApplicationSet that may generate the Application o, nil if none may.
// Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/
func (x *reader) generator(o *object) *object {
	for _, set := range x.tree.ofKind[applicationSet] {
		if set.namespace != "" && o.namespace != "" && set.namespace != o.namespace {
			continue
		}
		if set.read(); set.odd != "" {
			return set
		}
		template := mapOf(mapOf(set.values["spec"])["template"])
		name := textOf(mapOf(template["metadata"])["name"])
		at, isSame := 0, name == o.name
		var pattern strings.Builder
		for _, m := range parameter.FindAllStringIndex(name, -1) {
			pattern.WriteString(regexp.QuoteMeta(name[at:m[0]]) + ".*")
			at = m[1]
		}
		if at > 0 {
			re, err := regexp.Compile("^(?:" + pattern.String() + regexp.QuoteMeta(name[at:]) + ")$")
			isSame = err != nil || re.MatchString(o.name)
		}
		if isSame || name == "" {
			return set
		}
	}
	return nil
}

// argoSource reads which chart an Application deploys.
func (x *reader) argoSource(r *release, at string, spec map[string]any) {
	r.onlyFields(at, spec, "project", "destination", "source", "syncPolicy", "ignoreDifferences", "revisionHistoryLimit", "info")
	source := mapOf(spec["source"])
	if chart := source["chart"]; chart != nil {
		r.unknown(fmt.Sprintf("the chart %v is in a repository of charts, not in this repository", chart))
		return
	}
	r.onlyFields(at+".source", source, "repoURL", "path", "targetRevision", "helm")
	if why := x.repo.whyNot(textOf(source["repoURL"])); why != "" {
		r.unknown(why)
		return
	}
	switch revision, ok := source["targetRevision"].(string); {
	case source["targetRevision"] == nil, ok && (revision == "" || revision == "HEAD"):
	case !ok:
		r.unknown("the revision is not a text")
	default:
		if why := x.repo.whyNotBranch(revision); why != "" {
			r.unknown(why)
		}
	}
	text, ok := source["path"].(string)
	if !ok {
		r.unknown("the source has no path")
		return
	}
	x.setChart(r, text)
	if r.chart == "" {
		return
	}
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization", ".argocd-source.yaml", ".argocd-source-" + r.object.name + ".yaml"} {
		if exists(x.tree.files, path.Join(r.chart, name)) {
			r.unknown(path.Join(r.chart, name) + " changes what Argo CD makes of the chart")
		}
	}
}

// argoSet reads an ApplicationSet, which is never proven.
func (x *reader) argoSet(r *release) {
	r.unknown("it is an ApplicationSet: the values of its parameters are not known")
	values := mapOf(r.object.values["spec"])
	inner := &release{object: r.object}
	x.argoSource(inner, "spec", mapOf(mapOf(values["template"])["spec"]))
	r.chart = inner.chart
}

// argoFiles reads the values files of an Application.
func (x *reader) argoFiles(r *release, value any) {
	list, ok := value.([]any)
	if !ok && value != nil {
		r.unknown("spec.source.helm.valueFiles is not a list")
	}
	if r.chart == "" {
		return
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || text == "" || strings.ContainsAny(text, `$:*?[\`) {
			r.unknown(fmt.Sprintf("the values file %q is not supported", text))
			continue
		}
		name := strings.TrimPrefix(path.Join("/", r.chart, text), "/")
		if path.IsAbs(text) {
			name = folderOf(text)
		}
		if strings.HasPrefix(path.Join(r.chart, text), "..") && !path.IsAbs(text) {
			r.unknown(fmt.Sprintf("the values file %q is outside of the repository", text))
			continue
		}
		src, err := render.ReadFile(x.tree.files, name, maxFileSize)
		if err != nil {
			r.unknown(fmt.Sprintf("the values file %s cannot be read", name))
			continue
		}
		for at := name; at != "."; at = path.Dir(at) {
			if _, ok := x.tree.links[at]; ok {
				r.unknown("a values file is below the symbolic link " + at)
			}
		}
		r.files = append(r.files, name)
		r.addText(name, src)
	}
}

// Parameters that helm --set and Argo CD read alike.
var (
	parameterName  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	parameterValue = regexp.MustCompile(`^[A-Za-z0-9_./:@+-]*$`)
)

const maxParameters = 500

// argoParameters reads the parameters of an Application.
func (r *release) argoParameters(value any) {
	list, ok := value.([]any)
	if !ok && value != nil {
		r.unknown("spec.source.helm.parameters is not a list")
	}
	if len(list) > maxParameters {
		r.unknown("it has too many parameters")
		return
	}
	seen := map[string]bool{}
	for _, item := range list {
		p := mapOf(item)
		r.onlyFields("spec.source.helm.parameters[]", p, "name", "value", "forceString")
		name, ok1 := p["name"].(string)
		text, ok2 := p["value"].(string)
		switch {
		case !ok1 || !ok2 || !parameterName.MatchString(name) || !parameterValue.MatchString(text):
			r.unknown(fmt.Sprintf("the parameter %q is not supported", name))
		case p["forceString"] != nil && p["forceString"] != false && !strings.ContainsAny(text, "/:@"):
			r.unknown(fmt.Sprintf("the parameter %q with forceString is not supported", name))
		}
		for at := name; ; {
			if seen[at] {
				r.unknown(fmt.Sprintf("two parameters set %q", at))
			}
			i := strings.LastIndexByte(at, '.')
			if i < 0 {
				break
			}
			at = at[:i]
		}
		for other := range seen {
			if strings.HasPrefix(other, name+".") {
				r.unknown(fmt.Sprintf("two parameters set %q", name))
			}
		}
		seen[name] = true
		r.values.Set = append(r.values.Set, name+"="+text)
	}
}
