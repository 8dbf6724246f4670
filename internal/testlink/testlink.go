// Package testlink runs linkers over small trees of files, for the tests of
// package link and the packages below it.
//
// A tree is a txtar archive. Lines of its comment that begin with "rule: " are
// the rules, FROM=TO; a line "rules do not move: NAME" keeps the references
// that end in NAME. The section "want" is what [Result.String] returns.
package testlink

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Case is a tree of files and the rules for it.
type Case struct {
	Archive *txtar.Archive
	Tree    *link.Tree
	Rules   *rules.Set
	Want    string

	kept []string // ends of the references that the rules do not move
}

// Parse returns the case in a txtar archive. Files of the tree are those that
// mention an old name or that always says are scanned; the tree loads others on
// demand.
func Parse(archive []byte, always func(path string) bool) (*Case, error) {
	c := &Case{Archive: txtar.Parse(archive), Tree: &link.Tree{}}
	c.Tree.IsLikely = func(o *format.Occurrence) bool { return account.IsLikely(o, c.Rules) }
	var list []rules.Rule
	for line := range strings.Lines(string(c.Archive.Comment)) {
		line = strings.TrimSpace(line)
		if flag, ok := strings.CutPrefix(line, "rule: "); ok {
			r, err := rules.ParseRuleFlag(flag)
			if err != nil {
				return nil, err
			}
			list = append(list, r)
		}
		if name, ok := strings.CutPrefix(line, "rules do not move: "); ok {
			c.kept = append(c.kept, name)
		}
	}
	var err error
	if c.Rules, err = rules.New(list); err != nil {
		return nil, err
	}
	sources := map[string][]byte{}
	for _, f := range c.Archive.Files {
		if f.Name == "want" || strings.HasPrefix(f.Name, "trace ") {
			if f.Name == "want" {
				c.Want = string(f.Data)
			}
			continue
		}
		sources[f.Name] = f.Data
		c.Tree.Names = append(c.Tree.Names, f.Name)
	}
	slices.Sort(c.Tree.Names)
	c.Tree.ReadFile = func(name string) []byte { return sources[name] }
	c.Tree.LoadFile = func(name string) *link.File {
		src, ok := sources[name]
		if !ok {
			return nil
		}
		return scan(name, src, list)
	}
	c.Tree.YAMLContaining = func(texts ...string) []string { return yamlContaining(c.Tree.Names, sources, texts) }
	for _, name := range c.Tree.Names {
		if len(marksIn(sources[name], list)) > 0 || c.Rules.MayMatch(sources[name]) || always != nil && always(name) {
			c.Tree.Files = append(c.Tree.Files, c.Tree.LoadFile(name))
		}
	}
	return c, nil
}

// yamlContaining returns the YAML files that contain one of texts, of all YAML
// files if there are no texts.
func yamlContaining(names []string, sources map[string][]byte, texts []string) []string {
	var out []string
	for _, name := range names {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		if len(texts) == 0 || slices.ContainsFunc(texts, func(t string) bool { return bytes.Contains(sources[name], []byte(t)) }) {
			out = append(out, name)
		}
	}
	return out
}

// scan scans a file, with the old names of the rules as marks.
func scan(name string, src []byte, list []rules.Rule) *link.File {
	f := &link.File{Path: name, Src: src}
	f.Scanned, _ = format.Detect(name, src).Scan(format.Input{Path: name, Src: src, Marks: marksIn(src, list)}) // a file that cannot be read has no occurrences
	return f
}

// marksIn returns the places of the old names, sorted.
func marksIn(src []byte, list []rules.Rule) []edit.Span {
	var out []edit.Span
	for _, r := range list {
		for at := 0; ; {
			i := bytes.Index(src[at:], []byte(r.From))
			if i < 0 {
				break
			}
			out = append(out, edit.Span{Start: at + i, End: at + i + len(r.From)})
			at += i + len(r.From)
		}
	}
	slices.SortFunc(out, func(a, b edit.Span) int { return a.Start - b.Start })
	return out
}

// Move applies the rules of c.
func (c *Case) Move(o *format.Occurrence) (link.Move, bool) {
	m, ok := account.Match(o, c.Rules)
	if !ok || !o.Unconfirmed && account.ClassOf(o, c.Rules) == account.Likely || slices.ContainsFunc(c.kept, func(name string) bool { return strings.HasSuffix(o.Text(), name) }) {
		return link.Move{}, false
	}
	return link.Move{Len: m.Len, New: m.New}, true
}

// Moved returns the pieces that move, each as if it moved by itself.
func (c *Case) Moved() []link.MovedPiece {
	var out []link.MovedPiece
	for _, f := range c.Tree.Files {
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			after, ok := link.MoveFunc(c.Move).NewText(o)
			if !ok || len(o.Pieces) != 1 {
				continue
			}
			m, ok := account.Match(o, c.Rules)
			if !ok {
				continue
			}
			out = append(out, link.MovedPiece{Path: f.Path, Field: o.Field(0), Old: o.Text(), New: after, OldRef: o.Text(), NewRef: after, Span: o.Pieces[0].Span, AddedAt: -1, From: m.Rule.From, To: m.Rule.To})
		}
	}
	return out
}

// Print returns groups, the advice of the tree, and consequences as text.
func (c *Case) Print(groups []link.Group, consequences []link.Consequence) string {
	var b strings.Builder
	for _, g := range groups {
		if g.Keep != "" {
			fmt.Fprintf(&b, "keep: %s: %s\n", g.Keep, g.Why)
		} else {
			fmt.Fprintf(&b, "move: %s\n", g.Why)
		}
		for i := range g.Occurrences {
			var at []string
			for _, p := range g.Occurrences[i].Pieces {
				at = append(at, c.position(p.Path, p.Span.Start))
			}
			fmt.Fprintf(&b, "  %s %s\n", strings.Join(at, "+"), g.Occurrences[i].Text())
		}
		for _, e := range g.Insert {
			fmt.Fprintf(&b, "  insert %s %q\n", c.position(e.Path, e.Span.Start), e.New)
		}
	}
	for _, x := range consequences {
		fmt.Fprintf(&b, "consequence: %s %q -> %q: %s\n", c.position(x.Path, x.Span.Start), c.Tree.ReadFile(x.Path)[x.Span.Start:x.Span.End], x.New, x.Why)
	}
	for _, a := range c.Tree.Advice {
		kind := "action required"
		if a.Note {
			kind = "note"
		}
		fmt.Fprintf(&b, "%s: %s %s\n", kind, c.position(a.Path, a.At), a.Text)
	}
	for _, dir := range c.Tree.Unrendered {
		fmt.Fprintf(&b, "not rendered: %s\n", dir)
	}
	for _, f := range c.Tree.RenderFailures {
		fmt.Fprintf(&b, "not rendered: %s %s (backstop: %t)\n", f.Chart, f, f.Backstop)
	}
	return b.String()
}

// position returns file:line:column of a byte; the file alone for -1.
func (c *Case) position(file string, at int) string {
	if at < 0 {
		return file
	}
	line, column := edit.NewLines(c.Tree.ReadFile(file)).Position(at)
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

// SetWant returns the archive with another section "want".
func (c *Case) SetWant(want string) []byte {
	c.Archive.Files = slices.DeleteFunc(c.Archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	c.Archive.Files = append(c.Archive.Files, txtar.File{Name: "want", Data: []byte(want)})
	return txtar.Format(c.Archive)
}
