package helm

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A templateEngine executes the templates of a chart as the engine of Helm does, with two
// limits that are the same on every machine: how deep templates are nested, and the
// size of an output. The engine of Helm has none for tpl, so that endless recursion
// ends when memory or time do.
//
// Source: helm.sh/helm/v3/pkg/engine, engine.go, under the Apache License 2.0.
// TestTemplateEngine compares the results of both.
type templateEngine struct {
	lint      bool  // required and fail do not fail, as in Engine.LintMode of Helm
	maxOutput int64 // bytes of the output of one template
	depth     int   // how deep templates are nested now

	counted map[*parse.Tree]bool // see countNesting

	branches *branchChooser // see renderOptions
}

// maxNesting bounds how deep templates are nested through include, template and
// tpl together. Helm stops include of one name at this depth.
const maxNesting = 1000

// errNesting is the error of templates that exceed maxNesting.
var errNesting = fmt.Errorf("templates are nested more than %d deep: %s", maxNesting, render.EndlessRecursion)

// Delimiters of the messages of required and fail in errors, as in Helm.
const (
	messageStart = "HELM_ERR_START"
	messageEnd   = "HELM_ERR_END"
)

var messageRE = regexp.MustCompile(messageStart + `((?s).*)` + messageEnd)

// A source is a template and the values that it gets.
type source struct {
	text     string
	top      chartutil.Values
	basePath string
}

// render executes the templates of ch with the values top. The outputs are by the
// names of the templates.
func (e *templateEngine) render(ch *chart.Chart, top chartutil.Values) (outputs map[string]string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rendering template failed: %v", r)
		}
	}()
	sources := map[string]source{}
	addSources(ch, sources, top)
	names := make([]string, 0, len(sources))
	for name := range sources {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	t := template.New("gotpl").Option("missingkey=zero")
	t.Funcs(e.functions(t))
	for _, name := range names {
		if _, err := t.New(name).Parse(sources[name].text); err != nil && e.branches == nil {
			return nil, parseError(name, err)
		}
	}
	e.countNesting(t)
	if e.branches != nil {
		e.branches.replaceIn(t)
	}
	outputs = map[string]string{}
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		s := sources[name]
		s.top["Template"] = chartutil.Values{"Name": name, "BasePath": s.basePath}
		text, err := e.execute(t, name, s.top)
		if err != nil && e.branches == nil {
			return nil, executionError(name, err)
		}
		outputs[name] = strings.ReplaceAll(text, "<no value>", "")
	}
	return outputs, nil
}

// execute executes the template called name.
func (e *templateEngine) execute(t *template.Template, name string, data any) (string, error) {
	if e.depth++; e.depth > maxNesting {
		return "", errNesting
	}
	defer func() { e.depth-- }()
	b := limitedBuilder{limit: e.maxOutput}
	if e.branches != nil {
		if e.branches.steps++; e.depth <= maxBranchNesting && e.branches.steps <= maxBranchSteps {
			_ = t.ExecuteTemplate(&b, name, data) // what it prints before an error counts
		}
		return b.String(), nil
	}
	err := t.ExecuteTemplate(&b, name, data)
	nested := (*nestedError)(nil)
	switch {
	case errors.Is(err, errNesting):
		err = errNesting // without the places of all levels
	case errors.As(err, &nested):
		err = nested.err
	}
	return b.String(), err
}

// include returns the function include for t.
func (e *templateEngine) include(t *template.Template) func(string, any) (string, error) {
	return func(name string, data any) (string, error) { return e.execute(t, name, data) }
}

// nested returns the function nestedTemplate for t. A reflect.Value keeps the
// difference between a nil and no value, as the action template does.
func (e *templateEngine) nested(t *template.Template) func(string, reflect.Value) (string, error) {
	return func(name string, data reflect.Value) (string, error) {
		out, err := e.execute(t, name, data)
		if err != nil {
			err = &nestedError{err}
		}
		return out, err
	}
}

// A nestedError is an error of the function nestedTemplate. For the action template,
// Go reports the place of the error in the nested template alone.
type nestedError struct{ err error }

func (e *nestedError) Error() string { return e.err.Error() }

// tpl returns the function tpl for parent. Templates that the text defines are known
// in the text only.
func (e *templateEngine) tpl(parent *template.Template) func(string, any) (string, error) {
	return func(text string, data any) (string, error) {
		if e.depth >= maxNesting {
			return "", errNesting // before the copy
		}
		t, err := parent.Clone()
		if err != nil {
			return "", fmt.Errorf("cannot clone template: %w", err)
		}
		t.Option("missingkey=zero") // Clone does not copy it: https://github.com/golang/go/issues/43022
		t.Funcs(template.FuncMap{"include": e.include(t), nestedTemplate: e.nested(t), "tpl": e.tpl(t)})
		if t, err = t.New(parent.Name()).Parse(text); err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", text, err)
		}
		e.countNesting(t)
		out, err := e.execute(t, t.Name(), data)
		if err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
		}
		return strings.ReplaceAll(out, "<no value>", ""), nil
	}
}

// functions returns the functions of templates.
func (e *templateEngine) functions(t *template.Template) template.FuncMap {
	f := sharedFunctions()
	f["include"], f[nestedTemplate], f["tpl"] = e.include(t), e.nested(t), e.tpl(t)
	f["required"] = func(message string, value any) (any, error) {
		if value != nil && value != "" {
			return value, nil
		}
		if e.lint {
			return "", nil
		}
		return value, errors.New(messageStart + message + messageEnd)
	}
	f["fail"] = func(message string) (string, error) {
		if e.lint {
			return "", nil
		}
		return "", errors.New(messageStart + message + messageEnd)
	}
	f["lookup"] = func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil }
	if e.branches != nil {
		maps.Copy(f, e.branches.functions(isEmpty))
	}
	f["getHostByName"] = func(string) string { return "" }
	return f
}

func parseError(name string, err error) error {
	parts := strings.Split(err.Error(), ": ")
	if len(parts) == 1 {
		return fmt.Errorf("parse error in (%s): %w", name, err)
	}
	return fmt.Errorf("parse error at (%s): %s", parts[1], parts[len(parts)-1])
}

func executionError(name string, err error) error {
	if errors.Is(err, errNesting) {
		return fmt.Errorf("execution error in (%s): %w", name, errNesting)
	}
	if !errors.As(err, &template.ExecError{}) {
		return err
	}
	parts := strings.SplitN(err.Error(), ": ", 3)
	if len(parts) != 3 {
		return fmt.Errorf("execution error in (%s): %w", name, err)
	}
	if m := messageRE.FindStringSubmatch(parts[2]); m != nil {
		return fmt.Errorf("execution error at (%s): %s", parts[1], m[1])
	}
	return err
}

// compareNames orders templates as Helm does: those in deeper folders first.
func compareNames(a, b string) int {
	if n := strings.Count(b, "/") - strings.Count(a, "/"); n != 0 {
		return n
	}
	return strings.Compare(b, a)
}

// addSources adds the templates of ch and its sub-charts, and returns the values
// that they get.
func addSources(ch *chart.Chart, sources map[string]source, parent chartutil.Values) map[string]any {
	subcharts := map[string]any{}
	next := map[string]any{
		"Chart": struct {
			chart.Metadata
			IsRoot bool
		}{*ch.Metadata, ch.IsRoot()},
		"Files":        newFiles(ch.Files),
		"Release":      parent["Release"],
		"Capabilities": parent["Capabilities"],
		"Values":       chartutil.Values{},
		"Subcharts":    subcharts,
	}
	if ch.IsRoot() {
		next["Values"] = parent["Values"]
	} else if values, err := parent.Table("Values." + ch.Name()); err == nil {
		next["Values"] = values
	}
	for _, sub := range ch.Dependencies() {
		subcharts[sub.Name()] = addSources(sub, sources, next)
	}
	folder := ch.ChartFullPath()
	for _, f := range ch.Templates {
		if f == nil || strings.EqualFold(ch.Metadata.Type, "library") && !strings.HasPrefix(path.Base(f.Name), "_") {
			continue
		}
		sources[path.Join(folder, f.Name)] = source{string(f.Data), next, path.Join(folder, "templates")}
	}
	return next
}

// A limitedBuilder is a strings.Builder that accepts limit bytes.
type limitedBuilder struct {
	strings.Builder
	limit int64
}

func (b *limitedBuilder) Write(p []byte) (int, error) {
	if b.limit > 0 && int64(b.Len()+len(p)) > b.limit {
		return 0, errors.New(render.TooMuchOutput(render.Limits{MaxOutput: b.limit}))
	}
	return b.Builder.Write(p)
}

func (b *limitedBuilder) WriteString(s string) (int, error) {
	return b.Write([]byte(s))
}

// isEmpty reports whether templates take v for empty, as the function default of sprig does.
func isEmpty(v any) bool {
	isTrue, ok := template.IsTrue(v)
	return !ok || !isTrue
}
