package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// next suggests the next command, if any.
func (t *textReport) next() {
	moves := len(t.s.moved) > 0
	writes := "writes the changes"
	if len(t.o.Args) > 0 && t.o.Args[len(t.o.Args)-1] == "-" {
		writes = "writes the rewritten text to standard output"
	}
	switch {
	case t.o.mode() != wording.Write && moves:
		if what := t.verifiable(); what != "" {
			t.command(append([]string{"--verify"}, writeArgs(t.o.Args)...), "verifies the "+what+", then "+writes)
		} else {
			t.command(writeArgs(t.o.Args), writes)
		}
	case t.o.Check || len(t.s.failed) > 0:
		// A check that passes needs no command, and failures come first.
	default:
		if what := t.verifiable(); moves && what != "" && t.o.InGit {
			if args, ok := verifyArgs(t.o.Args); ok {
				t.command(append([]string{"verify", "--base", "HEAD"}, args...), "verifies the "+what)
			}
		}
		if left := t.scopesLeft(); !moves && left != "" {
			t.command(append([]string{"--dry-run", "--scope", "all"}, writeArgs(t.o.Args)...), "shows the changes in "+left)
		}
		if reasons := t.blockingReasons(); len(reasons) > 0 {
			t.hanging(plain, "next: add "+t.newName()+" in the places listed as "+wording.List(reasons, "and"))
		}
	}
}

// command writes a command to run next, and what it does.
func (t *textReport) command(args []string, does string) {
	command := strings.Join(append([]string{cmp.Or(t.o.Program, "regmigrate")}, ShellQuoted(args)...), " ")
	const label = "next: "
	t.put(plain, label)
	t.put(bold, command)
	does = "   (" + does + ")"
	if t.fits(len(label) + columns(command) + columns(does)) {
		t.line(plain, does)
		return
	}
	t.line(plain, "")
	t.line(plain, pad(len(label)-3)+does)
}

// verifiable says which of charts and kustomizations change without a proof.
func (t *textReport) verifiable() string {
	if len(t.p.Proofs) > 0 {
		return ""
	}
	var what []string
	if t.p.ChangesChart() {
		what = append(what, "charts")
	}
	if t.p.ChangesKustomization() {
		what = append(what, "kustomizations")
	}
	return wording.List(what, "and")
}

// scopesLeft returns the scopes of the mentions that are not changed in words, if scopes
// that the run did not select are the only reason; "" otherwise.
func (t *textReport) scopesLeft() string {
	var out []string
	for _, g := range t.s.unchanged {
		if !g.reason.IsScope() {
			return ""
		}
		for _, x := range g.all {
			if name := x.Scope.String(); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return wording.List(out, "and")
}

// blockingReasons returns the reasons of mentions that may block images of the
// new registry.
func (t *textReport) blockingReasons() []string {
	var out []string
	for _, g := range t.s.unchanged {
		if g.reason == format.Policy || g.reason == format.AllowList {
			out = append(out, string(g.reason))
		}
	}
	return out
}

// newName returns the prefix that all rules move to if it is the same for all
// rules; otherwise a general term.
func (t *textReport) newName() string {
	const several = "the new name"
	if t.p.Rules == nil {
		return several
	}
	name := ""
	for _, r := range t.p.Rules.Rules() {
		if name != "" && r.To != name {
			return several
		}
		name = r.To
	}
	return cmp.Or(name, several)
}

// previewFlags matches short flags without a value that include n (--dry-run) and
// otherwise change only the output.
var previewFlags = regexp.MustCompile(`^-[nqv]*n[nqv]*$`)

// outputFlag matches -o with its value in the same word.
var outputFlag = regexp.MustCompile(`^-o=?[a-z]+$`)

// writeArgs returns args without the flags that keep a run from writing and
// those that select reports.
func writeArgs(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return append(out, args[i:]...)
		}
		name, value, ok := strings.Cut(a, "=")
		switch {
		case name == "--baseline" || // for checks only
			name == "--report" || name == "--output" || a == "-o": // the reports exist already
			if !ok {
				i++
			}
		case outputFlag.MatchString(a):
		case (name == "--dry-run" || name == "--check") && value != "false":
		case previewFlags.MatchString(a):
			if rest := strings.ReplaceAll(a, "n", ""); rest != "-" {
				out = append(out, rest)
			}
		default:
			out = append(out, a)
		}
	}
	return out
}

// verifyArgs returns args for the command verify; it is false if verify does
// not have one of the flags.
func verifyArgs(args []string) ([]string, bool) {
	for i := 0; i < len(args); i++ {
		name, _, set := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return args, true
		case name == "--rule", name == "--preset", name == "--config", name == "--scope", name == "--color", name == "--render-timeout":
			if !set {
				i++
			}
		case strings.HasPrefix(args[i], "-"):
			return nil, false
		}
	}
	return args, true
}

// safeInShell matches words that need no quotes in any shell.
var safeInShell = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// ShellQuoted returns args, quoted for a POSIX shell where needed.
func ShellQuoted(args []string) []string {
	var out []string
	for _, a := range args {
		if !safeInShell.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out = append(out, a)
	}
	return out
}

// ParseShellQuoted returns the words of a command line that ShellQuoted made. It returns
// an error for other command lines, which a shell might expand.
func ParseShellQuoted(line string) ([]string, error) {
	var out []string
	for _, word := range splitQuoted(line) {
		arg := word
		if unquoted, ok := strings.CutPrefix(word, "'"); ok {
			unquoted, ok = strings.CutSuffix(unquoted, "'")
			if arg = strings.ReplaceAll(unquoted, `'\''`, "'"); !ok {
				return nil, fmt.Errorf("%s: the quote does not end", word)
			}
		}
		if ShellQuoted([]string{arg})[0] != word {
			return nil, fmt.Errorf("%s: expected a word as regmigrate quotes it", word)
		}
		out = append(out, arg)
	}
	return out, nil
}

// splitQuoted splits line at spaces outside of single quotes.
func splitQuoted(line string) []string {
	var out []string
	isQuoted := false
	start := 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\'':
			isQuoted = !isQuoted
		case line[i] == '\\' && !isQuoted:
			i++ // the quote after it is a character of the word
		case line[i] == ' ' && !isQuoted:
			out = append(out, line[start:i])
			start = i + 1
		}
	}
	return append(out, line[start:])
}
