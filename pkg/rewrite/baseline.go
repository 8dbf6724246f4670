package rewrite

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// A Baseline is what a repository accepts of the old names: mentions that stay
// and references that are left, counted, so that a check fails for new ones
// only. It knows files, references and reasons and no lines, so that no edit
// of something else makes it wrong.
type Baseline struct {
	File    string          // as the user named it, for messages
	Entries []BaselineEntry // sorted, each key once
}

// An BaselineEntry is one entry of a baseline: so many mentions of one reference,
// in one file, that stay for one reason.
type BaselineEntry struct {
	Path   string // relative to the root; a byte that is not UTF-8 is spelled out, as \xff
	Ref    string // the reference or the word around the mention, likewise
	Reason string // why it stays, or LeftToMove
	Count  int    // at least 1
}

// NotYetRewritten is the reason of mentions that would move.
const NotYetRewritten = "left to move"

// key is what a baseline tells mentions apart by.
func (a BaselineEntry) key() BaselineEntry { a.Count = 0; return a }

// BaselineComparison is what came of comparing a plan with a baseline.
type BaselineComparison struct {
	File     string          // the baseline
	Accepted int             // mentions that it accepts
	New      int             // mentions that it does not; their findings are Unaccepted
	Stale    []BaselineEntry // entries of which not as many are there; Count is how many are missing
}

// BaselineApplies reports whether a baseline speaks of mentions like f at all. It says
// nothing of those that somebody has decided about where they stand: a
// regmigrate:ignore comment, a rule's keep, regmigrate's own rules. Nor of
// names that are others and only look like the old one.
func (x *Finding) BaselineApplies() bool {
	if x.Status == Rewritten {
		return true
	}
	switch x.Reason {
	case format.Ignored, format.ExcludedByRule, format.OwnConfig, format.DifferentName:
		return false
	}
	return true
}

// baselineKey returns the key of x in a baseline.
func (x *Finding) baselineKey(file string) BaselineEntry {
	a := BaselineEntry{Path: escapeInvalid(file), Ref: escapeInvalid(x.Old), Reason: NotYetRewritten}
	if x.Status == NotChanged {
		a.Reason = string(x.Reason)
	}
	return a
}

// CompareBaseline compares the plan with b, notes in its findings which of them b does
// not accept, and returns the sum. Of several that are alike, the last ones in
// a file are those that are not accepted. What was not looked at is not stale.
func (p *Plan) CompareBaseline(b Baseline) *BaselineComparison {
	out := &BaselineComparison{File: b.File}
	left := map[BaselineEntry]int{}
	for _, a := range b.Entries {
		left[a.key()] += a.Count
	}
	for i := range p.Files {
		f := &p.Files[i]
		for j := range f.Findings {
			x := &f.Findings[j]
			x.NotInBaseline = false
			if !x.BaselineApplies() {
				continue
			}
			key := x.baselineKey(f.Path)
			if left[key] > 0 {
				left[key]--
				out.Accepted++
				continue
			}
			x.NotInBaseline = true
			out.New++
		}
	}
	for _, a := range b.Entries {
		if n := left[a.key()]; n > 0 && p.wasScanned(a.Path) {
			a.Count = n
			out.Stale = append(out.Stale, a)
		}
	}
	p.Baseline = out
	return out
}

// NewBaseline returns the baseline that accepts everything in the plan, and what
// old accepts in files that the plan has not looked at.
func (p *Plan) NewBaseline(old Baseline) Baseline {
	n := map[BaselineEntry]int{}
	for i := range p.Files {
		f := &p.Files[i]
		for j := range f.Findings {
			if x := &f.Findings[j]; x.BaselineApplies() && f.Err == nil {
				n[x.baselineKey(f.Path)]++
			}
		}
	}
	for _, a := range old.Entries {
		if !p.wasScanned(a.Path) {
			n[a.key()] += a.Count
		}
	}
	out := Baseline{File: old.File}
	for a, count := range n {
		a.Count = count
		out.Entries = append(out.Entries, a)
	}
	slices.SortFunc(out.Entries, compareAccepted)
	return out
}

func compareAccepted(a, b BaselineEntry) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Reason, b.Reason))
}

// wasScanned reports whether the file at a path of a baseline was looked at, or
// would have been if it were still there.
func (p *Plan) wasScanned(file string) bool {
	for i := range p.Files {
		if f := &p.Files[i]; escapeInvalid(f.Path) == file {
			return f.Err == nil
		}
	}
	file, _, _ = strings.Cut(file, "!") // in an archive
	within := func(dir string) bool {
		dir = escapeInvalid(dir)
		return dir == "." || dir == "" || file == dir || strings.HasPrefix(file, dir+"/")
	}
	if len(p.Paths) > 0 && !slices.ContainsFunc(p.Paths, within) {
		return false
	}
	for _, s := range p.Skipped {
		if within(path.Clean(s.Path)) {
			return false
		}
	}
	return true
}

// escapeInvalid returns s with each byte that is not UTF-8 spelled out.
func escapeInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	const digits = "0123456789abcdef"
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteString(`\x` + string(digits[s[i]>>4]) + string(digits[s[i]&15]))
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}
