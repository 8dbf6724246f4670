// Copyright The Helm Authors.
// Licensed under the Apache License, Version 2.0: see THIRD_PARTY_LICENSES.
// Copied from helm.sh/helm/v3 v3.22.0, pkg/chartutil, with the changes that doc.go lists.

package chartutil

import (
	"fmt"
	"io"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"
)

// GlobalKey is the key of the values that all sub-charts get.
const GlobalKey = "global"

// An ErrNoTable says that a key has no mapping.
type ErrNoTable struct{ Key string }

func (e ErrNoTable) Error() string { return fmt.Sprintf("%q is not a table", e.Key) }

// An ErrNoValue says that a key has no value, or a mapping.
type ErrNoValue struct{ Key string }

func (e ErrNoValue) Error() string { return fmt.Sprintf("%q is not a value", e.Key) }

// Values are the values of a chart, or what templates get.
type Values map[string]any

// YAML returns the values as YAML.
func (v Values) YAML() (string, error) {
	b, err := yaml.Marshal(v)
	return string(b), err
}

// Table returns the mapping at a path of keys, which points separate.
func (v Values) Table(name string) (Values, error) {
	table := v
	var err error
	for _, n := range parsePath(name) {
		if table, err = tableLookup(table, n); err != nil {
			break
		}
	}
	return table, err
}

// AsMap returns the values as a map, never nil.
func (v Values) AsMap() map[string]any {
	if len(v) == 0 {
		return map[string]any{}
	}
	return v
}

// Encode writes the values as YAML.
func (v Values) Encode(w io.Writer) error {
	out, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

func tableLookup(v Values, simple string) (Values, error) {
	v2, ok := v[simple]
	if !ok {
		return v, ErrNoTable{simple}
	}
	if vv, ok := v2.(map[string]any); ok {
		return vv, nil
	}
	if vv, ok := v2.(Values); ok {
		return vv, nil
	}
	return Values{}, ErrNoTable{simple}
}

// ReadValues reads a mapping in YAML. The result is never nil.
func ReadValues(data []byte) (vals Values, err error) {
	err = yaml.Unmarshal(data, &vals)
	if len(vals) == 0 {
		vals = Values{}
	}
	return vals, err
}

// ReleaseOptions are what templates get as .Release.
type ReleaseOptions struct {
	Name      string
	Namespace string
	Revision  int
	IsUpgrade bool
	IsInstall bool
}

// ToRenderValues returns what the templates of a chart get. It validates no schema.
func ToRenderValues(chrt *chart.Chart, chrtVals map[string]any, options ReleaseOptions, caps *Capabilities) (Values, error) {
	top := map[string]any{
		"Chart":        chrt.Metadata,
		"Capabilities": caps,
		"Release": map[string]any{
			"Name":      options.Name,
			"Namespace": options.Namespace,
			"IsUpgrade": options.IsUpgrade,
			"IsInstall": options.IsInstall,
			"Revision":  options.Revision,
			"Service":   "Helm",
		},
	}
	vals, err := CoalesceValues(chrt, chrtVals)
	if err != nil {
		return top, err
	}
	top["Values"] = vals
	return top, nil
}

func istable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// PathValue returns the value at a path of keys, which points separate. A mapping is no
// value.
func (v Values) PathValue(path string) (any, error) {
	if path == "" {
		return nil, fmt.Errorf("YAML path cannot be empty")
	}
	return v.pathValue(parsePath(path))
}

func (v Values) pathValue(path []string) (any, error) {
	if len(path) == 1 {
		// if exists must be root key not table
		if _, ok := v[path[0]]; ok && !istable(v[path[0]]) {
			return v[path[0]], nil
		}
		return nil, ErrNoValue{path[0]}
	}
	key, path := path[len(path)-1], path[:len(path)-1]
	t, err := v.Table(joinPath(path...))
	if err != nil {
		return nil, ErrNoValue{key}
	}
	// check table for key and ensure value is not a table
	if k, ok := t[key]; ok && !istable(k) {
		return k, nil
	}
	return nil, ErrNoValue{key}
}

func parsePath(key string) []string { return strings.Split(key, ".") }

func joinPath(path ...string) string { return strings.Join(path, ".") }
