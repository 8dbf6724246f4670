package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A RewriteFunc returns what the rules make of a reference or a registry, and
// false when no rule changes the text.
type RewriteFunc func(text string) (rewritten string, ok bool)

// ByRules returns the RewriteFunc of a set of rules. It looks for a rule that
// matches the text as a registry and as an image; a text that can be a host is
// a registry first. Compare passes texts that did change and accepts exactly
// the result, so that trying both is safe.
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

// Compare reports whether after differs from before in references only, each
// changed exactly as rewrite says. before holds at least one rendering; several
// are renderings of the same input, and where they differ from each other the
// output is random or depends on the time, and is not compared.
//
// Compare compares text and not YAML values: outside references every byte is
// equal. The exceptions are counted in the verdict: a checksum under a key that
// names it (checksum/…, …-hash) may change when another line changes; a text
// whose lines break elsewhere because a reference got longer is compared by its
// values. Text in base64 is decoded and compared.
func Compare(before []*Rendered, after *Rendered, rewrite RewriteFunc) Verdict {
	c := comparer{rewrite: rewrite, verdict: Verdict{State: Proven, ValuesFiles: 1}}
	v := &c.verdict
	v.Objects = before[0].Objects()
	added := after.ByTemplate()
	for i := range before[0].Texts {
		t := &before[0].Texts[i]
		a, ok := added[t.Template]
		if !ok {
			c.differs(t, 0, "", "", fmt.Sprintf("the template prints nothing after the change, and %s before", Count(len(t.Objects), "object")))
			continue
		}
		delete(added, t.Template)
		m, ok := masks(t, before[1:])
		if !ok {
			c.unstable = append(c.unstable, t.Template)
			continue
		}
		c.text(t, a, m)
		v.Moved += movedRefs(t, a)
	}
	for _, name := range slices.Sorted(maps.Keys(added)) {
		c.differs(added[name], 0, "", "", fmt.Sprintf("the template prints nothing before the change, and %s after", Count(len(added[name].Objects), "object")))
	}
	c.addChecksums()
	if v.Moved == 0 {
		v.Moved = c.lines // references with variables are not counted as references
	}
	v.Leftovers = leftovers(after, rewrite)
	switch {
	case c.diffs > 0:
		v.State = Failed
		v.Reason = v.Diffs[0].String()
		if c.diffs > 1 {
			v.Reason += fmt.Sprintf(" (and %s)", Count(c.diffs-1, "more difference"))
		}
	case len(c.unstable) > 0:
		v.State = Unproven
		v.Reason = "the number of lines differs from one rendering to the next: " + strings.Join(c.unstable, ", ")
	}
	return *v
}

// A comparer compares two renderings.
type comparer struct {
	rewrite   RewriteFunc
	verdict   Verdict
	diffs     int      // all differences, listed in the verdict or not
	lines     int      // lines that changed as the rules say, without checksums
	others    int      // those of lines that contain more than an image field
	checksums []Diff   // checksums that changed
	unstable  []string // templates whose number of lines differs from one rendering to the next
}

// differs adds a difference; line is 1-based, 0 for the whole text.
func (c *comparer) differs(t *Text, line int, before, after, why string) {
	c.diffs++
	c.verdict.AddDiff(Diff{
		Template: t.Template, Object: t.objectAt(line), Line: line,
		Before: clip(before), After: clip(after), Why: why,
	})
}

// objectAt returns the name of the object whose document contains the line,
// counted from 1.
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

// clip shortens a line for a message.
func clip(s string) string {
	const most = 200
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// text compares the output of one template, line by line, and by its values
// where that fails.
func (c *comparer) text(t, a *Text, m map[int]mask) {
	if t.Body == a.Body {
		return
	}
	one := comparer{rewrite: c.rewrite}
	one.byLine(t, a, m)
	if one.diffs > 0 && sameValues(t.Body, a.Body, c.rewrite) {
		c.lines++
		c.verdict.Refolded++
		c.checkFields(t, a)
		return
	}
	if one.diffs == 0 && (len(m) > 0 || one.lines > 0 && (one.others > 0 || !t.runsContainers())) {
		c.checkFields(t, c.withoutRandomParts(t, a, m))
	}
	c.lines += one.lines
	c.diffs += one.diffs
	c.checksums = append(c.checksums, one.checksums...)
	c.verdict.RandomLines += one.verdict.RandomLines
	for _, d := range one.verdict.Diffs {
		c.verdict.AddDiff(d)
	}
}

// withoutRandomParts returns a with the random parts of t, so that only references differ.
// m has the random parts of the lines, which are the same outside of these.
func (c *comparer) withoutRandomParts(t, a *Text, m map[int]mask) *Text {
	if len(m) == 0 {
		return a
	}
	before, after := strings.Split(t.Body, "\n"), strings.Split(a.Body, "\n")
	for i, random := range m {
		if stable, ok := random.same(before[i], after[i], c.rewrite); ok {
			after[i] = stable
		}
	}
	out := *a
	out.Body = strings.Join(after, "\n")
	return &out
}

// checkFields adds a difference where a text changed as a reference does, in a
// field that is not an image.
func (c *comparer) checkFields(t, a *Text) {
	if why := wrongField(t.Body, a.Body); why != "" {
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
		if _, masked := m[i]; b != after[i] && !masked && isSplitMove(before, after, i, c.rewrite) {
			c.others++
			if strings.Contains(strings.ToLower(b), "registry: ") {
				c.lines++ // the reference counts once
			}
			continue
		}
		c.line(t, i, b, after[i], m)
	}
}

// line compares line i, counted from 0.
func (c *comparer) line(t *Text, i int, before, after string, m map[int]mask) {
	if before == after {
		return
	}
	if random, ok := m[i]; ok {
		c.verdict.RandomLines++
		if _, ok := random.same(before, after, c.rewrite); !ok {
			c.differs(t, i+1, before, after, "the line differs in more than its random part")
		}
		return
	}
	why := lineDifference(before, after, c.rewrite)
	switch {
	case why == "":
		c.lines++
		if !imageLineRE.MatchString(before) || !imageLineRE.MatchString(after) {
			c.others++
		}
	case isChecksum(before, after):
		c.checksums = append(c.checksums, Diff{Template: t.Template, Object: t.objectAt(i + 1), Line: i + 1, Before: clip(before), After: clip(after)})
	default:
		c.differs(t, i+1, before, after, why)
	}
}

// otherLength adds a difference at the first line where a text with more or
// fewer lines differs.
func (c *comparer) otherLength(t *Text, before, after []string, m map[int]mask) {
	i := 0
	for i < min(len(before), len(after)) {
		_, masked := m[i]
		if before[i] != after[i] && !masked && lineDifference(before[i], after[i], c.rewrite) != "" {
			break
		}
		i++
	}
	why := fmt.Sprintf("the output has %d lines after the change, and %d before", len(after), len(before))
	c.differs(t, i+1, lineAt(before, i), lineAt(after, i), why)
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// addChecksums accepts changed checksums when another line changed.
func (c *comparer) addChecksums() {
	if c.lines > 0 {
		c.verdict.Checksums = len(c.checksums)
		return
	}
	for _, d := range c.checksums {
		d.Why = "a checksum changed, and no other line did"
		c.diffs++
		c.verdict.AddDiff(d)
	}
}

// movedRefs counts the references that changed. Both texts have the same objects
// when they differ in references only.
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

// leftovers returns the references of r that rewrite changes.
func leftovers(r *Rendered, rewrite RewriteFunc) []Leftover {
	var out []Leftover
	for i := range r.Texts {
		t := &r.Texts[i]
		for j := range t.Objects {
			for _, ref := range t.Objects[j].Refs {
				if _, ok := rewrite(ref.Text); ok {
					out = append(out, Leftover{t.Template, t.Objects[j].String(), ref.Field, ref.Text})
				}
			}
		}
	}
	return out
}
