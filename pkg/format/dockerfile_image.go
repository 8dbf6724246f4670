package format

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// images adds the images that the file names as such: FROM, --from, and
// what reaches a FROM through the ARGs before the first one.
func (s *dockerScan) images() {
	var args arguments
	all := map[string]bool{} // the names of all stages
	for i := range s.d.instructions {
		if in := &s.d.instructions[i]; in.cmd == "from" && in.stage != "" {
			all[in.stage] = true
		}
	}
	before := map[string]bool{} // the names of the stages above
	started := false
	for i := range s.d.instructions {
		in := &s.d.instructions[i]
		switch in.cmd {
		case "arg":
			if !started && !in.onbuild {
				args = append(args, s.arguments(in)...)
			}
		case "from":
			started = true
			s.from(in, args, before)
			if in.stage != "" {
				before[in.stage] = true
			}
		case "copy", "add", "run":
			for _, flag := range in.flags {
				s.flag(in, flag, all)
			}
		}
	}
}

// arguments returns the ARGs of in that have a default.
func (s *dockerScan) arguments(in *instruction) arguments {
	var out arguments
	for at := in.args; ; {
		w := nextWord(in.text, at, s.d.escape)
		if at = w.end; w.start == w.end {
			return out
		}
		i := strings.IndexByte(in.text[w.start:w.end], '=')
		if i < 0 {
			continue
		}
		out = append(out, argument{
			name:  in.text[w.start : w.start+i],
			value: placed(in.parse(word{w.start + i + 1, w.end}, s.d.escape), in.m),
		})
	}
}

// placed returns parts with maps that lead to the file.
func placed(parts []part, m edit.Map) []part {
	for i := range parts {
		parts[i].m = parts[i].m.Compose(m)
		parts[i].or = placed(parts[i].or, m)
	}
	return parts
}

// from adds the image of a FROM. Of a name that variables make up every way
// in which the file itself makes it up counts.
func (s *dockerScan) from(in *instruction, args arguments, stages map[string]bool) {
	words := fields(in.text, in.args)
	if len(words) == 0 || in.node.Next == nil || in.text[words[0].start:words[0].end] != in.node.Next.Value {
		return
	}
	parts := placed(in.parse(words[0], s.d.escape), in.m)
	place := in.place("FROM")
	found := false
	for _, segments := range args.expand(parts) {
		if isNoImage(join(segments), stages) {
			found = true
			continue
		}
		if pieces := piecesOf(segments); pieces != nil {
			found = s.add(Occurrence{Pieces: pieces, Place: place, IsImage: true}) || found
		}
	}
	if found {
		return
	}
	// With its variables as they stand: k8s.gcr.io/pause-${ARCH}.
	if pieces := piecesOf(unexpanded(parts)); pieces != nil {
		s.add(Occurrence{Pieces: pieces, Place: place, IsImage: true})
	}
}

// isNoImage reports whether name is scratch, a stage, or the number of one.
func isNoImage(name string, stages map[string]bool) bool {
	return strings.EqualFold(name, "scratch") || stages[strings.ToLower(name)] || strings.Trim(name, "0123456789") == ""
}

// flag adds the image in a --from=… or a --mount=…,from=…. BuildKit takes no
// variables there.
func (s *dockerScan) flag(in *instruction, flag word, stages map[string]bool) {
	decoded := in.unquote(flag, s.d.escape)
	decoded.m = decoded.m.Compose(in.m)
	start, end := len("--from="), len(decoded.text)
	label := " --from"
	if mount, ok := strings.CutPrefix(decoded.text, "--mount="); ok {
		label = " --mount"
		i := strings.Index(","+mount, ",from=")
		if i < 0 || strings.Contains(mount, `"`) {
			return
		}
		start = len("--mount=") + i + len("from=")
		if j := strings.IndexByte(decoded.text[start:], ','); j >= 0 {
			end = start + j
		}
	} else if !strings.HasPrefix(decoded.text, "--from=") {
		return
	}
	value := decoded.cut(start, end)
	if strings.Contains(value.text, "$") || isNoImage(value.text, stages) {
		return
	}
	if in.onbuild && !hasDomain(value.text) {
		return // a stage of a file that is not here, perhaps
	}
	if pieces := piecesOf([]segment{value}); pieces != nil {
		s.add(Occurrence{Pieces: pieces, Place: in.place(strings.ToUpper(in.cmd) + label), IsImage: true})
	}
}

// piecesOf turns the segments of a name into pieces, nil when they are not
// ones whose domain can be edited: a variable stands first, or one segment
// ends in the middle of the component that the next begins with, and that
// may be the domain. A tag or digest in segments of its own is left out.
func piecesOf(segments []segment) []Piece {
	name := join(segments)
	first, _, more := strings.Cut(name, "/")
	switch {
	case !isReference(name), name[0] == '$', more && strings.Contains(first, "$"):
		return nil // perhaps a variable brings a host
	case image.IsHost(name) && !strings.Contains(name, ":"):
		return nil // x:1 is a name and a tag here
	}
	var out []Piece
	before := ""
	for i, g := range segments {
		if i > 0 && (g.text[0] == '@' || g.text[0] == ':' && (strings.Contains(before, "/") || !strings.Contains(join(segments[i:]), "/"))) {
			break
		}
		before += g.text
		if len(out) > 0 {
			last := &out[len(out)-1]
			switch {
			case g.text[0] == '/':
				last.Sep = "/"
				if g = g.cut(1, len(g.text)); g.text == "" {
					continue
				}
			case last.Sep == "" && !strings.HasSuffix(last.Text, "/") && len(out) == 1:
				return nil
			}
		}
		out = append(out, Piece{Text: g.text, Map: g.m, Role: Repository})
	}
	out[len(out)-1].Sep = ""
	switch first := &out[0]; {
	case len(out) == 1:
		first.Role = Whole
		if !isReference(first.Text) {
			return nil
		}
	case image.IsHost(strings.TrimSuffix(first.Text, "/")) || hasDomain(strings.TrimSuffix(first.Text, "/")):
		first.Role = Registry
	}
	return out
}

// join returns the text that segments make up.
func join(segments []segment) string {
	var b strings.Builder
	for _, g := range segments {
		b.WriteString(g.text)
	}
	return b.String()
}

// place returns where in is, for a report.
func (in *instruction) place(field string) Place {
	if in.onbuild {
		field = "ONBUILD " + field
	}
	p := Place{Field: field}
	if in.stage != "" {
		p.Object = "stage " + in.stage
	}
	return p
}

// syntaxDirective adds the image of BuildKit's frontend, which a comment at
// the top names: `# syntax=docker/dockerfile:1`.
// Source: https://docs.docker.com/reference/dockerfile/#syntax
func (s *dockerScan) syntaxDirective() {
	name, _, location, ok := parser.DetectSyntax(s.in.Src)
	lines := lineSpans(s.in.Src)
	if !ok || len(location) == 0 || location[0].Start.Line < 1 || location[0].Start.Line > len(lines) {
		return
	}
	span := lines[location[0].Start.Line-1]
	line := string(s.in.Src[span.Start:span.End])
	at := strings.Index(line, "=") + 1
	for at < len(line) && isBlank(line[at]) {
		at++
	}
	if !strings.HasPrefix(strings.TrimLeft(line, "\uFEFF"), "#") || !strings.HasPrefix(line[at:], name) {
		return
	}
	if pieces := piecesOf([]segment{{name, edit.Identity(span.Start+at, len(name))}}); pieces != nil {
		s.add(Occurrence{Pieces: pieces, Place: Place{Field: "syntax"}, IsImage: true})
	}
}
