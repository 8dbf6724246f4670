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

// addStdin adds what standard input has: the JSON of images or of a plan, objects of
// a cluster, or lines `OLD NEW` or `REFERENCE`, of which the rules say what it
// becomes.
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
	// Nothing at all is no cluster without images: the program before failed.
	case len(head) == 0 || head[0] == '{' || head[0] == '[' || yamlObject.Match(head):
		v := NewInventory(set, session.NewProgress(nil, true))
		if err := v.AddObjects(ctx, in); err != nil {
			return false, err
		}
		l.addInventory(v.Images(), newTagResolver(v, Roots{}), all, true)
		return HasFailures(v), PrintProblems(s, v)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		switch f := strings.Fields(strings.TrimPrefix(text, "\uFEFF")); len(f) {
		case 0:
		case 1:
			l.addReference(f[0], set.Rewrite.Rules)
		case 2:
			l.add(f[0], f[1], "", "")
		default:
			return false, fmt.Errorf("line %d: expected OLD NEW, or one reference", n)
		}
	}
	return false, lines.Err()
}

// ownJSON matches what begins as the JSON of this program does.
var ownJSON = regexp.MustCompile(`\A\{\s*"version":\s*\d`)

// addJSON adds what the JSON of images or of a plan says, whose rules stand.
func (l *Set) addJSON(r io.Reader, s session.Streams, all bool) (partial bool, err error) {
	src, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return false, err
	}
	if len(src) > maxInput {
		return false, fmt.Errorf("it is larger than %d MiB", maxInput>>20)
	}
	var is struct {
		Version int
		Images  *json.RawMessage
		Files   *json.RawMessage
	}
	if err := json.Unmarshal(src, &is); err != nil {
		return false, fmt.Errorf("the JSON of a plan or of images: %w", err)
	}
	switch {
	case is.Version != 1:
		return false, fmt.Errorf("its version is %d, and this program reads version 1: use the same regmigrate for both", is.Version)
	case is.Files != nil:
		return false, l.addPlan(src)
	case is.Images != nil:
		return l.addInventoryJSON(src, s, all)
	}
	return false, errors.New("it is neither a plan (regmigrate -o json) nor an inventory (regmigrate images -o json)")
}

// addInventoryJSON adds what an inventory in JSON has.
func (l *Set) addInventoryJSON(src []byte, s session.Streams, all bool) (partial bool, err error) {
	var r report.JSONInventory
	if err := json.Unmarshal(src, &r); err != nil {
		return false, fmt.Errorf("the JSON of images: %w", err)
	}
	images, v := r.Inventory()
	c := &tagResolver{roots: rootsOfImages(images)}
	c.setRendered(images, v.Unrendered)
	l.addInventory(images, c, all, true)
	return HasFailures(v), PrintProblems(s, v)
}

// rootsOfImages are the folders that images were printed from.
func rootsOfImages(images []inventory.Image) Roots {
	var out Roots
	for _, m := range images {
		for _, u := range m.Uses {
			if !isRendered(u) {
				continue
			}
			if chart, _, ok := strings.Cut("/"+u.Path, "/templates/"); ok {
				out.charts = append(out.charts, cmp.Or(strings.TrimPrefix(chart, "/"), "."))
				if i := strings.LastIndex(chart, "/charts/"); i > 0 { // a chart's own, or a folder of charts
					out.charts = append(out.charts, chart[1:i])
				}
			} else {
				out.Kustomizations = append(out.Kustomizations, u.Path)
			}
		}
	}
	return Roots{unique(out.charts), unique(out.Kustomizations)}
}

// yamlObject matches what begins as objects of a cluster in YAML do.
var yamlObject = regexp.MustCompile(`\A(---|[a-zA-Z]+:(\s|$))`)

// addReference adds what a reference becomes; one that no rule moves, as it is.
func (l *Set) addReference(text string, set *rules.Set) {
	if m, ok := set.Match(text, rules.ShortForm); ok && m.Keep == "" {
		l.add(text, m.New+text[m.Len:], "", "")
		return
	}
	l.add("", text, "", "")
}

// addPlan adds the references that move of a plan in JSON.
func (l *Set) addPlan(src []byte) error {
	var r report.JSONReport
	if err := json.Unmarshal(src, &r); err != nil {
		return fmt.Errorf("the JSON of a plan: %w", err)
	}
	to := map[string]string{}
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
