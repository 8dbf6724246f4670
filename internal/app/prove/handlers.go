package prove

import (
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
)

// Handlers returns the handlers of the jobs of child processes.
func Handlers() render.Handlers {
	return render.Handlers{
		helm.RenderJob:           helm.HandleRender,
		helm.TraceJob:            helm.HandleTrace,
		helm.TemplateJob:         helm.HandleTemplate,
		helm.SchemaJob:           helm.HandleSchema,
		helm.ReadsJob:            helm.HandleReads,
		kustomize.BuildJob:       kustomize.HandleBuild(),
		kustomize.MergeValuesJob: kustomize.HandleMergeValues,
	}
}
