package template
import ("testing";"strings";"time";"fmt";"bytes";"github.com/regmigrate/regmigrate/pkg/edit")
func TestHostile(t *testing.T){
 r := strings.Repeat
 n := 1<<20
 cases := map[string]string{
  "nested if": "a: b\n"+r("{{if 1}}\n", n/9),
  "nested if inline": "a: b "+r("{{if 1}}", n/16)+r("{{end}}", n/16),
  "nested if closed": "a: b\n"+r("{{if 1}}\n", n/18)+r("{{end}}\n", n/18),
  "else if chain": "a: k8s.gcr.io/x\n{{if 1}}"+r("{{else if 1}}\n- a: b: c\n", n/20)+"{{end}}",
  "parens": "a: {{ "+r("(", n)+" }}",
  "parens literal": "a: {{ "+r("(\"a\" | f ", n/9)+" }}",
  "list": "a: {{ list "+r("\"a\" ", n/4)+r(" | f", 1000)+" }}",
  "list replace": "a: {{ list "+r("\"a\" ", n/8)+" | replace \""+r("b",n/2)+"\" }}",
  "pipes": "a: {{ \"a\" "+r("| f \"b\" ", n/8)+" }}",
  "defines": r("{{define \"a\"}}\n\n{{end}}\n", n/22),
  "values": r("a: {{ .x }}\n", n/12),
  "values bad": r("a: {{ .x }}\n", n/12)+"b: c: d",
  "comments": r("a: {{ .x }}\n#\n\n{{ .y }}\n", n/30),
  "one line": "a: ["+r("{{ .x }}, ", n/10)+"]",
  "docs": r("---\na: {{ .x }}\n", n/16),
  "docs bad": r("---\na: {{ .x }}\n", n/16)+"---\nb: c: d",
  "block": "a: |\n"+r("  {{ if .x }}\n  b {{ .c }}\n", n/30),
  "unclosed jinja": r("{% raw %}", n/9),
  "raw": "{% raw %}"+r("{%", n/2),
  "jinja list": "{% set a = ["+r("'a',", n/4)+"] | replace('b','c') %}",
  "jinja nest": "{{ "+r("('a'|d(", n/8)+" }}{% set a=1 %}",
  "jinja chain": "{{ ["+r("'a',", n/8)+"]"+r("|f", n/4)+" }}{% set a=1 %}",
  "braces": r("{{", n/2),
  "braces2": r("{{}}", n/4),
  "spaces": "{{ .x }}"+r(" \n", n/2),
  "bad branches": r("{{ if .x }}\n- a\n{{ else }}\nb: c\n{{ end }}\n", n/44),
 }
 for k, s := range cases {
  t0 := time.Now()
  f, err := Parse([]byte(s), nil)
  d1 := time.Since(t0)
  t0 = time.Now()
  i := bytes.Index([]byte(s), []byte("a:"))
  var es []edit.Edit
  if i > 0 { es = append(es, edit.Edit{Span: edit.Span{Start:i,End:i+1},New:"b"}) }
  after,_ := edit.Apply([]byte(s), es)
  verr := Verify([]byte(s), after, es)
  v := false; if f != nil {v=f.Verified}
  fmt.Printf("%-18s parse %v verify %v %v | %.60v | %.60v\n", k, d1, time.Since(t0), v, err, verr)
 }
}
