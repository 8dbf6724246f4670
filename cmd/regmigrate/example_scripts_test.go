package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// part FILE PATH TO writes a part of an example as a script: a text, or a list of texts with
// one per line. PATH has keys and indexes, separated by slashes; the first is the index of the
// YAML document.
func part(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "part FILE PATH TO")
	src, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var docs []any
	for d := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var doc any
		err := d.Decode(&doc)
		if err == io.EOF {
			break
		}
		ts.Check(err)
		docs = append(docs, doc)
	}
	at := any(docs)
	for _, key := range strings.Split(args[1], "/") {
		var next any
		switch x := at.(type) {
		case map[string]any:
			next = x[key]
		case []any:
			if i, err := strconv.Atoi(key); err == nil && i < len(x) {
				next = x[i]
			}
		}
		if next == nil {
			ts.Fatalf("%s has no %s, at %s", args[0], args[1], key)
		}
		at = next
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte("set -e\n"+joinTexts(ts, at)), 0o666))
}

func joinTexts(ts *testscript.TestScript, v any) string {
	switch x := v.(type) {
	case string:
		return x + "\n"
	case []any:
		var b strings.Builder
		for _, e := range x {
			b.WriteString(joinTexts(ts, e))
		}
		return b.String()
	}
	ts.Fatalf("expected texts, got %T", v)
	return ""
}

// inputs FILE NAME=VALUE... replaces the inputs of a component of GitLab CI in a script. The
// others have the defaults of the component FILE.
func inputs(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "inputs COMPONENT SCRIPT NAME=VALUE...")
	src, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var head struct {
		Spec struct {
			Inputs map[string]struct {
				Default string `yaml:"default"`
			} `yaml:"inputs"`
		} `yaml:"spec"`
	}
	ts.Check(yaml.Unmarshal(src, &head)) // the first document
	values := map[string]string{}
	for name, x := range head.Spec.Inputs {
		values[name] = x.Default
	}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		if _, ok := values[name]; !ok {
			ts.Fatalf("the component has no input %s", name)
		}
		values[name] = value
	}
	text := regexp.MustCompile(`\$\[\[ inputs\.([a-z-]+) \]\]`).ReplaceAllStringFunc(ts.ReadFile(args[1]), func(s string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(s, "$[[ inputs."), " ]]")
		value, ok := values[name]
		if !ok {
			ts.Fatalf("the component has no input %s", name)
		}
		return value
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}

// jenkinsSh matches a step sh of a Jenkinsfile with a text on one line. In single quotes,
// Groovy replaces no variables.
var jenkinsSh = regexp.MustCompile(`(?m)^\s*stage\('([^']*)'\)|^\s*sh '([^']*)'$`)

// stage FILE NAME TO writes the step sh of a stage of a Jenkinsfile.
func stage(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "stage FILE NAME TO")
	src, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	current, out := "", "set -e\n"
	for _, m := range jenkinsSh.FindAllStringSubmatch(string(src), -1) {
		switch {
		case m[1] != "":
			current = m[1]
		case current == args[1]:
			out += m[2] + "\n"
		}
	}
	if out == "set -e\n" {
		ts.Fatalf("%s has no step sh in a stage %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(out), 0o666))
}
