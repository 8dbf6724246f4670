package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlStudy counts the results for many sources.
type yamlStudy struct {
	files, bytes         int
	parsed, not, upFront int // parsed; errors of the decoder; rejected before decoding
	scalars, runs        int
	changed, edits       int
	failed               int
}

// String returns a row of a table.
func (s yamlStudy) String() string {
	return fmt.Sprintf("%d files, %d bytes: %d parsed, %d not YAML, %d rejected before decoding; %d scalars, all located, %d runs; %d edits in %d files verified; %d failures",
		s.files, s.bytes, s.parsed, s.not, s.upFront, s.scalars, s.runs, s.edits, s.changed, s.failed)
}

// parse reads src. It fails the test if ParseYAML returns an error for a source
// that the decoder accepts, or if a scalar has no position.
func (s *yamlStudy) parse(t *testing.T, name string, src []byte) *File {
	t.Helper()
	s.files++
	s.bytes += len(src)
	f, err := ParseYAML(src, nil)
	if err != nil {
		var p *ParseError
		if checkYAMLEncoding(src) != nil {
			s.upFront++
		} else if _, e := decodedYAMLValues(src); e == nil || !errors.As(err, &p) || p.Line == 0 {
			s.failed++
			t.Errorf("%.200q: %v, but the decoder returns %v", name, err, e)
		} else {
			s.not++
		}
		return nil
	}
	s.parsed++
	for _, n := range yamlFileScalars(f) {
		if n.Kind == Scalar && n.Value != "" {
			s.scalars++
			s.runs += len(n.Map)
			checkYAMLScalar(t, src, n)
		}
	}
	return f
}

// splice verifies edits and their inverse.
func (s *yamlStudy) splice(t *testing.T, name string, src []byte, edits []edit.Edit) {
	t.Helper()
	if len(edits) == 0 {
		return
	}
	s.changed++
	s.edits += len(edits)
	after, err := edit.Apply(src, edits)
	if err == nil {
		err = VerifyYAML(src, edits)
	}
	if err == nil && !isYAMLInsert(edits[0]) { // VerifyYAML does not accept the removal of keys
		var back []edit.Edit
		if back, err = edit.Invert(src, edits); err == nil {
			err = VerifyYAML(after, back)
		}
	}
	if err != nil {
		s.failed++
		t.Errorf("%.200q: %v", name, err)
	}
}

// registryEdits returns edits of each host that a path follows, as in a
// migration.
func registryEdits(f *File) []edit.Edit {
	var out []edit.Edit
	for _, n := range yamlFileScalars(f) {
		if n.Kind != Scalar {
			continue
		}
		for _, m := range registryRE.FindAllStringSubmatchIndex(n.Value, -1) {
			if s, ok := n.Map.Span(m[2], m[3]); ok {
				out = append(out, edit.Edit{Span: s, New: "mirror.example:5000/x"})
			}
		}
	}
	edit.Sort(out)
	return out
}

var registryRE = regexp.MustCompile(`\b((?:[a-z0-9-]+\.)+[a-z]{2,})/[a-z]`)

// commentEdits returns edits of the hosts in comments on lines of their own.
func commentEdits(f *File, src []byte) []edit.Edit {
	inside := make([]bool, len(src))
	for _, n := range yamlFileScalars(f) {
		for i := n.Span.Start; i < n.Span.End; i++ {
			inside[i] = true
		}
	}
	var out []edit.Edit
	at := 0
	for _, line := range strings.SplitAfter(string(src), "\n") {
		if text := strings.TrimLeft(line, " "); strings.HasPrefix(text, "#") && !inside[at+len(line)-len(text)] && !strings.ContainsAny(strings.TrimRight(line, "\r\n"), "\r\u0085\u2028\u2029") {
			for _, m := range registryRE.FindAllStringSubmatchIndex(line, -1) {
				out = append(out, edit.Edit{Span: edit.Span{Start: at + m[2], End: at + m[3]}, New: "mirror.example:5000/x"})
			}
		}
		at += len(line)
	}
	return out
}

// insertEdits returns edits that add a key after each plain value of a key "name",
// as in a migration of the images of a kustomization.
func insertEdits(f *File, src []byte) []edit.Edit {
	var out []edit.Edit
	var walk func(n *Node)
	walk = func(n *Node) {
		for i := 0; n.Kind == Mapping && i+1 < len(n.Children); i += 2 {
			k, v := n.Children[i], n.Children[i+1]
			if k.Value != "name" || k.Style != Plain || k.Anchor != "" || v.Kind != Scalar || v.Span.Len() == 0 || v.Style > DoubleQuoted {
				continue
			}
			line := yamlLineStart(src, k.Span.Start)
			indent := strings.Repeat(" ", k.Span.Start-line)
			end := yamlLineEnd(src, v.Span.End)
			rest := strings.TrimSpace(string(src[v.Span.End:end]))
			before := strings.Trim(string(src[line:k.Span.Start]), " -")
			if before == "" && (rest == "" || rest[0] == '#') {
				brk := "\n"
				if n := yamlBreak(src, end); n > 0 {
					brk = string(src[end : end+n])
				}
				out = append(out, edit.Edit{Span: edit.Span{Start: end, End: end}, New: brk + indent + "newName: 'x'"})
			} else if rest != "" && (rest[0] == ',' || rest[0] == '}') {
				out = append(out, edit.Edit{Span: edit.Span{Start: v.Span.End, End: v.Span.End}, New: ", newName: x"})
			}
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, d := range f.Docs {
		if d.Root != nil {
			walk(d.Root)
		}
	}
	edit.Sort(out)
	return out
}

// TestCorpusYAML reads all *.yaml and *.yml files below the folder
// REGMIGRATE_CORPUS: unchanged, with CRLF, and with a byte order mark. It verifies
// edits of hosts in values, of a word in every value, of comments, and insertions.
func TestCorpusYAML(t *testing.T) {
	root := os.Getenv("REGMIGRATE_CORPUS")
	if root == "" {
		t.Skip("REGMIGRATE_CORPUS is not set")
	}
	kinds := []string{"hosts", "words", "comments", "insertions"}
	rows := map[string]*yamlStudy{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			return err
		}
		file, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		variants := yamlVariants(file)
		for _, variant := range []string{"unchanged", "CRLF", "BOM"} {
			src := variants[variant]
			if rows[variant] == nil {
				rows[variant] = &yamlStudy{}
			}
			f := rows[variant].parse(t, name, src)
			if f == nil {
				continue
			}
			if variant == "unchanged" {
				checkYAMLChunks(t, src, f)
			}
			for i, edits := range [][]edit.Edit{registryEdits(f), longYAMLWords(f), commentEdits(f, src), insertEdits(f, src)} {
				row := variant + ", " + kinds[i]
				if rows[row] == nil {
					rows[row] = &yamlStudy{}
				}
				rows[row].splice(t, name+" "+row, src, edits)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows["unchanged"] == nil {
		t.Fatalf("no YAML files in %s", root)
	}
	for _, variant := range []string{"unchanged", "CRLF", "BOM"} {
		t.Logf("%-18s %s", variant, *rows[variant])
		for _, k := range kinds {
			if r := rows[variant+", "+k]; r != nil {
				t.Logf("%-18s %d edits in %d files; %d failures", variant+", "+k, r.edits, r.changed, r.failed)
			}
		}
	}
}
