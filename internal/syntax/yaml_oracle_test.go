package syntax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"unicode/utf8"
)

// pyYAML is a Python program. It reads sources, a JSON list of strings, and writes
// the scalar tokens of each source: start, end (in code points), value, style. For
// a source that is an error for PyYAML, it writes null.
const pyYAML = `
import json, sys, yaml
out = []
for src in json.load(sys.stdin):
    try:
        list(yaml.compose_all(src, Loader=yaml.BaseLoader))
        out.append([[t.start_mark.index, t.end_mark.index, t.value, t.style or ""]
                    for t in yaml.scan(src) if isinstance(t, yaml.ScalarToken)])
    except yaml.YAMLError:
        out.append(None)
json.dump(out, sys.stdout)
`

// TestParseYAMLOracle compares the tokens of scalars with those of PyYAML's
// scanner, an independent implementation.
func TestParseYAMLOracle(t *testing.T) {
	if out, err := exec.Command("python3", "-c", "import yaml").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: PyYAML is not installed: %v %s", err, out)
	}
	var sources []string
	for _, s := range append(append([]string{}, yamlSeeds...), yamlSuite(t)...) {
		if f, err := ParseYAML([]byte(s), nil); err == nil && len(f.Docs) > 0 {
			sources = append(sources, s)
		}
	}
	in, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", pyYAML)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running PyYAML: %v", err)
	}
	var found [][][4]any
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	compared, tokens, differ := 0, 0, 0
	for i, src := range sources {
		if found[i] == nil {
			continue
		}
		f, err := ParseYAML([]byte(src), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got, want, gotValues, wantValues []string
		for _, n := range yamlFileScalars(f) {
			if n.Kind == Scalar && n.Span.Len() > 0 {
				end := fmt.Sprint(utf8.RuneCountInString(src[:n.Span.End]))
				if n.Style >= Literal {
					end = "" // PyYAML includes the empty lines that follow
				}
				value := n.Value
				if n.Tag == "!!null" && n.Style == Plain { // PyYAML's tokens have the text of a null
					value = src[n.Span.Start:n.Span.End]
				}
				gotValues = append(gotValues, value)
				got = append(got, fmt.Sprint(utf8.RuneCountInString(src[:n.Span.Start]), "-", end, value, n.Style))
			}
		}
		for _, token := range found[i] {
			style := map[string]Style{"": Plain, "'": SingleQuoted, "\"": DoubleQuoted, "|": Literal, ">": Folded}[token[3].(string)]
			end := fmt.Sprint(token[1])
			if style >= Literal {
				end = ""
			}
			wantValues = append(wantValues, token[2].(string))
			want = append(want, fmt.Sprint(token[0], "-", end, token[2], style))
		}
		if !slices.Equal(gotValues, wantValues) {
			differ++ // for example "omitted value:," in a flow mapping, with or without the colon
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("source %q:\n got %q\nwant %q", src, got, want)
		}
		compared++
		tokens += len(got)
	}
	if compared < len(yamlSeeds)/2 || differ > compared/20 {
		t.Errorf("compared only %[2]d of %[1]d sources; PyYAML reads other values for %[3]d", len(sources), compared, differ)
	}
	t.Logf("%d of %d sources compared, with %d tokens; %d are errors for PyYAML, and it reads other values for %d", compared, len(sources), tokens, len(sources)-compared-differ, differ)
}
