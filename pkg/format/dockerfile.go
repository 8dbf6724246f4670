package format

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Dockerfile is a Dockerfile or a Containerfile, as BuildKit reads it.
//
// A value that spells a reference out is an occurrence wherever it stands; a
// name without a domain, or a host alone, only where it reaches a FROM or a
// --from, perhaps by way of an ARG.
var Dockerfile = &Format{
	Name:   "dockerfile",
	Doc:    "Dockerfiles and Containerfiles",
	Detect: isDockerfile,
	Scan:   scanDockerfile,
	Verify: verifyDockerfile,
}

// notDockerfile are ends of names that begin like a Dockerfile's and are
// something else.
var notDockerfile = set(".dockerignore", ".containerignore", ".md", ".rst", ".adoc", ".html", ".yaml", ".yml", ".json", ".toml", ".go", ".py", ".js", ".ts", ".rb", ".java", ".sh", ".mk", ".tf", ".lock", ".sum")

// isDockerfile goes by the name first and then by what BuildKit's parser makes
// of the content. One that does not parse, as most templates do not, is taken
// by its plain name.
func isDockerfile(name string, src []byte) bool {
	base := strings.ToLower(path.Base(name))
	if notDockerfile[path.Ext(base)] || !namedDockerfile(base) {
		return false
	}
	d, err := readDockerfile(src)
	if err != nil {
		ext := path.Ext(base)
		plain := base == "dockerfile" || base == "containerfile" || ext == ".dockerfile" || ext == ".containerfile" || templateExt[ext]
		return plain && beginsLine(src, "FROM ")
	}
	found := false
	for i := range d.instructions {
		in := &d.instructions[i]
		if in.cmd == "from" || in.cmd == "arg" {
			found = true
		} else if !dockerfileCommands[in.cmd] && !template.Sniff([]byte(in.text)) && !strings.HasPrefix(in.text, "{#") {
			return false
		}
	}
	return found
}

// namedDockerfile reports whether base, in lower case, has dockerfile or
// containerfile as its first or last word.
func namedDockerfile(base string) bool {
	for _, word := range []string{"dockerfile", "containerfile"} {
		if rest, ok := strings.CutPrefix(base, word); ok && (rest == "" || strings.IndexByte(".-_", rest[0]) >= 0) {
			return true
		}
		if rest, ok := strings.CutSuffix(base, word); ok && strings.IndexByte(".-_", rest[len(rest)-1]) >= 0 {
			return true
		}
	}
	return false
}

// beginsLine reports whether a line of src begins with word, in any case,
// blanks before it left out.
func beginsLine(src []byte, word string) bool {
	for line := range bytes.Lines(src) {
		line = bytes.TrimLeft(line, " \t")
		if len(line) >= len(word) && strings.EqualFold(string(line[:len(word)]), word) {
			return true
		}
	}
	return false
}

// dockerfileCommands are the instructions that there are.
// Source: https://docs.docker.com/reference/dockerfile/
var dockerfileCommands = set("add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir")

// A dockerScan is the scan of one Dockerfile.
type dockerScan struct {
	in   Input
	d    *dockerfile
	out  ScanResult
	told []bool // which marks have been explained

	seen   map[string]bool // the occurrences that there are, by the spans of their pieces
	pieces []edit.Span     // of their pieces, sorted
}

func scanDockerfile(in Input) (ScanResult, error) {
	d, err := readDockerfile(in.Src)
	if err != nil {
		return scanFallbackText(in), nil
	}
	s := &dockerScan{in: in, d: d, told: make([]bool, len(in.Marks)), seen: map[string]bool{}}
	s.syntaxDirective()
	s.images()
	for i := range d.instructions {
		s.references(&d.instructions[i])
	}
	for _, line := range d.heredocs {
		s.heredoc(line)
	}
	for i := range in.Marks {
		if !s.told[i] {
			s.mark(i)
		}
	}
	sort.SliceStable(s.out.Occurrences, func(i, j int) bool {
		return s.out.Occurrences[i].Pieces[0].Span.Start < s.out.Occurrences[j].Pieces[0].Span.Start
	})
	sort.Slice(s.out.Contexts, func(i, j int) bool { return s.out.Contexts[i].Mark.Start < s.out.Contexts[j].Mark.Start })
	return s.out, nil
}

// add adds an occurrence, which explains the marks in its pieces. It does not
// and returns false when a mark stands between the lines that a piece is
// written over, in a comment, or when a piece is part of another.
func (s *dockerScan) add(o Occurrence) bool {
	var id strings.Builder
	for i := range o.Pieces {
		p := &o.Pieces[i]
		span, ok := p.Map.Enclosing(0, len(p.Text))
		if !ok || s.overlaps(span) {
			return false
		}
		for _, j := range s.marksIn(span) {
			if _, _, ok := p.Map.Decoded(s.in.Marks[j]); !ok && bytes.IndexByte(s.in.Src[span.Start:span.End], '\n') >= 0 {
				return false
			}
		}
		p.Path, p.Span = s.in.Path, span
		fmt.Fprintf(&id, "%d-%d ", span.Start, span.End)
	}
	if s.seen[id.String()] {
		return true
	}
	s.seen[id.String()] = true
	for i := range o.Pieces {
		span := o.Pieces[i].Span
		if j, same := s.pieceAt(span); !same {
			s.pieces = slices.Insert(s.pieces, j, span)
		}
		for _, j := range s.marksIn(span) {
			s.told[j] = true
		}
	}
	s.out.Occurrences = append(s.out.Occurrences, o)
	return true
}

// pieceAt returns the index at which span belongs among the pieces that there
// are, and whether it is one of them.
func (s *dockerScan) pieceAt(span edit.Span) (int, bool) {
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].Start >= span.Start })
	return i, i < len(s.pieces) && s.pieces[i] == span
}

// overlaps reports whether span has a byte in common with a piece that is
// another.
func (s *dockerScan) overlaps(span edit.Span) bool {
	i, same := s.pieceAt(span)
	return !same && (i > 0 && s.pieces[i-1].End > span.Start || i < len(s.pieces) && s.pieces[i].Start < span.End)
}

// marksIn returns the indexes of the marks within span.
func (s *dockerScan) marksIn(span edit.Span) []int {
	var out []int
	i := sort.Search(len(s.in.Marks), func(i int) bool { return s.in.Marks[i].Start >= span.Start })
	for ; i < len(s.in.Marks) && span.Contains(s.in.Marks[i]); i++ {
		out = append(out, i)
	}
	return out
}

// context explains the mark with index i.
func (s *dockerScan) context(i int, c Context) {
	c.Mark = s.in.Marks[i]
	s.told[i] = true
	s.out.Contexts = append(s.out.Contexts, c)
}
