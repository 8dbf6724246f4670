package format

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// seeds adds the files of the cases in a folder of testdata/cases.
func seeds(f *testing.F, folder string) {
	names, err := filepath.Glob("../../testdata/cases/" + folder + "/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if !strings.HasPrefix(file.Name, "want/") && file.Name != "ledger" {
				f.Add(file.Data)
			}
		}
	}
}

// The two hosts of [rename]. No input contains newHost, so that one replacement
// restores oldHost.
const oldHost, newHost = "k8s.gcr.io", "fuzz.registry.example"

// rename scans src, checks the properties of every scan result, and returns the
// edits that change oldHost in references to newHost.
func rename(t *testing.T, f *Format, name string, src []byte) []edit.Edit {
	t.Helper()
	in := Input{Path: name, Src: src, Marks: marksOf(src)}
	out, err := f.Scan(in)
	if err != nil {
		return nil
	}
	explained := map[edit.Span]bool{}
	for _, c := range out.Contexts {
		if c.Reason == "" || explained[c.Mark] {
			t.Errorf("mark %v has no reason, or two contexts", c.Mark)
		}
		explained[c.Mark] = true
	}
	var spans []edit.Span
	edits := map[edit.Edit]bool{}
	for i := range out.Occurrences {
		o := &out.Occurrences[i]
		if o.Unconfirmed {
			continue
		}
		for _, p := range o.Pieces {
			if !o.Unconfirmed {
				spans = append(spans, p.Span)
			}
			for _, r := range p.Map {
				if string(src[r.Src:r.Src+r.Len]) != p.Text[r.Dec:r.Dec+r.Len] {
					t.Errorf("piece %q: run %v leads to %q", p.Text, r, src[r.Src:r.Src+r.Len])
				}
			}
		}
		p := &o.Pieces[0]
		if text := o.Text(); o.Keep != "" || text != oldHost && !strings.HasPrefix(text, oldHost+"/") {
			continue
		}
		if s, ok := p.Map.Span(0, min(len(oldHost), len(p.Text))); ok && s.Len() == len(oldHost) {
			edits[edit.Edit{Span: s, New: newHost}] = true
		}
	}
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a != b && a.Overlaps(b) {
				t.Errorf("pieces overlap: %q and %q", src[a.Start:a.End], src[b.Start:b.End])
			}
		}
	}
	for _, m := range in.Marks {
		for _, s := range spans {
			explained[m] = explained[m] || s.Contains(m)
		}
		if !explained[m] {
			t.Errorf("mark %v is in no occurrence and has no context", m)
		}
	}
	var list []edit.Edit
	for e := range edits {
		list = append(list, e)
	}
	edit.Sort(list)
	return list
}

// FuzzDockerfile renames a host in all references. BuildKit's parser must find
// the same instructions before and after.
func FuzzDockerfile(f *testing.F) {
	seeds(f, "dockerfile")
	f.Add([]byte("ARG A=\"k8s.gcr.io\"\nFROM ${A:-${B:-k8s.gcr.io}}/x\nRUN a \\\n#k8s.gcr.io\n\n k8s.gcr.io/\\\n#c\nx"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<12 || bytes.Contains(src, []byte(newHost)) {
			t.Skip()
		}
		checkDockerfile(t, src)
	})
}

// checkDockerfile checks the property of FuzzDockerfile, and returns the number
// of edits.
func checkDockerfile(t *testing.T, src []byte) int {
	before, err := parser.Parse(bytes.NewReader(src))
	if _, got := dockerfile.Parse(src); (err == nil) != (got == nil) {
		t.Fatalf("%q: the error of BuildKit's parser is %v, that of package dockerfile %v", src, err, got)
	}
	edits := rename(t, Dockerfile, "Dockerfile", src)
	if err != nil || len(edits) == 0 {
		return 0
	}
	text, err := edit.Apply(src, edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := Dockerfile.Verify(Change{Path: "Dockerfile", Before: src, Edits: edits}); err != nil {
		t.Fatalf("%q\nbecomes %q: %v", src, text, err)
	}
	after, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.ReplaceAll(dump(after.AST), newHost, oldHost), dump(before.AST); got != want {
		t.Errorf("%q: after the edits the parser finds\n%s\nwant\n%s", src, got, want)
	}
	return len(edits)
}

// TestDockerfileShuffled checks Dockerfiles made of random lines. Each line is a
// difficult case that random bytes seldom produce.
func TestDockerfileShuffled(t *testing.T) {
	lines := []string{
		"# escape=`", "# syntax=k8s.gcr.io/d:1", "# k8s.gcr.io/c", "", "  ", "\\", "`",
		"ARG R=k8s.gcr.io", "ARG R", "ARG S='k8s.gcr.io/' T=\"$R/t\"", "ARG U=${R:-k8s.gcr.io}/u", "ARG K8S=k8s.gcr.io/x:1 R=$S",
		"FROM $R/a:1 AS a", "from ${S}b", "FROM ${T}", "FROM ${U}@sha256:x", "FROM \"k8s.gcr.io\"/q", "FROM k8s.gcr.io/${R}/x", "FROM ${V:-${R}/k8s.gcr.io}", "FROM a", "FROM ${R:+k8s.gcr.io/x}",
		"COPY --from=k8s.gcr.io/x a /", "COPY --from=a --chown=\"k8s.gcr.io/x\" k8s.gcr.io/x /", "RUN --mount=type=bind,from=k8s.gcr.io/m --mount='from=k8s.gcr.io/n,x=y' k8s.gcr.io/x",
		"RUN a \\", "RUN a `", " k8s.gcr.io/y \\", "# k8s.gcr.io/between", " k8s.gcr.io/\\", "k8s.gcr.io/z", "RUN <<E cat <<-\"F\"", "k8s.gcr.io/h # k8s.gcr.io/i", "E", "\tF",
		"ENV A=k8s.gcr.io/e B=\"k8s.gcr.io/f k8s.gcr.io/g\" \\", "ENV k8s.gcr.io/key k8s.gcr.io/v", "LABEL k8s.gcr.io/l=k8s.gcr.io/l description='k8s.gcr.io/x'", "CMD [\"k8s.gcr.io/j\", \"k8s.gcr.io\"]",
		"ONBUILD RUN --mount=from=k8s.gcr.io/o k8s.gcr.io/p", "ONBUILD COPY --from=k8s.gcr.io/o a b", "{{ if k8s.gcr.io/t }}", "k8s.gcr.io/command", "HEALTHCHECK CMD x ${X:-k8s.gcr.io/y}",
	}
	r := rand.New(rand.NewPCG(1, 2))
	edits := 0
	for range 4000 {
		var b strings.Builder
		if r.IntN(8) == 0 {
			b.WriteString("\uFEFF")
		}
		end := []string{"\n", "\n", "\r\n"}[r.IntN(3)]
		for range 1 + r.IntN(12) {
			b.WriteString(lines[r.IntN(len(lines))] + end)
		}
		edits += checkDockerfile(t, []byte(strings.TrimSuffix(b.String(), []string{"", end}[r.IntN(2)])))
	}
	if edits < 4000 {
		t.Errorf("got %d edits, want at least 4000", edits)
	}
}

func dump(root *parser.Node) string {
	var b strings.Builder
	for _, n := range root.Children {
		b.WriteString(n.Dump())
		b.WriteString("\n")
		for _, h := range n.Heredocs {
			b.WriteString(h.Name + ":" + h.Content + "\n")
		}
	}
	return b.String()
}

// An env has the variables of a build.
type env map[string]string

func (e env) Get(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

func (e env) Keys() []string {
	var out []string
	for k := range e {
		out = append(out, k)
	}
	return out
}

// FuzzFrom expands a FROM with the defaults of its ARGs by BuildKit's shell lexer.
// One of the occurrences must have the same text, apart from the tag.
func FuzzFrom(f *testing.F) {
	for _, s := range [][3]string{{"a.b", "c", "$A/$B:1"}, {"a.b/", "'c'", "${A}${B}"}, {"\"a.b\"", "$A/c", "${B}"}, {"a", "${A:-x}/d", "q.r/${B}-x"}, {"a\\b", "x\\$A", "\"$A\"/$B"}, {"", "a.b", "${A:-$B}/c"}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, a, b, from string) {
		for _, s := range []string{a, b, from} {
			if strings.ContainsAny(s, " \t\r\n\v\f<") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Skip()
			}
		}
		src := "ARG A=" + a + "\nARG B=" + b + "\nFROM " + from + "\n"
		d, err := dockerfile.Parse([]byte(src))
		if err != nil || len(d.Instructions) != 3 || d.Instructions[2].Cmd != "from" || len(d.Instructions[2].Flags) > 0 {
			t.Skip()
		}
		lex := shell.NewLex('\\')
		values := env{}
		for _, x := range []struct{ name, word string }{{"A", a}, {"B", b}} {
			v, _, err := lex.ProcessWord(x.word, values)
			if err != nil {
				t.Skip()
			}
			if values[x.name] = v; v == "" {
				delete(values, x.name) // an empty default counts as no default
			}
		}
		want, _, err := lex.ProcessWord(from, values)
		if err != nil || !isReference(want) {
			t.Skip()
		}
		out, err := scanDockerfile(Input{Path: "Dockerfile", Src: []byte(src)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range out.Occurrences {
			o := &out.Occurrences[i]
			if !o.IsImage {
				continue
			}
			text := o.Text()
			if strings.Contains(text, "$") {
				return // a variable without a default can have any value
			}
			if rest, ok := strings.CutPrefix(want, text); ok && (rest == "" || rest[0] == ':' || rest[0] == '@') {
				return
			}
			got = append(got, text)
		}
		if len(got) > 0 {
			t.Errorf("%q: got %q, BuildKit reads %q", src, got, want)
		}
	})
}
