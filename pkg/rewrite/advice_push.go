package rewrite

import (
	"bytes"
	"iter"
	"regexp"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// pushCommand matches a command that writes to a registry, copies one that writes
// to the last of the references that it names.
var (
	pushCommand = regexp.MustCompile(`\b(?:docker|podman|nerdctl|buildah|crane|helm|oras|flux|img)\s[^|;&]*\bpush\b|\s--push\b|\s--destination[=\s]`)
	copyCommand = regexp.MustCompile(`\b(?:skopeo|crane|regctl|oras)\s(?:image\s)?(?:copy|cp|sync)\b`)
)

// pushed is advice on the references that move in a command that pushes to
// them: a mirror takes no push, and the login before it, which names the old
// registry, is kept.
func (g *gatherer) pushed(groups []*group) []Advice {
	var out []Advice
	lines := map[string]*edit.Lines{}
	for m := range rewrittenMembers(groups) {
		p := &m.occ.Pieces[0]
		c := g.candidate(p.Path)
		if c == nil || m.occ.IsImage || !isPushed(c.file.Before, p.Span) {
			continue
		}
		if lines[p.Path] == nil {
			lines[p.Path] = edit.NewLines(c.file.Before)
		}
		a := Advice{Path: p.Path, Ref: m.occ.Text(), Text: "This command writes to the registry: see that the new one takes it, which a mirror may not, and that the login before it is for the new one."}
		a.Line, _ = lines[p.Path].Position(p.Span.Start)
		out = append(out, a)
	}
	return out
}

// rewrittenMembers goes over the references that move.
func rewrittenMembers(groups []*group) iter.Seq[*member] {
	return func(yield func(*member) bool) {
		for _, x := range groups {
			for i := range x.members {
				if m := &x.members[i]; m.matched && x.moves() && !yield(m) {
					return
				}
			}
		}
	}
}

// isPushed reports whether the command around at writes to the reference there.
func isPushed(src []byte, at edit.Span) bool {
	before, after := commandAround(src, at)
	all := slices.Concat(before, src[at.Start:at.End], after)
	return pushCommand.Match(all) || copyCommand.Match(before) && !bytes.ContainsRune(after, '/')
}

// maxCommand is how many bytes of a command are looked at on either side of a
// reference: there may be one on each of very many lines.
const maxCommand = 1 << 10

// commandAround returns what stands before and behind at on the lines that are one
// command: those before it that end with a backslash, and those after it while
// they do.
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
