package imageset

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// maxJSON is the maximum size of a plan or an inventory in JSON, in bytes.
const maxJSON = 256 << 20

var (
	// ownJSON matches the beginning of a plan or an inventory in JSON.
	ownJSON = regexp.MustCompile(`\A\{\s*"version":\s*\d`)
	// yamlObject matches the beginning of a Kubernetes object in YAML.
	yamlObject = regexp.MustCompile(`\A(---|[a-zA-Z]+:(\s|$))`)
)

// addStdin adds the references of standard input, in one of these forms: a plan or
// an inventory in JSON; Kubernetes objects in JSON or YAML; lines of the form
// `OLD NEW`; lines of one reference, to which it applies the rules.
func (l *Set) addStdin(ctx context.Context, s session.Streams, set *session.Session, all bool) (partial bool, err error) {
	in := bufio.NewReaderSize(s.In, 64<<10)
	head, err := in.Peek(4 << 10)
	if err != nil && err != io.EOF {
		return false, err
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF")))
	switch {
	case ownJSON.Match(head):
		return l.addJSON(in, s, all)
	// AddObjects reports empty input as an error: the program that should have
	// written it has failed.
	case len(head) == 0 || head[0] == '{' || head[0] == '[' || yamlObject.Match(head):
		c := Collector{Session: set, Progress: session.NewProgress(nil, true)}
		v := c.NewInventory()
		if err := v.AddObjects(ctx, in); err != nil {
			return false, err
		}
		l.addInventory(v.Images(), newTagResolver(v, Roots{}), inventoryOptions{all: all, rendered: true})
		return HasFailures(v), PrintProblems(s, v)
	}
	return false, l.addLines(in, set.Rewrite.Rules)
}

// addLines adds lines of the form `OLD NEW` or `REFERENCE`. A # starts a comment.
func (l *Set) addLines(r io.Reader, set *rules.Set) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		switch f := strings.Fields(strings.TrimPrefix(text, "\uFEFF")); len(f) {
		case 0:
		case 1:
			l.addReference(f[0], set)
		case 2:
			l.add(f[0], f[1], "", "")
		default:
			return fmt.Errorf("line %d: expected OLD NEW, or one reference, got %d words", n, len(f))
		}
	}
	return lines.Err()
}

// addJSON adds the references of a plan or an inventory in JSON. The new
// references are those of the JSON; the rules of this run do not apply.
func (l *Set) addJSON(r io.Reader, s session.Streams, all bool) (partial bool, err error) {
	src, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err != nil {
		return false, err
	}
	if len(src) > maxJSON {
		return false, fmt.Errorf("the JSON is larger than %d MiB", maxJSON>>20)
	}
	var top struct {
		Version int
		Images  *json.RawMessage
		Files   *json.RawMessage
	}
	if err := json.Unmarshal(src, &top); err != nil {
		return false, fmt.Errorf("the JSON of a plan or an inventory: %w", err)
	}
	switch {
	case top.Version != 1:
		return false, fmt.Errorf("the JSON has version %d: expected version 1\n  use the same regmigrate for both commands", top.Version)
	case top.Files != nil:
		return false, l.addPlan(src)
	case top.Images != nil:
		return l.addInventoryJSON(src, s, all)
	}
	return false, errors.New("the JSON is neither a plan (regmigrate -o json) nor an inventory (regmigrate images -o json)")
}

// addInventoryJSON adds the references of an inventory in JSON.
func (l *Set) addInventoryJSON(src []byte, s session.Streams, all bool) (partial bool, err error) {
	var r report.JSONInventory
	if err := json.Unmarshal(src, &r); err != nil {
		return false, fmt.Errorf("the JSON of an inventory: %w", err)
	}
	images, v := r.Inventory()
	tags := &tagResolver{roots: rootsOfImages(images)}
	tags.setRendered(images, v.Unrendered)
	l.addInventory(images, tags, inventoryOptions{all: all, rendered: true})
	return HasFailures(v), PrintProblems(s, v)
}

// rootsOfImages returns the charts and kustomizations that rendered the images.
func rootsOfImages(images []inventory.Image) Roots {
	var out Roots
	for _, m := range images {
		for _, u := range m.Uses {
			if !isRendered(u) {
				continue
			}
			if chart, _, ok := strings.Cut("/"+u.Path, "/templates/"); ok {
				out.charts = append(out.charts, cmp.Or(strings.TrimPrefix(chart, "/"), "."))
				// The chart may be a sub-chart, and its parent a chart.
				if i := strings.LastIndex(chart, "/charts/"); i > 0 {
					out.charts = append(out.charts, chart[1:i])
				}
			} else {
				out.kustomizations = append(out.kustomizations, u.Path)
			}
		}
	}
	return Roots{unique(out.charts), unique(out.kustomizations)}
}

// addReference adds a reference and the result of the rules.
func (l *Set) addReference(text string, set *rules.Set) {
	if m, ok := set.Match(text, rules.ShortForm); ok && m.Keep == "" {
		l.add(text, m.New+text[m.Len:], "", "")
		return
	}
	l.add("", text, "", "")
}

// addPlan adds the rewritten references of a plan in JSON.
func (l *Set) addPlan(src []byte) error {
	var r report.JSONReport
	if err := json.Unmarshal(src, &r); err != nil {
		return fmt.Errorf("the JSON of a plan: %w", err)
	}
	to := map[string]string{} // rule name -> target
	for _, x := range r.Rules {
		to[x.Name] = x.To
	}
	for _, file := range r.Files {
		for _, x := range file.Findings {
			if x.Status == rewrite.Rewritten.String() && !x.Consequence {
				l.add(x.Old, x.New, fmt.Sprintf("%s:%d", file.Path, x.Line), incompleteReason(x.New, to[x.Rule], x.Field))
			}
		}
	}
	return nil
}
