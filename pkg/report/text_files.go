package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// unverified writes which files were edited without a parser.
func (t *textReport) unverified() {
	n := len(t.s.unverified)
	if n == 0 {
		return
	}
	change := " changed"
	if t.o.readOnly() {
		change = some(n, " changes", " change")
	}
	t.line(bold, count(n, "file")+change+" unverified: no parser takes "+some(n, "it", "them")+", so look at the diff")
	shown := t.s.unverified
	if n > maxAllFiles && !t.o.Verbose {
		shown = shown[:maxAllFiles]
	}
	var items []string
	for _, f := range shown {
		items = append(items, f.Path)
	}
	if rest := n - len(shown); rest > 0 {
		items = append(items, t.more(rest))
	}
	t.wrapped(dim, items, "  ", 0, 4)
}

// failures writes what could not be dealt with. Somebody has to do something
// about each, so a quiet summary has this and nothing else.
func (t *textReport) failures() {
	n := len(t.s.failed)
	if n == 0 {
		return
	}
	if t.o.Quiet {
		for _, f := range t.s.failed {
			t.line(red, f.path+": "+f.why)
		}
		return
	}
	t.line(red, count(n, "file")+" failed and "+some(n,
		"stays as it is; put it right or leave it out with --exclude, and run again",
		"stay as they are; put them right or leave them out with --exclude, and run again"))
	shown := t.s.failed
	if n > maxFailures && !t.o.Verbose {
		shown = shown[:maxFailures]
	}
	for _, f := range shown {
		t.line(red, "    "+f.path+": "+f.why)
	}
	if rest := n - len(shown); rest > 0 {
		t.line(red, "    "+t.more(rest))
	}
}

// counted writes how much was looked at, and what was not.
func (t *textReport) counted() {
	words := t.skipped()
	if !t.empty() { // else the answer says it
		words = t.lookedAt()
	}
	if words != "" {
		t.line(plain, words)
	}
	if !t.o.Verbose {
		return
	}
	for _, x := range t.p.Skipped {
		path := x.Path
		if x.Dir {
			path += "/"
		}
		t.put(plain, "    ")
		t.put(dim, path)
		t.line(plain, "  "+string(x.Reason)+after("; ", x.Detail))
	}
}

// lookedAt says how much was looked at, and what was not.
func (t *textReport) lookedAt() string {
	return count(t.p.ScannedFiles, "file") + " looked at" + after(", ", t.skipped())
}

// skipped says what was not looked at, "" when that is nothing.
func (t *textReport) skipped() string {
	n := len(t.p.Skipped)
	if n == 0 {
		return ""
	}
	return number(n) + " skipped: " + strings.Join(t.skips(), ", ")
}

// skips counts what was not looked at, by reason, the most frequent first.
func (t *textReport) skips() []string {
	type tally struct{ all, folders int }
	tallies := map[string]tally{}
	for _, x := range t.p.Skipped {
		n := tallies[string(x.Reason)]
		n.all++
		if x.Dir {
			n.folders++
		}
		tallies[string(x.Reason)] = n
	}
	reasons := slices.SortedFunc(maps.Keys(tallies), func(a, b string) int {
		return cmp.Or(tallies[b].all-tallies[a].all, strings.Compare(a, b))
	})
	var out []string
	for _, r := range reasons {
		switch n := tallies[r]; n.folders {
		case 0:
			out = append(out, number(n.all)+" "+r)
		case n.all:
			out = append(out, count(n.all, "folder")+" "+r)
		default:
			out = append(out, number(n.all)+" "+r+" ("+count(n.folders, "folder")+")")
		}
	}
	return out
}
