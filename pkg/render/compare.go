package render

import (
	"fmt"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A RewriteFunc says what a rule makes of a reference or a registry. It is false
// when no rule changes it.
type RewriteFunc func(ref string) (string, bool)

// ByRules returns the Mover of a set of rules. A text is asked about as a host,
// as an image and as a registry with a path, in this order: Compare asks only
// where something changed, and wants just this change.
func ByRules(set *rules.Set) RewriteFunc {
	return func(text string) (string, bool) {
		kinds := []rules.Kind{rules.ShortForm, rules.Registry}
		if image.IsHost(strings.TrimSuffix(text, "/")) {
			kinds = []rules.Kind{rules.Registry, rules.ShortForm} // nginx:1 might be a host, too
		}
		for _, k := range kinds {
			if m, ok := set.Match(text, k); ok && m.Keep == "" {
				return m.New + text[m.Len:], true
			}
		}
		return "", false
	}
}

// Compare says whether after differs from before in nothing but references,
// each changed exactly as move says. Before are renderings of one and the
// same chart, at least one: where they differ among each other, the output is
// random or depends on the time, and is not compared.
//
// The texts are compared, not what they mean: outside of references every
// byte is the same. The exceptions are counted: a checksum under a key that
// says so (checksum/…, …-hash) may change when another line does, and a text that is folded
// elsewhere, as a reference got longer, is compared by what it means. Text in
// base64 is compared by what it says.
func Compare(before []*Rendered, after *Rendered, move RewriteFunc) Verdict {
	c := comparer{move: move, verdict: Verdict{State: Proven, ValuesFiles: 1}}
	v := &c.verdict
	v.Objects = before[0].Objects()
	now := after.ByTemplate()
	for i := range before[0].Texts {
		t := &before[0].Texts[i]
		a, ok := now[t.Template]
		if !ok {
			c.differs(t, 0, "", "", fmt.Sprintf("it prints nothing any more, %s before", Count(len(t.Objects), "object")))
			continue
		}
		delete(now, t.Template)
		m, stable := masks(t, before[1:])
		if !stable {
			c.unstable = append(c.unstable, t.Template)
			continue
		}
		c.text(t, a, m)
		v.Moved += movedRefs(t, a)
	}
	for _, name := range sortedKeys(now) {
		c.differs(now[name], 0, "", "", fmt.Sprintf("it printed nothing before, %s now", Count(len(now[name].Objects), "object")))
	}
	c.settleChecksums()
	if v.Moved == 0 {
		v.Moved = c.lines // with variables in them they are no references to count
	}
	v.Leftovers = leftovers(after, move)
	switch {
	case c.diffs > 0:
		v.State = Failed
		v.Reason = v.Diffs[0].String()
		if c.diffs > 1 {
			v.Reason += fmt.Sprintf(" (and %s)", Count(c.diffs-1, "more difference"))
		}
	case len(c.unstable) > 0:
		v.State = Unproven
		v.Reason = strings.Join(c.unstable, ", ") + " prints another number of lines each time"
	}
	return *v
}

// A comparer compares two renderings.
type comparer struct {
	move      RewriteFunc
	verdict   Verdict
	diffs     int // all of them
	lines     int // lines that differ rightly, checksums left out
	others    int // of these, those that are not just an image
	checksums []Diff
	unstable  []string
}

func sortedKeys(m map[string]*Text) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// differs notes what should not differ.
func (c *comparer) differs(t *Text, line int, before, after, why string) {
	c.diffs++
	c.verdict.AddDiff(Diff{
		Template: t.Template, Object: t.objectAt(line), Line: line,
		Before: Clip(before), After: Clip(after), Why: why,
	})
}

// objectAt names the object whose document holds the line.
func (t *Text) objectAt(line int) string {
	name := ""
	for i := range t.Objects {
		if t.Objects[i].Line > line {
			break
		}
		name = t.Objects[i].String()
	}
	return name
}

// Clip shortens a line for a report.
func Clip(s string) string {
	const most = 200
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// text compares what one template printed.
func (c *comparer) text(t, a *Text, m map[int]mask) {
	if t.Body == a.Body {
		return
	}
	one := comparer{move: c.move}
	one.byLine(t, a, m)
	if one.diffs > 0 && sameFolded(t.Body, a.Body, c.move) {
		c.lines++
		c.verdict.Refolded++
		c.placed(t, a)
		return
	}
	if one.diffs == 0 && len(m) == 0 && one.lines > 0 && (one.others > 0 || !t.runs()) {
		c.placed(t, a)
	}
	c.lines += one.lines
	c.diffs += one.diffs
	c.checksums = append(c.checksums, one.checksums...)
	c.verdict.RandomLines += one.verdict.RandomLines
	for _, d := range one.verdict.Diffs {
		c.verdict.AddDiff(d)
	}
}

// placed notes what changed as a reference does, and is no image where it stands.
func (c *comparer) placed(t, a *Text) {
	if why := misplaced(t.Body, a.Body); why != "" {
		c.differs(t, 0, "", "", why)
	}
}

func (c *comparer) byLine(t, a *Text, m map[int]mask) {
	before, after := strings.Split(t.Body, "\n"), strings.Split(a.Body, "\n")
	if len(before) != len(after) {
		c.otherLength(t, before, after, m)
		return
	}
	for i, b := range before {
		c.line(t, i, b, after[i], m)
	}
}

// line compares line i, counted from 0.
func (c *comparer) line(t *Text, i int, before, after string, m map[int]mask) {
	if before == after {
		return
	}
	if mask, ok := m[i]; ok {
		c.verdict.RandomLines++
		if !mask.same(before, after, c.move) {
			c.differs(t, i+1, before, after, "it differs beside what is random")
		}
		return
	}
	why := sameLine(before, after, c.move)
	switch {
	case why == "":
		c.lines++
		if !imageLineRE.MatchString(before) || !imageLineRE.MatchString(after) {
			c.others++
		}
	case isChecksum(before, after):
		c.checksums = append(c.checksums, Diff{Template: t.Template, Object: t.objectAt(i + 1), Line: i + 1, Before: Clip(before), After: Clip(after)})
	default:
		c.differs(t, i+1, before, after, why)
	}
}

// otherLength reports where a text begins to be shorter or longer.
func (c *comparer) otherLength(t *Text, before, after []string, m map[int]mask) {
	i := 0
	for i < min(len(before), len(after)) {
		_, masked := m[i]
		if before[i] != after[i] && !masked && sameLine(before[i], after[i], c.move) != "" {
			break
		}
		i++
	}
	why := fmt.Sprintf("it has %d lines where it had %d", len(after), len(before))
	c.differs(t, i+1, lineAt(before, i), lineAt(after, i), why)
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// settleChecksums allows checksums to change when something else did.
func (c *comparer) settleChecksums() {
	if c.lines > 0 {
		c.verdict.Checksums = len(c.checksums)
		return
	}
	for _, d := range c.checksums {
		d.Why = "a checksum changed, and nothing that is printed did"
		c.diffs++
		c.verdict.AddDiff(d)
	}
}

// movedRefs counts the references of objects that changed. Both have the same
// objects when the texts differ in references only.
func movedRefs(b, a *Text) int {
	n := 0
	for i := range min(len(b.Objects), len(a.Objects)) {
		old, now := b.Objects[i].Refs, a.Objects[i].Refs
		for j := range min(len(old), len(now)) {
			if old[j].Text != now[j].Text {
				n++
			}
		}
	}
	return n
}

// leftovers returns the references that move would still change.
func leftovers(r *Rendered, move RewriteFunc) []Leftover {
	var out []Leftover
	for i := range r.Texts {
		t := &r.Texts[i]
		for j := range t.Objects {
			for _, ref := range t.Objects[j].Refs {
				if _, ok := move(ref.Text); ok {
					out = append(out, Leftover{t.Template, t.Objects[j].String(), ref.Field, ref.Text})
				}
			}
		}
	}
	return out
}
