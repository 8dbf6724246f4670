package rewrite

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Baseline lists the findings that a repository accepts, so that a check fails
// only for new ones. It counts findings by file, reference and reason. It has no
// line numbers, so that edits of other lines do not invalidate it.
type Baseline struct {
	File    string          // the path as the user wrote it, for messages
	Entries []BaselineEntry // sorted; no two have the same path, reference and reason
}

// A BaselineEntry is the number of findings in one file with the same reference
// and reason.
type BaselineEntry struct {
	Path   string // relative to the root; bytes that are not UTF-8 are escaped, as \xff
	Ref    string // the reference or the word around the mention; escaped like Path
	Reason string // why the mention is not changed, or NotYetRewritten
	Count  int    // at least 1
}

// NotYetRewritten is the reason of mentions that a run would rewrite.
const NotYetRewritten = "left to move"

// key returns the entry without its count.
func (a BaselineEntry) key() BaselineEntry { a.Count = 0; return a }

// A BaselineComparison is the result of comparing a plan with a baseline.
type BaselineComparison struct {
	File      string          // the path of the baseline
	Accepted  int             // findings in the baseline
	New       int             // findings with NotInBaseline set
	NewLikely int             // those of them that are likely images and not changed
	Stale     []BaselineEntry // entries with fewer findings than their count; Count is the difference
}

// BaselineApplies reports whether a baseline counts the finding. It does not count
// mentions that the repository already excludes (a regmigrate:ignore comment, a
// keep entry of a rule, the configuration of regmigrate), nor different names
// that only contain the old one, nor mentions in skipped folders that would not
// move.
func (x *Finding) BaselineApplies() bool {
	return x.Status == Rewritten || ReasonInBaseline(x.Reason) && (x.Reason != format.SkippedFolder || x.MovesIfScanned)
}

// ReasonInBaseline reports whether a baseline can have findings that are not
// changed for r.
func ReasonInBaseline(r format.Reason) bool {
	switch r {
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

// CompareBaseline compares the plan with b and sets NotInBaseline of the findings
// that b does not accept. If a file has more equal findings than b accepts, the
// last ones are not accepted. Entries of files that were not scanned are not
// stale.
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
			if x.Status == NotChanged && x.Reason == format.LikelyImage {
				out.NewLikely++
			}
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

// NewBaseline returns a baseline that accepts all findings of the plan, and the
// entries of old for files that were not scanned.
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
	slices.SortFunc(out.Entries, compareEntries)
	return out
}

func compareEntries(a, b BaselineEntry) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Reason, b.Reason))
}

// wasScanned reports whether the file at a path of a baseline was scanned, or
// would have been if it still existed.
func (p *Plan) wasScanned(file string) bool {
	for i := range p.Files {
		if f := &p.Files[i]; escapeInvalid(f.Path) == file {
			return f.Err == nil
		}
	}
	file, _, _ = strings.Cut(file, "!") // the archive that contains the file
	within := func(dir string) bool {
		dir = escapeInvalid(dir)
		return dir == "." || dir == "" || file == dir || strings.HasPrefix(file, dir+"/")
	}
	if len(p.Paths) > 0 && !slices.ContainsFunc(p.Paths, within) {
		return false
	}
	for _, s := range p.Skipped {
		if s.Reason != walk.Vendored && within(path.Clean(s.Path)) {
			return false
		}
	}
	return true
}

// escapeInvalid returns s with bytes that are not UTF-8 escaped, as \xff.
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
