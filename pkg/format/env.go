package format

import (
	"bytes"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Env is a file of lines NAME=VALUE: an environment, Java properties, an INI
// file, a unit of systemd. Lines of any other form have no occurrences.
var Env = &Format{
	Name:   "env",
	Doc:    "lines of NAME=VALUE: .env, .properties, .ini, .conf, systemd units",
	Detect: isEnv,
	Scan:   scanEnv,
	Verify: verifyEnv,
}

// A dialect is a form of lines NAME=VALUE.
type dialect uint8

const (
	noEnv      dialect = iota
	dotenv             // quotes around a value, comments behind it
	properties         // name=value, name: value, name value; no quotes; ! begins a comment too
	ini                // as dotenv, in [sections]; ; begins a comment too
	unit               // of systemd: as ini, without comments behind a value; quotes belong to it
)

var envExt = map[string]dialect{
	".env": dotenv, ".properties": properties, ".ini": ini, ".conf": ini, ".cfg": ini,
	".service": unit, ".socket": unit, ".timer": unit, ".container": unit, ".kube": unit, ".pod": unit, ".image": unit, ".volume": unit,
}

// dialectOf goes by the name alone. Files called .conf are of systemd in the
// folders that it reads additions to its units from.
func dialectOf(name string) dialect {
	base := strings.ToLower(path.Base(name))
	d := envExt[path.Ext(base)]
	switch {
	case base == ".env" || strings.HasPrefix(base, ".env."):
		return dotenv
	case d == ini && strings.HasSuffix(path.Base(path.Dir(name)), ".service.d"):
		return unit
	}
	return d
}

// isEnv goes by the name, and by the content where the name says little:
// among .conf and .cfg are files of many other forms.
func isEnv(name string, src []byte) bool {
	d := dialectOf(name)
	if d == noEnv || bytes.IndexByte(src, 0) >= 0 {
		return false
	}
	pairs, others := 0, 0
	for _, l := range readEnv(src, d).lines {
		switch l.kind {
		case envPair:
			pairs++
		case envOther:
			others++
		}
	}
	switch path.Ext(name) {
	case ".conf", ".cfg", ".image", ".volume", ".pod", ".kube", ".container":
		return pairs > 0 && others <= pairs
	}
	return pairs > 0 || others == 0
}

func scanEnv(in Input) (ScanResult, error) {
	file := readEnv(in.Src, dialectOf(in.Path))
	outside := func(text string, mark edit.Span) Context {
		c := Context{Mark: mark}
		switch l := file.lineAt(mark.Start); {
		case l.key.Contains(mark):
			c.Reason = Key
		case l.kind == envComment || l.comment > 0 && l.comment <= mark.Start:
			c.Reason, c.Scope = Comment, Comments
		default:
			line, at := lineAround(text, mark)
			if c.Reason = classify(line, at); c.Reason == "" {
				c.Reason, c.Note = NotEditedSafely, "a line that is no NAME=VALUE"
			}
		}
		return c
	}
	out := detect(in, []*syntax.Document{{Root: file.root, Span: edit.Span{End: len(in.Src)}}}, outside)
	for i := range out.Contexts {
		if file.betweenLines(in.Src, out.Contexts[i].Mark) {
			out.Contexts[i] = Context{Mark: out.Contexts[i].Mark, Reason: Comment, Place: out.Contexts[i].Place, Scope: Comments}
		}
	}
	return out, nil
}
