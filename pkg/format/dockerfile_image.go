package format

import (
	"maps"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// images adds the images in FROM and --from, and those that reach a FROM
// through the ARGs before the first FROM.
func (s *dockerScan) images() {
	var args dockerfile.Args
	all := map[string]bool{}    // the names of all stages
	before := map[string]bool{} // the names of the stages above
	maps.Copy(all, s.in.contexts)
	maps.Copy(before, s.in.contexts)
	for i := range s.d.Instructions {
		if in := &s.d.Instructions[i]; in.Cmd == "from" && in.Stage != "" {
			all[in.Stage] = true
		}
	}
	started := false
	for i := range s.d.Instructions {
		in := &s.d.Instructions[i]
		switch in.Cmd {
		case "arg":
			if !started && !in.OnBuild {
				args = append(args, in.Defaults()...)
				s.argActions(in)
			}
		case "from":
			started = true
			s.from(in, args, before)
			if in.Stage != "" {
				before[in.Stage] = true
			}
		case "copy", "add", "run":
			for _, flag := range in.Flags {
				s.flag(in, flag, all)
			}
		}
	}
}

// from adds the image of a FROM: one occurrence for each value that the
// defaults of variables give it.
func (s *dockerScan) from(in *dockerfile.Instruction, args dockerfile.Args, stages map[string]bool) {
	place := placeOf(in, "FROM")
	if word, ok := in.Image(); ok {
		if name, hasAction := templateWord(in, word.Start); hasAction {
			s.actionImages(name, place)
		}
	}
	if name, ok := templatedImage(in); ok {
		isText := actionLength(name.Text) == 0
		if !isText {
			s.templateTexts(name, place)
		}
		if pieces := piecesOf([]dockerfile.Fragment{name}); pieces != nil {
			s.add(Occurrence{Pieces: pieces, Place: place, IsImage: isText})
		}
		return
	}
	word, ok := in.Image()
	if !ok {
		return
	}
	parts := in.Parts(word)
	found := false
	for _, value := range args.Expand(parts) {
		if isNoImage(dockerfile.Join(value), stages) {
			found = true
			continue
		}
		if pieces := piecesOf(value); pieces != nil {
			found = s.add(s.stageOrImage(Occurrence{Pieces: pieces, Place: place, IsImage: true})) || found
		} else if pieces := partsOfFirst(value); pieces != nil {
			found = s.add(Occurrence{Pieces: pieces, Place: place, IsImage: true, Keep: Conflict, Note: "variables make up the registry or the namespace: change them by hand"}) || found
		}
	}
	if !found {
		found = s.afterEmpty(args.WithoutEmpty(parts), len(parts), place, args)
	}
	if found {
		return
	}
	// The variables remain as written: k8s.gcr.io/pause-${ARCH}.
	if pieces := piecesOf(dockerfile.Literal(parts)); pieces != nil {
		s.add(Occurrence{Pieces: pieces, Place: place, IsImage: true})
	}
}

// afterEmpty adds the image in the end of a FROM, after variables that are empty by
// default. all is the number of parts with the variables. A name without a domain is a
// likely image, because the variables may hold a registry.
func (s *dockerScan) afterEmpty(parts []dockerfile.Part, all int, place Place, args dockerfile.Args) (found bool) {
	if len(parts) == all || len(parts) == 0 {
		return false
	}
	for _, value := range args.Expand(parts) {
		name := dockerfile.Join(value)
		pieces := piecesOf(value)
		if pieces == nil || !isAlnum(name[0]) {
			continue
		}
		o := Occurrence{Pieces: pieces, Place: place, IsImage: true}
		switch r, _ := image.Parse(name); {
		case r.Domain == "":
			o.IsImage, o.LikelyImage, o.AfterVariable, o.Note = false, true, true, mayHoldRegistry
			o.IsUntagged = r.Tag == "" && r.Digest == ""
		case parts[0].Name == "":
			continue // the variable may hold the start of the host
		}
		found = s.add(o) || found
	}
	return found
}

// isNoImage reports whether name is scratch, a stage, or the number of a stage.
func isNoImage(name string, stages map[string]bool) bool {
	return strings.EqualFold(name, "scratch") || stages[strings.ToLower(name)] || strings.Trim(name, "0123456789") == ""
}

// flag adds the image of a --from=… or a --mount=…,from=…. BuildKit does not
// expand variables there.
func (s *dockerScan) flag(in *dockerfile.Instruction, word edit.Span, stages map[string]bool) {
	flag := in.Flag(word)
	start, end := len("--from="), len(flag.Text)
	label := " --from"
	if mount, ok := strings.CutPrefix(flag.Text, "--mount="); ok {
		label = " --mount"
		i := strings.Index(","+mount, ",from=")
		if i < 0 || strings.Contains(mount, `"`) {
			return
		}
		start = len("--mount=") + i + len("from=")
		if j := strings.IndexByte(flag.Text[start:], ','); j >= 0 {
			end = start + j
		}
	} else if !strings.HasPrefix(flag.Text, "--from=") {
		return
	}
	if word, hasAction := templateWord(in, word.Start+start); hasAction && label == " --from" {
		s.actionImages(word, placeOf(in, strings.ToUpper(in.Cmd)+label))
		return
	}
	value := flag.Slice(start, end)
	if strings.Contains(value.Text, "$") || isNoImage(value.Text, stages) {
		return
	}
	if in.OnBuild && !strings.ContainsAny(value.Text, "/:@") {
		return // it may be a stage of the file that inherits the ONBUILD
	}
	if pieces := piecesOf([]dockerfile.Fragment{value}); pieces != nil {
		s.add(s.stageOrImage(Occurrence{Pieces: pieces, Place: placeOf(in, strings.ToUpper(in.Cmd)+label), IsImage: true}))
	}
}

// piecesOf returns the pieces of a value, nil if its domain cannot be edited: a
// variable comes first, or two fragments meet inside a path component that may
// be the domain. It omits a tag or digest that has fragments of its own.
func piecesOf(value []dockerfile.Fragment) []Piece {
	name := dockerfile.Join(value)
	first, _, more := strings.Cut(name, "/")
	switch {
	case !isReference(name), name[0] == '$', more && strings.Contains(first, "$"):
		return nil // a variable may hold a host
	case image.IsHost(name) && !strings.Contains(name, ":"):
		return nil // but x:1 is a name and a tag here
	}
	var out []Piece
	before := ""
	for i, f := range value {
		if i > 0 && beginsTag(f.Text, before, dockerfile.Join(value[i:])) {
			break
		}
		before += f.Text
		if len(out) > 0 {
			last := &out[len(out)-1]
			switch {
			case f.Text[0] == '/':
				last.Sep = "/"
				if f = f.Slice(1, len(f.Text)); f.Text == "" {
					continue
				}
			case last.Sep == "" && !strings.HasSuffix(last.Text, "/") && len(out) == 1:
				return nil
			}
		}
		out = append(out, Piece{Text: f.Text, Map: f.Map, Role: Repository})
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

// partsOfFirst returns the pieces of a value whose first path component several fragments
// make up, as in ${HOST}.io/name: no edit of one of them moves the image. It returns nil
// for other values.
func partsOfFirst(value []dockerfile.Fragment) []Piece {
	name := dockerfile.Join(value)
	first, _, more := strings.Cut(name, "/")
	if !isReference(name) || !more || strings.Contains(first, "$") || len(value) < 2 || len(value[0].Text) >= len(first) {
		return nil
	}
	var out []Piece
	before := ""
	for i, f := range value {
		if i > 0 && beginsTag(f.Text, before, dockerfile.Join(value[i:])) {
			break
		}
		before += f.Text
		out = append(out, Piece{Text: f.Text, Map: f.Map, Role: Repository})
	}
	if out[0].Role = Whole; hasDomain(name) {
		out[0].Role = Registry
	}
	return out
}

// beginsTag reports whether text, which comes after before in a name, begins
// its tag or digest. A colon in the first path component may also begin a port;
// rest is text and what comes after it.
func beginsTag(text, before, rest string) bool {
	return text[0] == '@' || text[0] == ':' && (strings.Contains(before, "/") || !strings.Contains(rest, "/"))
}

// placeOf returns the place of a part of in for a report.
func placeOf(in *dockerfile.Instruction, field string) Place {
	if in.OnBuild {
		field = "ONBUILD " + field
	}
	p := Place{Field: field}
	if in.Stage != "" {
		p.Object = "stage " + in.Stage
	}
	return p
}

// syntaxDirective adds the image of BuildKit's frontend.
func (s *dockerScan) syntaxDirective() {
	name, ok := dockerfile.SyntaxDirective(s.in.Src)
	if !ok {
		return
	}
	if pieces := piecesOf([]dockerfile.Fragment{name}); pieces != nil {
		s.add(Occurrence{Pieces: pieces, Place: Place{Field: "syntax"}, IsImage: true})
	}
}
