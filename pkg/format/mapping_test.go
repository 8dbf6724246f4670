package format

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCommandWords(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"commands on lines", "a b\nc d", "[a b] [c d]"},
		{"a continued line", "a \\\n  b", "[a b]"},
		{"separators", "a && b | c; d", "[a] [b] [c] [d]"},
		{"quotes", `a "b c" 'd'`, "[b c] [a b c d]"},
		{"an apostrophe", "don't a b", "[don t a b]"},
		{"a variable with blanks", "a ${B:-c d}:${{ e.f }}", "[a ${B:-c d}:${{ e.f }}]"},
		{"a command in a word", "a $(b c)", "[b c] [a $(b c)]"},
		{"a script in quotes", `sh -c "a b; c"`, "[a b] [c] [sh -c a b; c]"},
		{"a list of arguments", `x(["a", "b"])`, "[x] [a b]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, words := range commandsOf(test.text) {
				var texts []string
				for _, w := range words {
					texts = append(texts, w.text)
				}
				got = append(got, "["+strings.Join(texts, " ")+"]")
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
		})
	}
}

func TestMappingsOfText(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // mappings that must be found
	}{
		{"copy", "crane copy old.io/a:1 new.io/a:1", []string{"old.io/a:1 new.io/a:1"}},
		{"transports and flags", "skopeo copy --all docker://old.io/a docker://new.io/a", []string{"old.io/a new.io/a"}},
		{"sync appends the name", "skopeo sync --src docker --dest docker old.io/x/a:1 new.io/x", []string{"old.io/x/a:1 new.io/x/a:1"}},
		{"import into a registry of Azure", "az acr import -n acme --source old.io/a:1", []string{"old.io/a:1 acme.azurecr.io/a:1"}},
		{"variables", "A=old.io\nB=${B:-new.io}\ndocker tag $A/x ${B}/x", []string{"old.io/x new.io/x"}},
		{"the definition before the command", "A=old.io\ndocker tag $A/x new.io/x\nA=other.io", []string{"old.io/x new.io/x"}},
		{"a loop", "for i in a b; do docker tag old.io/$i new.io/$i; done", []string{"old.io/a new.io/a", "old.io/b new.io/b"}},
		{"operators of variables", "for i in old.io/x/a; do docker tag $i new.io/${i#*/}; docker tag $i ${i/old.io/new.io}; done", []string{"old.io/x/a new.io/x/a"}},
		{"unknown variables", "docker tag old.io/x:${T} new.io/x:$T", []string{"old.io/x:$T new.io/x:$T"}},
		{"substitution", "sed s!old.io/a!new.io/a!g", []string{"old.io/a new.io/a"}},
		{"substitution with escapes", `sed 's/old\.io\/a/new.io\/a/'`, []string{"old.io/a new.io/a"}},
		{"call", `x.replace("old.io/a", "new.io/a")`, []string{"old.io/a new.io/a"}},
		{"entry", `{"old.io/a": "new.io/a"}`, []string{"old.io/a new.io/a"}},
		{"names of variables", "OLD_A=old.io/a\nNEW_A=new.io/a", []string{"old.io/a new.io/a"}},
		{"no copy", "docker run old.io/a new.io/a", nil},
		{"a list", `["old.io/a", "new.io/a"]`, nil},
		{"another call", `f("old.io/a", "new.io/a")`, nil},
		{"names of other variables", "OLD_A=old.io/a\nNEW_B=new.io/b", nil},
		{"prose", "from old.io/a to new.io/a", nil},
		{"an entry of a kustomization", "kustomize edit set image old.io/a=new.io/a", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, m := range mappingsOf(test.text) {
				got = append(got, m.from+" "+m.to)
				for _, s := range m.kept {
					if s.Start < 0 || s.End > len(test.text) || s.Start >= s.End {
						t.Errorf("%v is no part of the text", s)
					}
				}
			}
			for _, want := range test.want {
				if !slices.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			if test.want == nil && len(got) > 0 {
				t.Errorf("got %q, want none", got)
			}
		})
	}
}

// A text that is longer than the limit is searched in parts.
func TestMappingsOfLongText(t *testing.T) {
	line := "docker run example.com/x\n"
	command := "docker tag old.io/a new.io/a\n"
	text := strings.Repeat(line, maxMappingText/len(line)) + command + strings.Repeat(line, 10)
	for _, text := range []string{text, strings.Repeat("x", maxMappingText) + "\n" + command} {
		found := mappingsOf(text)
		if len(found) != 1 || found[0].from != "old.io/a" || found[0].to != "new.io/a" {
			t.Fatalf("expected one mapping, got %v", found)
		}
		at := strings.Index(text, "old.io/a")
		if s := found[0].kept[0]; s.Start != at || s.End != at+len("old.io/a") {
			t.Errorf("expected a span at %d, got %v", at, s)
		}
	}
}

// What a hostile script makes of a copy command is bounded.
func TestMappingsAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "for v%d in a b c d e f g h; do docker tag old.io/$v%d/$v0/$v1/$v2 new.io/x; done\n", i%9, i%9)
	}
	if n := len(mappingsOf(text.String())); n > 2*maxCopyMappings {
		t.Errorf("%d mappings", n)
	}
}

func FuzzMappings(f *testing.F) {
	f.Add("docker tag ${A:-x} $(b \"c\") 's|a|b|' {{ x }}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range mappingsOf(text) {
			for _, s := range m.kept {
				if s.Start < 0 || s.End > len(text) || s.Start > s.End {
					t.Errorf("%v is no part of the text", s)
				}
			}
		}
	})
}
