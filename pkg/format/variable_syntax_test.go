package format

import (
	"fmt"
	"strings"
	"testing"
)

func TestVariableRefs(t *testing.T) {
	shell := variableSyntax{{"$", ""}, {"${", "}"}}
	github := variableSyntax{{"${{", "}}"}}
	azure := variableSyntax{{"$(", ")"}, {"${{", "}}"}, {"$[", "]"}}
	for _, c := range []struct {
		name   string
		syntax variableSyntax
		text   string
		want   string // each use, and what it can stand for
	}{
		{"a name", shell, "$A/b:${C}", "$A=[A] ${C}=[C]"},
		{"an escaped dollar sign", shell, "$$A $${B}", ""},
		{"a default", shell, "${A:-${B}/x}", "${A:-${B}/x}=[A]"},
		{"an alternative is not the value", shell, "${A:+x}", "${A:+x}=[]"},
		{"a part of the value", shell, "${A%:*} ${B##*/}", "${A%:*}=[] ${B##*/}=[]"},
		{"no name", shell, "${} $ $-", ""},
		{"no end", shell, "${A", ""},
		{"an expression", github, "${{ matrix.image }}", "${{ matrix.image }}=[matrix.image]"},
		{"alternatives", github, "${{ inputs.x || 'a/b:1' }}", "${{ inputs.x || 'a/b:1' }}=[inputs.x 'a/b:1']"},
		{"a condition", github, "${{ github.ref == 'x' && 'a:1' || inputs.y }}", "${{ github.ref == 'x' && 'a:1' || inputs.y }}=['a:1' inputs.y]"},
		{"a function", github, "${{ format('a/{0}', inputs.x) }}", "${{ format('a/{0}', inputs.x) }}=[]"},
		{"an empty text", github, "${{ inputs.x || '' }}", "${{ inputs.x || '' }}=[inputs.x]"},
		{"other lines", github, "${{ a\n}}", ""},
		{"an index", azure, "$[ variables['a'] ]/$(b)", "$[ variables['a'] ]=[variables.a] $(b)=[b]"},
		{"brackets without an end", azure, "$(a(b", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range c.syntax.refs(c.text) {
				var values []string
				for _, v := range r.values {
					if v.name == "" {
						values = append(values, "'"+c.text[v.start:v.end]+"'")
					} else {
						values = append(values, v.name)
					}
				}
				got = append(got, fmt.Sprintf("%s=%v", c.text[r.start:r.end], values))
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
