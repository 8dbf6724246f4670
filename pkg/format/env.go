package format

import (
	"bytes"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/envfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// Env is a file of lines NAME=VALUE: an environment, Java properties, an INI
// file, a systemd unit. Other lines have no occurrences.
var Env = &Format{
	Name:   "env",
	Doc:    "lines of NAME=VALUE: .env, .properties, .ini, .conf, systemd units",
	Detect: isEnv,
	Scan:   func(in Input) (ScanResult, error) { return scanEnv(in, dialectOf(in.Path), nil), nil },
	Verify: func(c Change) error {
		return envfile.Verify(c.Before, dialectOf(c.Path), c.Edits)
	},
}

var envExt = map[string]envfile.Dialect{
	".env": envfile.Dotenv, ".properties": envfile.Properties, ".ini": envfile.INI, ".conf": envfile.INI, ".cfg": envfile.INI,
	".service": envfile.Unit, ".socket": envfile.Unit, ".timer": envfile.Unit,
}

// dialectOf decides by the name alone. A .conf file in the drop-in folder of a
// systemd service is a unit.
func dialectOf(name string) envfile.Dialect {
	base := strings.ToLower(path.Base(name))
	d := envExt[path.Ext(base)]
	switch {
	case base == ".env" || strings.HasPrefix(base, ".env."):
		return envfile.Dotenv
	case d == envfile.INI && strings.HasSuffix(path.Base(path.Dir(name)), ".service.d"):
		return envfile.Unit
	}
	return d
}

// isEnv decides by the name, and by the number of lines NAME=VALUE. A .conf or
// .cfg file can have another form: at least half of its lines must be such lines.
func isEnv(name string, src []byte) bool {
	d := dialectOf(name)
	if d == envfile.None {
		return false
	}
	pairs, others, ok := countLines(src, d)
	switch path.Ext(name) {
	case ".conf", ".cfg":
		return ok && pairs > 0 && others <= pairs
	}
	return ok && (pairs > 0 || others == 0)
}

// countLines returns the number of lines NAME=VALUE in src, and of lines that
// the dialect does not have. It is false for a binary file.
func countLines(src []byte, d envfile.Dialect) (pairs, others int, ok bool) {
	if bytes.IndexByte(src, 0) >= 0 {
		return 0, 0, false
	}
	for _, l := range envfile.Parse(src, d).Lines {
		switch l.Kind {
		case envfile.Pair:
			pairs++
		case envfile.Other:
			others++
		}
	}
	return pairs, others, true
}

// scanEnv scans a file of the dialect d. fields classifies its fields, nil to
// leave all to the general rules.
func scanEnv(in Input, d envfile.Dialect, fields formatFields) ScanResult {
	file := envfile.Parse(in.Src, d)
	outside := func(text string, mark edit.Span) Context {
		c := Context{Mark: mark}
		switch l := file.LineAt(mark.Start); {
		case l.Key.Contains(mark):
			c.Reason = Key
		case l.Kind == envfile.Comment || l.CommentStart > 0 && l.CommentStart <= mark.Start:
			c.Reason, c.Scope = Comment, Comments
		default:
			line, at := lineAround(text, mark)
			if c.Reason = classify(line, at); c.Reason == "" {
				c.Reason, c.Note = NotEditedSafely, "the line is not NAME=VALUE"
			}
		}
		return c
	}
	det := newDetector(in)
	det.formatFields, det.isEnv = fields, fields == nil
	det.documents([]*syntax.Document{{Root: file.Root, Span: edit.Span{End: len(in.Src)}}})
	det.addEnvironmentUses(file.Root)
	det.finish(outside)
	out := det.out
	for i := range out.Contexts {
		if file.InInnerComment(out.Contexts[i].Mark) {
			out.Contexts[i] = Context{Mark: out.Contexts[i].Mark, Reason: Comment, Place: out.Contexts[i].Place, Scope: Comments}
		}
	}
	return out
}
