package report

import (
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// unverified writes the files that were edited and that no parser reads.
func (t *textReport) unverified() {
	n := len(t.s.unverified)
	if n == 0 {
		return
	}
	t.hanging(bold, wording.Unverified(n, t.s.run.Mode))
	shown := firstN(t.s.unverified, t.limit(maxReviewFiles))
	var items []string
	for _, f := range shown {
		items = append(items, f.Path)
	}
	if rest := n - len(shown); rest > 0 {
		items = append(items, t.more(rest))
	}
	t.wrapped(dim, items, "  ", 0, 4)
}

// unrendered writes the charts that do not render.
func (t *textReport) unrendered() {
	if len(t.p.Proofs) > 0 {
		return
	}
	t.charts(t.p.TracedTolerantly(), wording.TracedTolerantly)
	t.charts(t.p.NotTraced(), wording.Unrendered)
}

// charts writes what title says about charts that do not render, and their folders.
func (t *textReport) charts(dirs []string, title func(n int) string) {
	n := len(dirs)
	if n == 0 {
		return
	}
	t.hanging(plain, title(n)+"; regmigrate verify shows the "+wording.Plural(n, "error", "errors"))
	shown := firstN(dirs, t.limit(maxDetails))
	for _, dir := range shown {
		t.line(dim, "    "+dir)
	}
	if rest := n - len(shown); rest > 0 {
		t.line(dim, "    "+t.more(rest))
	}
}

// failures writes the files that failed. A quiet summary writes only these.
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
	t.line(red, wording.Failures(n)+" and "+wording.Plural(n, "was", "were")+" not changed; "+wording.FailuresHelp(n))
	t.failedFiles(t.limit(maxFailures))
}

// failedFiles lists at most limit failed files; a negative limit lists all.
func (t *textReport) failedFiles(limit int) {
	shown := firstN(t.s.failed, limit)
	for _, f := range shown {
		t.line(red, "    "+f.path+": "+f.why)
	}
	if rest := len(t.s.failed) - len(shown); rest > 0 {
		t.line(red, "    "+t.more(rest))
	}
}

// coverage writes how much was scanned and, in a verbose report, lists what was
// skipped.
func (t *textReport) coverage() {
	words := t.s.run.Skipped()
	if t.s.run.HasMentions() { // else the headline has the number of files
		words = t.s.run.Coverage()
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
		t.line(plain, "  "+string(x.Reason)+wording.Prefixed("; ", x.Detail))
	}
}
