package format

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/internal/template"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Dockerfile is a Dockerfile or a Containerfile, as BuildKit reads it.
//
// A spelled-out reference is an occurrence in every value; a name without a
// domain, or a registry host alone, only in a FROM or --from, directly or
// through an ARG.
var Dockerfile = &Format{
	Name:   "dockerfile",
	Doc:    "Dockerfiles and Containerfiles",
	Detect: isDockerfile,
	Scan:   scanDockerfile,
	Verify: verifyDockerfile,

	HasBuildArgs: true,
}

// notDockerfile are extensions of files whose name begins like that of a
// Dockerfile.
var notDockerfile = set(".dockerignore", ".containerignore", ".md", ".rst", ".adoc", ".html", ".yaml", ".yml", ".json", ".toml", ".go", ".py", ".js", ".ts", ".rb", ".java", ".sh", ".mk", ".tf", ".lock", ".sum")

// IsDockerfile reports whether name is the path of a Dockerfile or of a template of one.
func IsDockerfile(name string) bool {
	base := strings.ToLower(path.Base(name))
	return !notDockerfile[path.Ext(base)] && namedDockerfile(withoutTemplateExt(base))
}

// isDockerfile decides by the name first, and then by the instructions that
// BuildKit's parser finds. A file that does not parse, such as most templates,
// needs a plain name and a FROM.
func isDockerfile(name string, src []byte) bool {
	base := strings.ToLower(path.Base(name))
	if notDockerfile[path.Ext(base)] || !namedDockerfile(withoutTemplateExt(base)) {
		return false
	}
	d, err := dockerfile.Parse(src)
	if err != nil {
		ext := path.Ext(base)
		plain := base == "dockerfile" || base == "containerfile" || ext == ".dockerfile" || ext == ".containerfile" || templateExt[ext]
		return plain && beginsLine(src, "FROM ")
	}
	found := false
	for i := range d.Instructions {
		in := &d.Instructions[i]
		if in.Cmd == "from" || in.Cmd == "arg" {
			found = true
		} else if !dockerfileCommands[in.Cmd] && !template.Sniff([]byte(in.Text)) && !strings.HasPrefix(in.Text, "{#") {
			return false
		}
	}
	return found
}

// withoutTemplateExt returns base without the extension of a template.
func withoutTemplateExt(base string) string {
	if ext := path.Ext(base); templateExt[ext] {
		return strings.TrimSuffix(base, ext)
	}
	return base
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

// beginsLine reports whether a line of src begins with word in any case,
// after blanks.
func beginsLine(src []byte, word string) bool {
	for line := range bytes.Lines(src) {
		line = bytes.TrimLeft(line, " \t")
		if len(line) >= len(word) && strings.EqualFold(string(line[:len(word)]), word) {
			return true
		}
	}
	return false
}

// dockerfileCommands are all instructions.
// Source: https://docs.docker.com/reference/dockerfile/
var dockerfileCommands = set("add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir")

// A dockerScan is the scan of one Dockerfile.
type dockerScan struct {
	in        Input
	d         *dockerfile.File
	out       ScanResult
	explained []bool // by mark

	seen     map[string]bool                 // the occurrences so far, by the spans of their pieces
	pieces   []edit.Span                     // of the occurrences so far, sorted
	comments map[*dockerfile.Instruction]int // results of shellComment

	builtHere map[string]bool // see detector.addCommandImage
	cut       []edit.Span     // values of ARG and ENV of which a pattern cuts a part

	fromVariables map[string]bool // see beginsFrom

	computesStages *bool // see mayComputeStages; nil if it is not known
}

func scanDockerfile(in Input) (ScanResult, error) {
	d, err := dockerfile.Parse(in.Src)
	if err != nil {
		return scanFallbackText(in), nil
	}
	s := &dockerScan{in: in, d: d, explained: make([]bool, len(in.Marks)), seen: map[string]bool{}, comments: map[*dockerfile.Instruction]int{}}
	s.findCut()
	s.syntaxDirective()
	s.images()
	for i := range d.Instructions {
		s.references(&d.Instructions[i])
	}
	for _, line := range d.Heredocs {
		s.heredoc(line)
	}
	if s.hasMarkOutsideFrom() {
		s.out.Mappings = mappingsOfFile(Scripts, string(in.Src), in.Marks)
	}
	for i := range in.Marks {
		if !s.explained[i] {
			s.mark(i)
		}
	}
	sort.SliceStable(s.out.Occurrences, func(i, j int) bool {
		return s.out.Occurrences[i].Pieces[0].Span.Start < s.out.Occurrences[j].Pieces[0].Span.Start
	})
	sort.Slice(s.out.Contexts, func(i, j int) bool { return s.out.Contexts[i].Mark.Start < s.out.Contexts[j].Mark.Start })
	return s.out, nil
}

// hasMarkOutsideFrom reports whether a mark is outside of all FROM instructions, which map
// no name to another one. A command that maps an old name has a mark, too.
func (s *dockerScan) hasMarkOutsideFrom() bool {
	inFrom := 0
	for i := range s.d.Instructions {
		x := &s.d.Instructions[i]
		if x.Cmd != "from" || x.OnBuild {
			continue
		}
		if span, ok := x.Map.Enclosing(0, len(x.Text)); ok && bytes.IndexByte(s.in.Src[span.Start:span.End], '\n') < 0 {
			inFrom += len(s.marksIn(span))
		}
	}
	return inFrom < len(s.in.Marks)
}

// add adds an occurrence, which explains the marks in its pieces. It returns
// false, and does nothing, if a piece overlaps another one, or if a mark is in
// a comment between the lines of a piece.
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
		if s.isCut(span) {
			o.Keep, o.Note = Conflict, cutNote
		}
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
			s.explained[j] = true
		}
	}
	s.out.Occurrences = append(s.out.Occurrences, o)
	return true
}

// pieceAt returns the index of span in s.pieces, or where to insert it, and
// whether it is there.
func (s *dockerScan) pieceAt(span edit.Span) (int, bool) {
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].Start >= span.Start })
	return i, i < len(s.pieces) && s.pieces[i] == span
}

// overlaps reports whether span has a byte in common with another piece.
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

// context explains the mark with index i by c.
func (s *dockerScan) context(i int, c Context) {
	c.Mark = s.in.Marks[i]
	s.explained[i] = true
	s.out.Contexts = append(s.out.Contexts, c)
}

// verifyDockerfile accepts edits of a file that BuildKit's parser does not
// accept: see scanFallbackText.
func verifyDockerfile(c Change) error {
	if _, err := dockerfile.Parse(c.Before); err != nil {
		return nil
	}
	return dockerfile.Verify(c.Before, c.Edits)
}

// HasDockerfileWord reports whether the name of the file contains dockerfile or
// containerfile, in any case. The file may still be of another format.
func HasDockerfileWord(file string) bool {
	base := strings.ToLower(path.Base(file))
	return strings.Contains(base, "dockerfile") || strings.Contains(base, "containerfile")
}
