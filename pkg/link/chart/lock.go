package chart

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// lockFiles are the files with the dependencies of a chart, and their lock files.
var lockFiles = [][2]string{{"Chart.yaml", "Chart.lock"}, {"requirements.yaml", "requirements.lock"}}

// linkLocks groups the repositories of the dependencies of the chart with those in
// its lock file. The lock file has a digest of both, which changes with them: helm
// dependency build rejects a lock file with another digest.
func (c *chart) linkLocks(move link.MoveFunc) []link.Group {
	var groups []link.Group
	for _, names := range lockFiles {
		l := lock{chart: c, file: c.path(names[0]), name: c.path(names[1]), after: map[edit.Span]string{}, afterLocked: map[edit.Span]string{}}
		if !c.tree.IsScanned(l.file) && !c.tree.IsScanned(l.name) || c.tree.File(l.name) == nil {
			continue
		}
		g := link.Group{
			Occurrences: append(l.moving(l.file, l.after, move), l.moving(l.name, l.afterLocked, move)...),
			Why:         names[0] + " and " + names[1] + " name the same charts",
		}
		if len(g.Occurrences) == 0 {
			continue
		}
		if digest, ok := l.newDigest(); ok {
			g.Insert = []link.FileEdit{digest}
		} else {
			g.Keep = format.Conflict
			g.Why = fmt.Sprintf("%s is out of date: its digest is not that of the dependencies; run helm dependency update, and then this command", names[1])
		}
		groups = append(groups, g)
	}
	return groups
}

// A lock is a lock file with the dependencies that it locks. The paths are in the
// tree.
type lock struct {
	*chart
	file, name string // with the dependencies; the lock file

	// The repositories that move, by the span of the old one in its file.
	after, afterLocked map[edit.Span]string
}

// moving returns the repositories of dependencies in the file at name that move,
// and adds their new names to after.
func (l *lock) moving(name string, after map[edit.Span]string, move link.MoveFunc) []format.Occurrence {
	f := l.tree.File(name)
	if f == nil {
		return nil
	}
	var out []format.Occurrence
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !strings.HasPrefix(o.Place.Field, ".dependencies") || len(o.Pieces) != 1 {
			continue
		}
		if text, ok := move.NewText(o); ok {
			out = append(out, *o)
			after[o.Pieces[0].Span] = strings.TrimSuffix(text, o.Tail)
		}
	}
	return out
}

// newDigest returns the edit of the digest; false if the digest of the lock file is
// not that of the dependencies.
func (l *lock) newDigest() (link.FileEdit, bool) {
	old, ok := l.scalar(l.name, []string{"digest"})
	if !ok {
		return link.FileEdit{}, false
	}
	span, isPlain := old.Map.Span(0, len(old.Text))
	if !isPlain {
		return link.FileEdit{}, false
	}
	locked, lockedAfter := l.read(l.name, nil), l.read(l.name, l.afterLocked)
	required, requiredAfter := l.read(l.file, nil), l.read(l.file, l.after)
	resolveAliases(required, locked)
	resolveAliases(requiredAfter, lockedAfter)
	next := ""
	switch old.Text {
	case lockDigest([2][]dependency{required, locked}):
		next = lockDigest([2][]dependency{requiredAfter, lockedAfter})
	case lockDigest(map[string][]dependency{"dependencies": l.read(l.file, nil)}):
		if path.Base(l.file) == "Chart.yaml" {
			return link.FileEdit{}, false
		}
		next = lockDigest(map[string][]dependency{"dependencies": l.read(l.file, l.after)}) // by Helm 2
	default:
		return link.FileEdit{}, false
	}
	return link.FileEdit{Path: l.name, Edit: edit.Edit{Span: span, New: next}}, true
}

// lockDigest returns the digest that Helm writes into a lock file.
// Source: HashReq and HashV2Req in helm.sh/helm/v3, internal/resolver/resolver.go.
func lockDigest(of any) string {
	text, err := json.Marshal(of)
	if err != nil {
		return "" // import-values with a value that JSON does not have
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text))
}

// A dependency has the fields of Helm's type Dependency, in their order.
// Source: helm.sh/helm/v3, pkg/chart/dependency.go.
type dependency struct {
	Name         string   `json:"name"`
	Version      string   `json:"version,omitempty"`
	Repository   string   `json:"repository"`
	Condition    string   `json:"condition,omitempty"`
	Tags         []string `json:"tags,omitempty"`
	Enabled      bool     `json:"enabled,omitempty"`
	ImportValues []any    `json:"import-values,omitempty"`
	Alias        string   `json:"alias,omitempty"`
}

// read returns the dependencies in the file at name, with the repositories that
// after has.
func (l *lock) read(name string, after map[edit.Span]string) []dependency {
	var out []dependency
	for _, n := range l.dependencies(name) {
		d := dependency{
			Name: stringOf(n, "name"), Version: stringOf(n, "version"), Repository: stringOf(n, "repository"),
			Condition: stringOf(n, "condition"), Enabled: n.Str("enabled") == "true", Alias: stringOf(n, "alias"),
		}
		for _, tag := range link.Items(n.Field("tags")) {
			d.Tags = append(d.Tags, tag.Value)
		}
		for _, v := range link.Items(n.Field("import-values")) {
			d.ImportValues = append(d.ImportValues, valueOf(v))
		}
		if r := n.Field("repository"); r != nil {
			p := format.ScalarPiece(name, r, "", format.Registry, "")
			if to, ok := after[p.Span]; ok {
				d.Repository = strings.TrimSuffix(d.Repository, p.Text) + to
			}
		}
		out = append(out, d)
	}
	return out
}

// resolveAliases replaces names of repositories in the configuration of helm, such
// as @bitnami, by the URLs in the lock file, as helm does before it computes the
// digest.
func resolveAliases(required, locked []dependency) {
	for i := range required {
		d := &required[i]
		if !strings.HasPrefix(d.Repository, "@") && !strings.HasPrefix(d.Repository, "alias:") {
			continue
		}
		for _, l := range locked {
			if l.Name == d.Name {
				d.Repository = l.Repository
				break
			}
		}
	}
}

// stringOf returns the scalar under key as Helm decodes it into a string.
// Source: convertToJSONableObject in sigs.k8s.io/yaml, yaml.go.
func stringOf(n *syntax.Node, key string) string {
	text := n.Str(key)
	if f := n.Field(key); f != nil && f.Style == syntax.Plain && f.Tag == "!!float" {
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return strconv.FormatFloat(x, 'g', -1, 32)
		}
	}
	return text
}

// valueOf returns the value of n as encoding/json encodes it.
func valueOf(n *syntax.Node) any {
	if n.Kind != syntax.Mapping {
		return n.Value
	}
	out := map[string]any{}
	for i := 0; i+1 < len(n.Children); i += 2 {
		out[n.Children[i].Value] = valueOf(n.Children[i+1].Resolve())
	}
	return out
}
