package kustomize

import (
	"context"
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// MergeValuesJob is the kind of the jobs that merge valuesInline of an entry of
// helmCharts, for the key of [HandleMergeValues] in [render.Handlers].
const MergeValuesJob = "kustomize values"

// A valuesRequest is the request of a MergeValuesJob.
type valuesRequest struct {
	File         string // the path of the values file, for errors
	Values       []byte // the content of the values file
	ValuesInline []byte // valuesInline, as JSON
	Merge        string // valuesMerge
}

type mergedValues struct{ Src []byte }

// HandleMergeValues is the handler of a MergeValuesJob.
func HandleMergeValues(c *render.Call) (any, error) {
	return render.HandlerOf(func(q *valuesRequest, _ render.Limits) (*mergedValues, error) {
		out, err := q.merge()
		return &mergedValues{out}, err
	})(c)
}

// mergeInline returns the values file of an entry of helmCharts with its
// valuesInline.
func mergeInline(ctx context.Context, r *render.Runner, q *valuesRequest) ([]byte, error) {
	if len(q.ValuesInline) == 0 {
		return q.Values, nil
	}
	var out mergedValues
	err := r.Run(ctx, render.Job{Kind: MergeValuesJob, Request: q, Response: &out})
	return out.Src, err
}

// merge returns the values in q.Values merged with those of valuesInline. Source:
// sigs.k8s.io/kustomize/api/internal/builtins, createNewMergedValuesFile.
func (q *valuesRequest) merge() ([]byte, error) {
	result, err := chartutil.ReadValues(q.ValuesInline)
	if err != nil {
		return nil, fmt.Errorf("reading valuesInline: %w", err)
	}
	if q.Merge != "replace" {
		values, err := yaml.Parse(string(q.Values))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", q.File, err)
		}
		inline, err := yaml.FromMap(result)
		if err != nil {
			return nil, fmt.Errorf("reading valuesInline: %w", err)
		}
		switch q.Merge {
		case "", "override":
			values, err = merge2.Merge(inline, values, yaml.MergeOptions{})
		case "merge":
			values, err = merge2.Merge(values, inline, yaml.MergeOptions{})
		default:
			return nil, fmt.Errorf("valuesMerge is %q: expected merge, override or replace", q.Merge)
		}
		if err != nil {
			return nil, fmt.Errorf("merging valuesInline: %w", err)
		}
		if result, err = values.Map(); err != nil {
			return nil, fmt.Errorf("merging valuesInline: %w", err)
		}
	}
	out, err := chartutil.Values(result).YAML()
	return []byte(out), err
}
