package rewrite

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

var (
	// pushCommand matches a command that writes to a registry.
	pushCommand = regexp.MustCompile(`\b(?:docker|podman|nerdctl|buildah|crane|helm|oras|flux|img)\s[^|;&]*\bpush\b|\s--push\b|\s--destination[=\s]`)
	// buildArgument matches what is before the value of an argument of a build, which
	// is pulled.
	buildArgument = regexp.MustCompile(`--build-(?:arg|context)[= ]["']?\w+=["']?$`)
	// copyCommand matches a command that writes to the last of its references.
	copyCommand = regexp.MustCompile(`\b(?:skopeo|crane|regctl|oras)\s(?:image\s)?(?:copy|cp|sync)\b`)
)

// pushAdvice returns advice about references that move and to which a command
// pushes: a mirror may not accept pushes, and the login before the command
// still names the old registry.
func (p *planner) pushAdvice() []Advice {
	var out []Advice
	lines := map[string]*edit.Lines{}
	for m := range movingMembers(p.groups) {
		if !p.isPushed(m) {
			continue
		}
		piece := &m.occ.Pieces[0]
		if lines[piece.Path] == nil {
			lines[piece.Path] = edit.NewLines(p.files.at(piece.Path).file.Before)
		}
		a := Advice{Path: piece.Path, Ref: m.occ.Text(), Text: "This command pushes to the registry. Check that the new registry accepts pushes (a mirror may not), and log in to it before the command."}
		if m.occ.IsPushed {
			a.Text = strings.ReplaceAll(a.Text, "command", "step")
		}
		a.Line, _ = lines[piece.Path].Position(piece.Span.Start)
		out = append(out, a)
	}
	return out
}

// isPushed reports whether a step or a command pushes to the reference m.
func (p *planner) isPushed(m *member) bool {
	piece := &m.occ.Pieces[0]
	f := p.files.at(piece.Path)
	return f != nil && (m.occ.IsPushed || !m.occ.IsImage && isPushed(f.file.Before, piece.Span))
}

// isPushed reports whether the command that contains the reference at the span
// ref writes to this reference.
func isPushed(src []byte, ref edit.Span) bool {
	before, after := commandAround(src, ref)
	if !mayPush(before) && !mayPush(after) || buildArgument.Match(before) {
		return false
	}
	command := slices.Concat(before, src[ref.Start:ref.End], after)
	return pushCommand.Match(command) || copyCommand.Match(before) && !bytes.ContainsRune(after, '/')
}

// mayPush reports whether a part of a command has a word that one of the patterns needs: they
// are slow, and a file can have thousands of references.
func mayPush(part []byte) bool {
	for _, word := range []string{"push", "--destination", "copy", "cp", "sync"} {
		if bytes.Contains(part, []byte(word)) {
			return true
		}
	}
	return false
}

// maxCommand is the number of bytes of a command that are searched on each side
// of a reference. It bounds the time for a file with a reference on each line.
const maxCommand = 1 << 10

// commandAround returns the text before and after the span at of the command
// that contains it. A command is one line, or several lines, each of which ends with
// a backslash, except the last.
func commandAround(src []byte, at edit.Span) (before, after []byte) {
	from := max(0, at.Start-maxCommand)
	src = src[from:min(len(src), at.End+maxCommand)]
	at = edit.Span{Start: at.Start - from, End: at.End - from}
	start := bytes.LastIndexByte(src[:at.Start], '\n') + 1
	for start > 0 {
		before := bytes.TrimRight(src[:start], "\r\n")
		if !bytes.HasSuffix(before, []byte(`\`)) {
			break
		}
		start = bytes.LastIndexByte(before, '\n') + 1
	}
	end := at.End
	for {
		n := bytes.IndexByte(src[end:], '\n')
		if n < 0 {
			return src[start:at.Start], src[at.End:]
		}
		line := bytes.TrimRight(src[start:end+n], "\r")
		end += n
		if !bytes.HasSuffix(line, []byte(`\`)) {
			return src[start:at.Start], src[at.End:end]
		}
		end++
	}
}
