package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// answer writes the first line: what became of it all.
func (t *textReport) answer() {
	t.put(bold, t.headline())
	if rules := t.inForce(); rules != "" {
		t.put(dim, "   ("+rules+")")
	}
	t.b.WriteByte('\n')
}

// headline is the answer in words.
func (t *textReport) headline() string {
	n := len(t.s.moved)
	switch {
	case n == 0:
		return t.nothing()
	case t.o.Check:
		return t.amount() + some(n, " is", " are") + " left to move" + t.target()
	case t.o.DryRun:
		return t.amount() + " would move" + t.target()
	}
	return t.amount() + " moved" + t.target()
}

func (t *textReport) amount() string {
	return count(len(t.s.moved), "reference") + " in " + count(files(t.s.moved), "file")
}

// files counts the files that change, of those that all are in.
func files(all []fileFinding) int {
	in := map[*rewrite.File]bool{}
	for _, x := range all {
		if len(x.file.Edits) > 0 {
			in[x.file] = true
		}
	}
	return len(in)
}

// target says where everything moves to, unless that are too many names for
// one line.
func (t *textReport) target() string {
	if len(t.s.targets) > 2 {
		return ""
	}
	return " to " + list(t.s.targets, "and")
}

// inForce says which rules there are.
func (t *textReport) inForce() string {
	var parts []string
	if n := len(t.o.Presets); n > 0 {
		parts = append(parts, some(n, "preset ", "presets ")+strings.Join(t.o.Presets, ", "))
	}
	if t.o.Rules != "" {
		parts = append(parts, t.o.Rules)
	}
	return strings.Join(parts, "; ")
}

// empty reports whether there is nothing to tell but that there is nothing.
func (t *textReport) empty() bool { return len(t.s.moved)+len(t.s.kept)+len(t.s.failed) == 0 }

// nothing is the answer when nothing moves.
func (t *textReport) nothing() string {
	words := "nothing to move"
	if t.o.Check {
		words = "nothing is left to move"
	}
	switch {
	case len(t.s.kept) > 0 && len(t.s.failed) > 0:
		return words + " but in " + count(len(t.s.failed), "file") + " that failed"
	case len(t.s.kept) > 0:
		return words
	case !t.empty():
		return words + " in what could be read"
	case t.p.ScannedFiles == 0:
		return words + ": no file was looked at"
	}
	var from []string
	if t.p.Rules != nil {
		from = t.p.Rules.OldPrefixes()
	}
	if n := len(from); n > maxNames+1 {
		from = append(from[:maxNames:maxNames], number(n-maxNames)+" other names")
	}
	return words + ": no mention of " + cmp.Or(list(from, "or"), "any rule") + " in " + count(t.p.ScannedFiles, "file")
}

// moved writes from where what moves comes. Its numbers add up to that of the
// answer.
func (t *textReport) moved() {
	items := t.from()
	if len(items) > 0 {
		t.wrapped(plain, items, "   ", 0, 4)
	}
	if words := t.unsearchable(); words != "" {
		and := ""
		if len(items) > 0 {
			and = "and "
		}
		t.line(plain, "    "+and+words)
	}
	if words := t.following(); words != "" {
		t.wrapped(plain, strings.Fields(words), " ", 0, 4)
	}
	t.raised()
	if t.o.Verbose {
		for _, x := range append(slices.Clone(t.s.moved), t.s.follow...) {
			t.place(x)
			t.line(plain, x.Old+" -> "+x.New+implied(x))
		}
	}
}

// from says how many mentions move from which name, all that move in all.
func (t *textReport) from() []string {
	s := &t.s
	shown := s.moves
	if len(shown) > maxMoves && !t.o.Verbose {
		shown = shown[:maxMoves]
	}
	var items []string
	for _, m := range shown {
		item := number(m.n) + " from " + m.from
		if len(s.targets) > 1 {
			item += " to " + m.to
		}
		items = append(items, item)
	}
	if rest := s.moves[len(shown):]; len(rest) > 0 {
		n := 0
		for _, m := range rest {
			n += m.n
		}
		items = append(items, number(n)+" from "+count(len(rest), "other name"))
	}
	return items
}

// unsearchable says how many references move that no text search would find,
// "" when there are none.
func (t *textReport) unsearchable() string {
	n := t.s.split + t.s.short
	if n == 0 {
		return ""
	}
	return number(n) + " that no text search would find: " + t.s.how()
}

// following says what follows from what moves, "" when nothing does.
func (t *textReport) following() string {
	n := len(t.s.follow)
	if n == 0 {
		return ""
	}
	return number(n) + some(n, " follows", " follow") + t.s.furtherFiles() + ": " + t.s.whatFollows()
}

// furtherFiles says how many files change only by what follows.
func (s *summary) furtherFiles() string {
	if n := files(slices.Concat(s.moved, s.follow)) - files(s.moved); n > 0 {
		return " in " + count(n, "more file")
	}
	return ""
}

// whatFollows says what the first mention that follows is, and if there are
// others.
func (s *summary) whatFollows() string {
	note := s.follow[0].Note
	if slices.ContainsFunc(s.follow, func(x fileFinding) bool { return x.Note != note }) {
		return note + ", and so on"
	}
	return note
}

// how says why no text search would find the implied references that move.
func (s *summary) how() string {
	switch {
	case s.short == 0:
		return "split over keys"
	case s.split == 0:
		return "in a short form"
	}
	return number(s.split) + " split over keys, " + number(s.short) + " in a short form"
}

// place begins the line of a verbose list: path:line:column.
func (t *textReport) place(x fileFinding) {
	t.put(plain, "    ")
	t.put(dim, x.file.Path+":"+strconv.Itoa(x.Line)+":"+strconv.Itoa(x.Column))
	t.put(plain, "  ")
}

func implied(x fileFinding) string {
	if x.Implicit {
		return "  (implied)"
	}
	return ""
}
