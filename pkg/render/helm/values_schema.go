package helm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"helm.sh/helm/v3/pkg/chart"
)

// SchemaFile is the name of the file of a chart with the schema of its values.
const SchemaFile = "values.schema.json"

// A SchemaCheck is the result of validating the values of a chart against its
// schema and those of its sub-charts.
type SchemaCheck struct {
	Violations []Violation // sorted

	// Unread are the schemas that refer to documents outside of their chart,
	// such as "values.schema.json of web refers to https://example.com/x.json".
	// They are validated without the parts that refer to them. Sorted.
	Unread []string
}

// A Violation is a part of a schema that values do not meet.
type Violation struct {
	Chart string // the path of the chart in its parents: "web", "web/charts/redis"
	Field string // the value in the values of that chart: .image.repository; "" for all values
	Rule  string // the place of the part in the schema
	Text  string // what the schema says
}

// String names the chart, the value and what the schema says.
func (v Violation) String() string { return v.schema() + " rejects " + v.problem() }

func (v Violation) schema() string { return SchemaFile + " of " + v.Chart }

func (v Violation) problem() string {
	if v.Field == "" {
		return "the values: " + v.Text
	}
	return v.Field + ": " + v.Text
}

func (v Violation) compare(o Violation) int {
	return cmp.Or(strings.Compare(v.Chart, o.Chart), strings.Compare(v.Field, o.Field), strings.Compare(v.Rule, o.Rule), strings.Compare(v.Text, o.Text))
}

// newViolations returns the violations of after that before does not have. Their
// texts do not count: they contain the values.
func newViolations(before, after []Violation) []Violation {
	return slices.DeleteFunc(slices.Clone(after), func(a Violation) bool {
		return slices.ContainsFunc(before, func(b Violation) bool {
			return a.Chart == b.Chart && a.Field == b.Field && a.Rule == b.Rule
		})
	})
}

// err returns the violations as an error, nil for none.
func (s *SchemaCheck) err() error {
	if len(s.Violations) == 0 {
		return nil
	}
	return errors.New(describeViolations(s.Violations))
}

// describeViolations returns the text of the first of violations, and the number
// of the others.
func describeViolations(violations []Violation) string {
	text := violations[0].String()
	if n := len(violations) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// checkSchemas validates values, which are merged with the values of ch, as Helm
// does: values against the schema of ch, and the part of each sub-chart against
// its schema. Source: ValidateAgainstSchema in helm.sh/helm/v3/pkg/chartutil.
func checkSchemas(ch *chart.Chart, values map[string]any) SchemaCheck {
	var s SchemaCheck
	s.addChart(ch, ch.Name(), values)
	slices.SortFunc(s.Violations, Violation.compare)
	s.Violations = slices.Compact(s.Violations)
	slices.Sort(s.Unread)
	s.Unread = slices.Compact(s.Unread)
	return s
}

func (s *SchemaCheck) addChart(ch *chart.Chart, name string, values map[string]any) {
	if ch.Schema != nil {
		s.validate(ch.Schema, name, values)
	}
	for _, sub := range ch.Dependencies() {
		subName := name + "/charts/" + sub.Name()
		switch v := values[sub.Name()].(type) {
		case nil:
		case map[string]any:
			s.addChart(sub, subName, v)
		default:
			s.Violations = append(s.Violations, Violation{Chart: subName, Rule: "type", Text: fmt.Sprintf("expected an object, got %T", v)})
		}
	}
}

// validate adds what the schema src of the chart called name says about values.
func (s *SchemaCheck) validate(src []byte, name string, values map[string]any) {
	add := func(v Violation) {
		v.Chart = name
		s.Violations = append(s.Violations, v)
	}
	defer func() {
		if p := recover(); p != nil { // Helm reports it as an error, too
			add(Violation{Rule: "panic", Text: fmt.Sprintf("the schema cannot be used: %v", p)})
		}
	}()
	schema, unread, err := compileSchema(src)
	for _, url := range unread {
		s.Unread = append(s.Unread, SchemaFile+" of "+name+" refers to "+url)
	}
	if err != nil {
		if len(unread) == 0 {
			add(Violation{Rule: "compile", Text: "the schema is not valid: " + oneLine(err)})
		}
		return
	}
	err = schema.Validate(values)
	if e := (*jsonschema.ValidationError)(nil); errors.As(err, &e) {
		eachProblem(e, add)
	} else if err != nil {
		add(Violation{Rule: "validate", Text: oneLine(err)})
	}
}

// eachProblem calls add for each part of the schema that is not met. Alternatives
// (anyOf, oneOf) are one part: their branches concern other values as well.
func eachProblem(e *jsonschema.ValidationError, add func(Violation)) {
	switch e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		if len(e.Causes) > 0 {
			for _, c := range e.Causes {
				eachProblem(c, add)
			}
			return
		}
	}
	text := problemText(e)
	var causes []string
	for _, c := range e.Causes {
		eachProblem(c, func(v Violation) { causes = append(causes, v.Text) })
	}
	if len(causes) > 0 {
		text += ": " + slices.Min(causes)
	}
	field := ""
	for _, step := range e.InstanceLocation {
		field += "." + step
	}
	add(Violation{Field: field, Rule: e.SchemaURL + "/" + strings.Join(e.ErrorKind.KeywordPath(), "/"), Text: text})
}

// problemText returns what e says, without the place and without its causes.
func problemText(e *jsonschema.ValidationError) string {
	alone := jsonschema.ValidationError{SchemaURL: e.SchemaURL, ErrorKind: e.ErrorKind}
	return strings.TrimPrefix(oneLine(&alone), "at '': ")
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// schemaURL is the URL that Helm gives a schema. References of the schema are
// relative to it.
const schemaURL = "file:///" + SchemaFile

// maxUnread bounds the documents that a schema refers to.
const maxUnread = 100

// compileSchema compiles a schema. It reads no other documents: unread are the
// URLs of those that the schema refers to. The references to them are removed,
// so that the rest of the schema applies.
func compileSchema(src []byte) (schema *jsonschema.Schema, unread []string, err error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		return nil, nil, err
	}
	for {
		compiler := jsonschema.NewCompiler()
		compiler.UseLoader(refusingLoader{})
		if err := compiler.AddResource(schemaURL, doc); err != nil {
			return nil, unread, err
		}
		schema, err := compiler.Compile(schemaURL)
		refused := (*jsonschema.LoadURLError)(nil)
		if !errors.As(err, &refused) {
			return schema, unread, err
		}
		unread = append(unread, refused.URL)
		if !removeReferences(doc, schemaURL, refused.URL) || len(unread) == maxUnread {
			return nil, unread, err
		}
	}
}

// A refusingLoader loads no documents. As with Helm, a urn: reference accepts
// every value.
type refusingLoader struct{}

func (refusingLoader) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, errors.New("a schema is validated without other documents")
}
