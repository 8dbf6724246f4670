package chart

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepAfterText keeps the short names in the values files before which the text of
// the templates has a registry or a path: {{ .Values.global.registry }}/{{
// .Values.image }}. Such a name is not an image of Docker Hub by itself; it is a likely
// one if the text begins with Docker Hub, or with a namespace there. The text decides where no
// rendering does: known has the groups that renderings of the chart show, and printed
// what all charts print.
func (c *chart) keepAfterText(known []link.Group, printed *printedRefs, move link.MoveFunc) []link.Group {
	var shown map[link.PieceID]bool
	var groups []link.Group
	c.eachKeyNamed(func(o *format.Occurrence) {
		x, ok := c.shortName(o, move)
		if !ok {
			return
		}
		if shown == nil {
			shown = maps.Clone(printed.moving)
			for i := range known {
				addPieces(shown, known[i].Occurrences)
			}
			if x := printed.of[c]; x != nil { // keepPrefixed decides
				for id := range c.surroundings(x.files) {
					shown[id] = true
				}
			}
		}
		if shown[link.IDOf(&o.Pieces[0])] {
			return
		}
		if text, _ := move.NewText(x); isPath(text) {
			return // the rule changes the name alone, which may follow any mirror of Docker Hub
		}
		why, isHub := c.textBefore(o)
		switch {
		case why == "":
		case isHub:
			groups = append(groups, link.Group{Occurrences: []format.Occurrence{c.withNamespace(x)}, Keep: format.LikelyImage, Why: why})
		default:
			groups = append(groups, link.Group{Occurrences: []format.Occurrence{*x}, Keep: format.DifferentName, Why: why})
		}
	})
	return groups
}

// shortName returns o as a certain image, if it is a certain or likely image
// with one piece and a rule for Docker Hub moves it.
func (c *chart) shortName(o *format.Occurrence, move link.MoveFunc) (*format.Occurrence, bool) {
	if o.Unconfirmed || len(o.Pieces) != 1 || !o.IsImage && !o.LikelyImage || !isPath(o.Text()) {
		return nil, false
	}
	x := *o
	x.IsImage = true
	return &x, move.Moves(&x)
}

// textBefore says what the templates print before the value o: the template and
// its text. It returns "" if a template prints the value in another way, or none
// does. isHub reports that this may be a part of Docker Hub.
func (c *chart) textBefore(o *format.Occurrence) (why string, isHub bool) {
	uses, dir := c.usesAfterText(o)
	if len(uses) == 0 {
		return "", false
	}
	for i := range uses {
		isHub = isHub || c.mayBeHub(uses[i].before, dir)
	}
	return uses[0].String(), isHub
}

// usesAfterText returns the uses of the value o after other text, and the folder of
// the chart whose values the text may print. It returns nil if a template prints the
// value in another way, or none does.
func (c *chart) usesAfterText(o *format.Occurrence) (all []textUse, dir string) {
	field := o.Field(0)
	if strings.ContainsAny(field, `["|`) {
		return nil, ""
	}
	dir, at := c.innermost(path.Dir(o.Pieces[0].Path)), strings.Split(strings.TrimPrefix(field, "."), ".")
	for {
		uses, ok := c.textUses(path.Join(dir, "templates"), at)
		if !ok {
			return nil, ""
		}
		all = append(all, uses...)
		sub, isSub := c.subchart(c.within(dir), at[0])
		if !isSub || len(at) == 1 {
			break
		}
		dir, at = c.path(sub), at[1:]
	}
	if len(all) == 0 && at[0] == "global" { // all charts of a release share it
		uses, ok := c.textUses(".", at)
		if !ok {
			return nil, ""
		}
		all = uses
	}
	return all, dir
}

// mayBeHub reports whether the text before a value, of a template of the chart in the
// folder dir, may begin with the host of Docker Hub or with a namespace there: because
// the templates or a values file have it.
func (c *chart) mayBeHub(before, dir string) bool {
	first := templateAction.FindString(before)
	if !strings.HasPrefix(before, first) || first == "" {
		return isHubHost(before)
	}
	m := valuePath.FindStringSubmatch(first)
	if m == nil {
		return false
	}
	at := strings.Split(strings.TrimPrefix(m[1], "."), ".")
	isRegistry := namesRegistry.MatchString(at[len(at)-1])
	mayBe := func(p format.Piece, ok bool) bool {
		// One word for a registry is a placeholder, and no namespace: registry: test.
		// Without a value, the text begins with a slash: somebody has to set it.
		return ok && p.Text != "" && isHubHost(p.Text) && (!isRegistry || !isPath(p.Text))
	}
	p, isSet := c.scalar(path.Join(dir, "values.yaml"), at)
	if mayBe(p, isSet) || !strings.HasSuffix(before, "/") && (!isSet || p.Text == "") {
		return true // without a registry, the name is on Docker Hub
	}
	return slices.ContainsFunc(c.valuesFileNames(nil), func(file string) bool {
		p, _, ok := c.value(at, file)
		return mayBe(p, ok)
	})
}

// isHubHost reports whether the first component of text is a host of Docker Hub, or no
// host: a namespace.
func isHubHost(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	return image.CanonicalHost(host) == image.DockerHub || isPath(host) && !image.IsHost(host) && !strings.Contains(host, ".")
}

// innermost returns the folder of the chart that contains the folder dir.
func (c *chart) innermost(dir string) string {
	for dir != c.dir && dir != "." && c.parse(path.Join(dir, "Chart.yaml")) == nil {
		dir = path.Dir(dir)
	}
	return dir
}

// A textUse is a use of a value in a template, after other text.
type textUse struct {
	template string
	line     int
	before   string // the text before the value
}

// String says where the text is, and what it is.
func (u *textUse) String() string {
	return fmt.Sprintf("%s:%d prints %s before this value", u.template, u.line, u.before)
}

// textUses returns the uses of the value at a path in the templates in folder. It is
// false if a template uses the value in another way than after a slash or a registry.
func (c *chart) textUses(folder string, at []string) (all []textUse, ok bool) {
	uses := valueUse(at)
	for _, name := range c.tree.NamesUnder(folder) {
		src := c.templateSource(name)
		if !strings.Contains(src, at[len(at)-1]) {
			continue
		}
		for _, m := range templateAction.FindAllStringSubmatchIndex(src, -1) {
			body := src[m[2]:m[3]]
			if !uses.MatchString(body) || printsNoValue.MatchString(body) {
				continue
			}
			before, follows := lineBefore(src, m[0])
			if text, ok := printfBefore(body, uses); ok {
				before, follows = text, true
			} else if !follows || buildsText.MatchString(body) {
				return nil, false
			}
			line, _ := edit.NewLines([]byte(src)).Position(m[0])
			all = append(all, textUse{name, line, before})
		}
	}
	return all, true
}

// printfBefore returns the text that printf prints before the value that uses matches, in
// the action body: {{ .Values.registry }}/ for printf "%s/%s" .Values.registry .Values.name.
// It is false for other actions, and unless the text ends with a slash.
func printfBefore(body string, uses *regexp.Regexp) (string, bool) {
	m := printfAction.FindStringSubmatch(body)
	if m == nil {
		return "", false
	}
	texts, args := strings.Split(m[1], "%s"), strings.Fields(m[2])
	at := slices.IndexFunc(args, uses.MatchString)
	if at < 0 || len(texts) != len(args)+1 || strings.Contains(m[1], "%%") {
		return "", false
	}
	before := ""
	for i := range at + 1 {
		if i > 0 {
			before += "{{ " + args[i-1] + " }}"
		}
		before += texts[i]
	}
	return before, strings.HasSuffix(before, "/") && before != "/"
}

// printfAction matches an action that prints values by a format.
var printfAction = regexp.MustCompile(`^printf\s+"([^"\\]*)"((?:\s+\$?\.[.\w]+)+)$`)

var (
	openingAction  = regexp.MustCompile(`^(?:\{\{-?\s*(?:define|block|if|else|with|range|end)\b[^}]*\}\})+`)
	templateAction = regexp.MustCompile(`(?s)\{\{-?\s*(.*?)\s*-?\}\}`)
	namesRegistry  = regexp.MustCompile(`(?i)registry|mirror`)
	registryAction = regexp.MustCompile(`\{\{-?\s*\$?\.Values(?:\.\w+)*\.(?i:\w*registry\w*)\s*-?\}\}$`)
	valuePath      = regexp.MustCompile(`\.Values((?:\.\w+)+)`)

	// printsNoValue matches conditions, comments, and actions that print a checksum or
	// a part of a value.
	printsNoValue = regexp.MustCompile(`^(?:if|else if|/\*)|\b(?:regex\w+|sha\d+sum|adler32sum|trunc|split\w*|semver|len)\b`)

	// buildsText matches actions of which the value is not the only output.
	buildsText = regexp.MustCompile(`:=|\b(?:printf|print|println|cat|join|include|template|tpl|dict|list|with|range|ternary|coalesce)\b`)
)

// lineBefore returns the text of the line of src that ends at the offset end, from
// the last space or quote on. It is false if it does not end with a slash after a
// name or an action, or with an action that prints the value of a registry key.
func lineBefore(src string, end int) (string, bool) {
	line := src[strings.LastIndexByte(src[:end], '\n')+1 : end]
	if !registryAction.MatchString(line) && (len(line) < 2 || line[len(line)-1] != '/' || strings.IndexByte(" \t\"'/", line[len(line)-2]) >= 0) {
		return "", false
	}
	from := 0 // spaces and quotes in actions do not end the text
	for depth, i := 0, len(line)-1; i >= 0; i-- {
		switch {
		case strings.HasSuffix(line[:i+1], "}}"):
			depth++
			i--
		case depth > 0 && strings.HasSuffix(line[:i+1], "{{"):
			depth--
			i--
		case depth == 0 && strings.IndexByte(" \t\"'", line[i]) >= 0:
			from, i = i+1, 0
		}
	}
	return openingAction.ReplaceAllString(line[from:], ""), true
}

// valueUse returns an expression that matches a use of the value at a path:
// .Values.image.name, index .Values "image" "name".
func valueUse(at []string) *regexp.Regexp {
	var forms []string
	for i := range len(at) + 1 {
		form := `\.Values`
		for _, key := range at[:i] {
			form += `\.` + regexp.QuoteMeta(key)
		}
		if i < len(at) {
			form = `\bindex\s+\(?\$?` + form
			for _, key := range at[i:] {
				form += `\)?\s+"` + regexp.QuoteMeta(key) + `"`
			}
		} else {
			form += `(?:[^\w.]|$)`
		}
		forms = append(forms, form)
	}
	return regexp.MustCompile(strings.Join(forms, "|"))
}

// templateSource returns the text of the template at name.
func (c *chart) templateSource(name string) string {
	src, known := c.sources[name]
	if known || c.tree.ReadFile == nil || !isTemplate(name) {
		return src
	}
	if c.sources == nil {
		c.sources = map[string]string{}
	}
	src = string(c.tree.ReadFile(name))
	c.sources[name] = src
	return src
}
