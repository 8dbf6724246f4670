package fleet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/regmigrate/regmigrate/internal/repofile"
)

// A Point is the state of a migration at one time, in sums.
type Point struct {
	Time       time.Time      `json:"time"`
	Totals     Totals         `json:"totals"`
	Registries map[string]int `json:"registries"` // references left, by registry
	Rules      []string       `json:"rules"`      // digests
}

// NewPoint returns the sums of a state.
func (s *State) NewPoint() Point {
	p := Point{Totals: s.Totals, Registries: map[string]int{}}
	p.Time, _ = time.Parse(time.RFC3339, s.Time)
	for _, r := range s.By(func(c *Cell) string { return c.Registry }, Repository, Cluster) {
		if n := r.Left(); n > 0 {
			p.Registries[r.Name] = n
		}
	}
	for _, r := range s.Rules {
		p.Rules = append(p.Rules, r.Digest)
	}
	return p
}

// MaxHistory is the size of a history at most, in bytes.
const MaxHistory = 64 << 20

// ReadHistory reads points, one JSON object per line, and returns them sorted by time. It
// ignores a last line without an end: the process that wrote it was interrupted.
func ReadHistory(r io.Reader) ([]Point, error) {
	var out []Point
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			slices.SortStableFunc(out, func(a, b Point) int { return a.Time.Compare(b.Time) })
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var p Point
		if err := json.Unmarshal(line, &p); err != nil || p.Time.IsZero() {
			return nil, fmt.Errorf("line %d: expected a JSON object that report merge --history wrote", n)
		}
		out = append(out, p)
	}
}

// AppendHistory appends a point to a file, which it creates if it does not exist. It writes
// the line at once, so that several processes may append. In a git repository, it follows no
// symbolic link.
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
	_, err = f.Write(append(line, '\n'))
	return err
}
