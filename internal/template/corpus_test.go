package template

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A study counts the results for many templates.
type study struct {
	files, bytes              int
	first, verified, unclosed int // read with the first mask; read completely; not lexed
	unparsed, text            int // bytes of text that is not YAML; bytes of text
	literals, attached        int // attached: inside a scalar
	wanted                    int // literals that text/template/parse finds
	scalars                   int
	edits, literalEdits       int
	wrong, rejected           int
	failed                    int
}

func (s study) String() string {
	return fmt.Sprintf("%5d files %8d bytes: %.2f %% verified (%.2f %% with the first mask), %d not closed, %.3f %% of text unparsed; "+
		"%d literals, %d in scalars, %d wanted; %d scalars; %d text edits, %d literal edits; %d of %d wrong edits rejected; %d failures",
		s.files, s.bytes, 100*float64(s.verified)/float64(s.files), 100*float64(s.first)/float64(s.files), s.unclosed, 100*float64(s.unparsed)/float64(max(s.text, 1)),
		s.literals, s.attached, s.wanted, s.scalars, s.edits, s.literalEdits, s.rejected, s.wrong, s.failed)
}

func (s *study) file(t *testing.T, name string, src []byte, r *rand.Rand) {
	t.Helper()
	s.files++
	s.bytes += len(src)
	f, err := Parse(src, nil)
	if err != nil {
		s.unclosed++
		t.Logf("%s: %v", name, err)
		return
	}
	if f.Verified {
		s.verified++
	} else if os.Getenv("REGMIGRATE_CORPUS_LIST") != "" {
		k, _ := lex(src)
		_, err := syntax.ParseYAML(k.mask(k.items(), false).text, nil)
		t.Logf("%s: %d bytes unparsed: %v", name, unparsedBytes(f), err)
	}
	k, err := lex(src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := syntax.ParseYAML(k.mask(k.items(), false).text, nil); err == nil {
		s.first++
	}
	s.unparsed += unparsedBytes(f)
	s.text += len(src)
	for _, a := range k.actions {
		s.text -= a.span.Len()
	}
	for _, l := range f.Literals {
		s.literals++
		if l.Scalar != nil {
			s.attached++
		}
	}
	checkFile(t, src, f)
	if f.Engine == Go {
		s.oracle(t, name, src, f)
	}
	s.splice(t, name, src, f, r)
}

func unparsedBytes(f *File) int {
	n := 0
	for _, p := range f.Unparsed {
		n += p.Len()
	}
	return n
}

// oracle compares the literals with those that text/template/parse finds.
func (s *study) oracle(t *testing.T, name string, src []byte, f *File) {
	t.Helper()
	byStart := map[int]Literal{}
	for _, l := range f.Literals {
		byStart[l.Span.Start] = l
	}
	for pos, text := range parsedStrings(t, src) {
		s.wanted++
		if l, ok := byStart[pos]; !ok || l.Text != text {
			s.failed++
			t.Errorf("%s: expected the literal %q at byte %d, got %q", name, text, pos, l.Text)
		}
	}
}

// splice verifies edits of random words of values and literals, and tries wrong
// edits.
func (s *study) splice(t *testing.T, name string, src []byte, f *File, r *rand.Rand) {
	t.Helper()
	k, err := lex(src)
	if err != nil {
		t.Fatal(err)
	}
	edits := textEdits(k, f, r, 12)
	s.edits += len(edits)
	literal := literalEdits(f, r, 6)
	s.literalEdits += len(literal)
	for _, n := range scalars(f) {
		if n.Value != "" {
			s.scalars++
		}
	}
	all := append(edits, literal...)
	edit.Sort(all)
	if err := Verify(src, all); err != nil {
		s.failed++
		t.Errorf("%s: %v", name, err)
	}
	for _, e := range wrongEdits(k, r) {
		s.wrong++
		if Verify(src, []edit.Edit{e}) != nil {
			s.rejected++
		} else {
			t.Errorf("%s: %q for %q at byte %d is accepted", name, e.New, src[e.Start:e.End], e.Start)
		}
	}
}

// textEdits returns edits of up to n words of values, outside actions.
func textEdits(k *source, f *File, r *rand.Rand, n int) []edit.Edit {
	nodes := scalars(f)
	var out []edit.Edit
	taken := map[int]bool{}
	for tries := 0; tries < 4*n && len(out) < n && len(nodes) > 0; tries++ {
		v := nodes[r.IntN(len(nodes))]
		words := wordSpans(v.Value)
		if len(words) == 0 || v.Tag != "!!str" {
			continue
		}
		w := words[r.IntN(len(words))]
		s, ok := v.Map.Span(w.Start, w.End)
		if !ok || taken[s.Start] || inAction(k, s) {
			continue
		}
		taken[s.Start] = true
		out = append(out, edit.Edit{Span: s, New: "mirror.example/x"})
	}
	return out
}

// literalEdits returns edits of up to n words of literals.
func literalEdits(f *File, r *rand.Rand, n int) []edit.Edit {
	var out []edit.Edit
	taken := map[int]bool{}
	for tries := 0; tries < 2*n && len(out) < n && len(f.Literals) > 0; tries++ {
		l := f.Literals[r.IntN(len(f.Literals))]
		words := wordSpans(l.Text)
		if len(words) == 0 {
			continue
		}
		w := words[r.IntN(len(words))]
		if s, ok := l.Map.Span(w.Start, w.End); ok && !taken[s.Start] {
			taken[s.Start] = true
			// The texts differ: two definitions with the same name do not parse.
			out = append(out, edit.Edit{Span: s, New: fmt.Sprintf("mirror.example/x%d", len(out))})
		}
	}
	return out
}

// wrongEdits returns edits that change the structure of the template.
func wrongEdits(k *source, r *rand.Rand) []edit.Edit {
	if len(k.actions) == 0 {
		return nil
	}
	i := r.IntN(len(k.actions))
	a := k.actions[i]
	if i > 0 && k.actions[i-1].word == "raw" {
		return nil // in front of the action, {{ is text
	}
	out := []edit.Edit{
		{Span: edit.Span{Start: a.span.Start, End: a.span.Start + 1}},                // no longer an action
		{Span: edit.Span{Start: a.span.Start + 2, End: a.span.Start + 2}, New: "x"},  // a different action
		{Span: edit.Span{Start: a.span.Start, End: a.span.Start}, New: "{{ .New }}"}, // one action more
		{Span: a.span, New: "x"}, // one action less
	}
	return out
}

func inAction(k *source, s edit.Span) bool {
	for _, a := range k.actions {
		if a.span.Overlaps(s) {
			return true
		}
	}
	return false
}

// wordSpans returns the words of text: runs of letters and digits that begin
// with a letter.
func wordSpans(text string) []edit.Span {
	var out []edit.Span
	for i := 0; i < len(text); i++ {
		if !isWord(text[i]) || text[i] == '_' || text[i] >= 0x80 || '0' <= text[i] && text[i] <= '9' {
			continue
		}
		s := edit.Span{Start: i}
		for i < len(text) && isWord(text[i]) && text[i] < 0x80 {
			i++
		}
		s.End = i
		out = append(out, s)
	}
	return out
}

// TestCorpusTemplates reads all templates below the folder REGMIGRATE_CORPUS. It
// compares their literals with text/template/parse, verifies edits of words of
// their values and literals, and tries wrong edits.
func TestCorpusTemplates(t *testing.T) {
	root := os.Getenv("REGMIGRATE_CORPUS")
	if root == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	rows := map[string]*study{}
	r := rand.New(rand.NewPCG(1, 2))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		row := corpusRow(path)
		if row == "" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || !Sniff(src) {
			return err
		}
		if rows[row] == nil {
			rows[row] = &study{}
		}
		rows[row].file(t, path, src, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatalf("no templates in %s", root)
	}
	for _, row := range []string{"templates/*.yaml", "templates/*.tpl", "templates/*.txt", "*.yaml.template", "*.yaml.j2", "*.j2"} {
		if rows[row] != nil {
			t.Logf("%-17s %v", row, *rows[row])
		}
	}
}

func corpusRow(path string) string {
	base := filepath.Base(path)
	chart := strings.Contains(path, "/templates/")
	switch {
	case strings.HasSuffix(base, ".yaml.j2") || strings.HasSuffix(base, ".yml.j2"):
		return "*.yaml.j2"
	case strings.HasSuffix(base, ".j2"):
		return "*.j2"
	case strings.HasSuffix(base, ".yaml.template") || strings.HasSuffix(base, ".yml.template"):
		return "*.yaml.template"
	case chart && (strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, ".yml")):
		return "templates/*.yaml"
	case chart && strings.HasSuffix(base, ".tpl"):
		return "templates/*.tpl"
	case chart && strings.HasSuffix(base, ".txt"):
		return "templates/*.txt"
	}
	return ""
}
