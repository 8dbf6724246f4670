package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Point is the state of a migration at one time.
type Point struct {
	Time       time.Time      `json:"time"`
	Contexts   []string       `json:"contexts"`
	Namespaces []string       `json:"namespaces,omitempty"`
	Rules      string         `json:"rules"`      // a digest
	Uses       int            `json:"uses"`       // that run or would run
	ToMove     int            `json:"toMove"`     // of these, those that a rule moves
	Moved      int            `json:"moved"`      // those whose image has a name that a rule moves to
	Pods       int            `json:"pods"`       // containers of pods that a rule moves
	Registries map[string]int `json:"registries"` // uses to move, by registry
	Incomplete bool           `json:"incomplete,omitempty"`
}

// NewPoint returns the state of a report.
func (r *Report) NewPoint(now time.Time, namespaces []string) Point {
	p := Point{Time: now.UTC().Truncate(time.Second), Contexts: slices.Clone(r.Contexts), Namespaces: namespaces, Rules: r.rules.Table().Digest(), Registries: map[string]int{}}
	p.Incomplete = r.Interrupted || len(r.Problems) > 0
	for _, m := range r.Images() {
		moved := m.New == "" && IsTarget(&m, r.rules)
		for _, u := range m.Uses {
			if !u.State.Gates() {
				continue
			}
			p.Uses++
			switch {
			case m.New != "":
				p.ToMove++
				p.Pods += u.Pods
				p.Registries[m.Registry]++
			case moved:
				p.Moved++
			}
		}
	}
	return p
}

// IsTarget reports whether an image has a name that a rule moves to.
func IsTarget(m *Image, set *rules.Set) bool {
	name := m.Registry + "/" + m.Repository
	return slices.ContainsFunc(set.Rules(), func(x rules.Rule) bool {
		rest, ok := strings.CutPrefix(name, x.To)
		return ok && (rest == "" || rest[0] == '/')
	})
}

// SameSubject reports whether two points are about the same clusters, namespaces and rules.
func (p *Point) SameSubject(q *Point) bool {
	return slices.Equal(p.Contexts, q.Contexts) && slices.Equal(p.Namespaces, q.Namespaces) && p.Rules == q.Rules
}

// ReadHistory reads points, one JSON object per line. It ignores a last line without an end:
// the process that wrote it was interrupted.
func ReadHistory(r io.Reader) ([]Point, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var out []Point
	for n := 1; ; n++ {
		line, rest, ok := bytes.Cut(src, []byte("\n"))
		if !ok {
			return out, nil
		}
		src = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var p Point
		if err := json.Unmarshal(line, &p); err != nil {
			if x := (*json.SyntaxError)(nil); errors.As(err, &x) && line[0] == '{' && x.Offset >= int64(len(line)) {
				continue // an interrupted write, after which a line was appended
			}
			return nil, fmt.Errorf("line %d: expected a JSON object that --history wrote: %w", n, err)
		}
		out = append(out, p)
	}
}

// AppendHistory appends a point to a file, which it creates if it does not exist. It
// writes the line at once, so that several processes may append. In a git repository, it
// follows no symbolic link.
func AppendHistory(name string, p Point) (err error) {
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := repofile.AppendOutput(name, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line = append(line, '\n')
	if size, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	} else if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // an interrupted write
			line = append([]byte("\n"), line...)
		}
	}
	_, err = f.Write(line)
	return err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
