package edit_test

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// nl replaces "$" with "\n", so that a case of the table is one line.
func nl(s string) string { return strings.ReplaceAll(s, "$", "\n") }

func TestUnified(t *testing.T) {
	const noEOL = `$\ No newline at end of file$`
	tests := []struct {
		name    string
		before  string
		edits   []edit.Edit
		context int
		want    string // hunks
	}{
		{"no edits", "a$", nil, 3, ""},
		{"an edit that changes nothing", "a$b$", []edit.Edit{at(2, 3, "b")}, 3, ""},
		{"one line", "a$b$c$", []edit.Edit{at(2, 3, "B")}, 1, "@@ -1,3 +1,3 @@$ a$-b$+B$ c$"},
		{"no context", "a$b$c$", []edit.Edit{at(2, 3, "B")}, 0, "@@ -2 +2 @@$-b$+B$"},
		{"negative context means no context", "a$b$c$", []edit.Edit{at(2, 3, "B")}, -1, "@@ -2 +2 @@$-b$+B$"},
		{"two edits on one line", "a b$", []edit.Edit{at(0, 1, "A"), at(2, 3, "B")}, 3, "@@ -1 +1 @@$-a b$+A B$"},
		{"adjacent lines form one block", "a$b$c$", []edit.Edit{at(0, 1, "A"), at(2, 3, "B")}, 0, "@@ -1,2 +1,2 @@$-a$-b$+A$+B$"},
		{"contexts that touch form one hunk", "a$1$2$b$", []edit.Edit{at(0, 1, "A"), at(6, 7, "B")}, 1, "@@ -1,4 +1,4 @@$-a$+A$ 1$ 2$-b$+B$"},
		{"contexts that do not touch", "a$1$2$3$b$", []edit.Edit{at(0, 1, "A"), at(8, 9, "B")}, 1, "@@ -1,2 +1,2 @@$-a$+A$ 1$@@ -4,2 +4,2 @@$ 3$-b$+B$"},
		{"a line inserted at a line's start", "a$b$", []edit.Edit{at(2, 2, "x$")}, 0, "@@ -1,0 +2 @@$+x$"},
		{"a line inserted at a line's end", "a$b$", []edit.Edit{at(1, 1, "$x")}, 0, "@@ -1,0 +2 @@$+x$"},
		{"a line inserted below one that changes", "a$b$", []edit.Edit{at(0, 1, "A"), at(2, 2, "x$")}, 1, "@@ -1,2 +1,3 @@$-a$+A$+x$ b$"},
		{"a hunk after an insertion", "a$b$c$d$", []edit.Edit{at(0, 0, "x$"), at(6, 7, "D")}, 0, "@@ -0,0 +1 @@$+x$@@ -4 +5 @@$-d$+D$"},
		{"a line deleted", "a$b$c$", []edit.Edit{at(2, 4, "")}, 0, "@@ -2 +1,0 @@$-b$"},
		{"all deleted", "a$b$", []edit.Edit{at(0, 4, "")}, 3, "@@ -1,2 +0,0 @@$-a$-b$"},
		{"an empty text", "", []edit.Edit{at(0, 0, "a$b")}, 3, "@@ -0,0 +1,2 @@$+a$+b" + noEOL},
		{"lines joined", "a$b$", []edit.Edit{at(1, 2, "")}, 3, "@@ -1,2 +1 @@$-a$-b$+ab$"},
		{"no final newline", "a$b", []edit.Edit{at(2, 3, "B")}, 3, "@@ -1,2 +1,2 @@$ a$-b" + noEOL + "+B" + noEOL},
		{"no final newline in the context", "a$b", []edit.Edit{at(0, 1, "A")}, 3, "@@ -1,2 +1,2 @@$-a$+A$ b" + noEOL},
		{"a final newline added", "a", []edit.Edit{at(1, 1, "$")}, 3, "@@ -1 +1 @@$-a" + noEOL + "+a$"},
		{"a final newline removed", "a$", []edit.Edit{at(1, 2, "")}, 3, "@@ -1 +1 @@$-a$+a" + noEOL},
		{"a line after a missing newline", "a", []edit.Edit{at(1, 1, "$b")}, 3, "@@ -1 +1,2 @@$-a" + noEOL + "+a$+b" + noEOL},
		{"text after the last newline", "a$", []edit.Edit{at(2, 2, "b")}, 3, "@@ -1 +1,2 @@$ a$+b" + noEOL},
		{"CRLF", "a\r$b\r$", []edit.Edit{at(3, 4, "B")}, 3, "@@ -1,2 +1,2 @@$ a\r$-b\r$+B\r$"},
		{"lone CR", "a\rb$", []edit.Edit{at(2, 3, "B")}, 3, "@@ -1 +1 @@$-a\rb$+a\rB$"},
		{"empty lines", "$$$", []edit.Edit{at(1, 1, "x")}, 1, "@@ -1,3 +1,3 @@$ $-$+x$ $"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var edits []edit.Edit
			for _, e := range tt.edits {
				edits = append(edits, edit.Edit{Span: e.Span, New: nl(e.New)})
			}
			want := ""
			if tt.want != "" {
				want = nl("diff --git a/x.yaml b/x.yaml$--- a/x.yaml$+++ b/x.yaml$" + tt.want)
			}
			d := edit.Unified("x.yaml", []byte(nl(tt.before)), edits, tt.context)
			if got := string(d.Bytes()); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			var b strings.Builder
			if err := d.Format(&b); err != nil || b.String() != want {
				t.Errorf("Format wrote %q, %v, want %q", b.String(), err, want)
			}
		})
	}
}

func TestUnifiedNames(t *testing.T) {
	tests := []struct{ name, path, want string }{
		{"plain", "a/b.yaml", "diff --git a/a/b.yaml b/a/b.yaml$--- a/a/b.yaml$+++ b/a/b.yaml$"},
		{"space", "a b", "diff --git a/a b b/a b$--- a/a b\t$+++ b/a b\t$"},
		{"UTF-8", "é世", "diff --git a/é世 b/é世$--- a/é世$+++ b/é世$"},
		{"quote and backslash", `a"\`, `diff --git "a/a\"\\" "b/a\"\\"$--- "a/a\"\\"$+++ "b/a\"\\"$`},
		{"control characters", "\t\n\x01\x7f", `diff --git "a/\t\n\001\177" "b/\t\n\001\177"$--- "a/\t\n\001\177"$+++ "b/\t\n\001\177"$`},
		{"invalid UTF-8", "é\xe9", `diff --git "a/é\351" "b/é\351"$--- "a/é\351"$+++ "b/é\351"$`},
		{"quote and space", `a "b`, `diff --git "a/a \"b" "b/a \"b"$--- "a/a \"b"` + "\t" + `$+++ "b/a \"b"` + "\t$"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := edit.Unified(tt.path, []byte("a\n"), []edit.Edit{at(0, 1, "b")}, 3)
			if got, want := string(d.Bytes()), nl(tt.want)+"@@ -1 +1 @@\n-a\n+b\n"; got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestUnifiedPanicsOnInvalidEdits(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), `"x.yaml": edit 0: bytes 0 to 5 of a text of 1 bytes`) {
			t.Errorf("got panic %v, want a panic that names the edit", r)
		}
	}()
	edit.Unified("x.yaml", []byte("a"), []edit.Edit{at(0, 5, "")}, 3)
}
