package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// next writes the last line, if there is something sensible to do.
func (t *textReport) next() {
	moves := len(t.s.moved) > 0
	switch {
	case t.o.readOnly() && moves:
		does := "writes it"
		command := writeArgs(t.o.Args)
		if what := t.provable(); what != "" {
			command, does = append([]string{"--verify"}, command...), "writes it, after proving the "+what
		}
		t.command(command, does)
	case t.o.Check:
		// A gate that is open has nothing more to say.
	case len(t.s.failed) > 0:
		// These come first, and say so themselves.
	default:
		if what := t.provable(); moves && what != "" && t.o.InGit {
			if command, ok := verifyArgs(t.o.Args); ok {
				t.command(append([]string{"verify", "--base", "HEAD"}, command...), "proves the "+what)
			}
		}
		if reasons := t.byHand(); len(reasons) > 0 {
			t.line(plain, "next: add "+t.newName()+" by hand to what is kept as "+list(reasons, "and"))
		}
	}
}

// command writes what to run next, by its arguments, and what it does.
func (t *textReport) command(args []string, does string) {
	t.put(plain, "next: ")
	t.put(bold, strings.Join(append([]string{cmp.Or(t.o.Program, "regmigrate")}, shellQuoted(args)...), " "))
	t.line(plain, "        "+does)
}

// provable says what of that which changes could be proven and was not:
// charts, kustomizations, or both.
func (t *textReport) provable() string {
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
	return list(what, "and")
}

// byHand returns for which reasons there is something that works no longer if
// nobody adds the new name to it.
func (t *textReport) byHand() []string {
	var out []string
	for _, k := range t.s.kept {
		if k.reason == format.Policy || k.reason == format.AllowList {
			out = append(out, string(k.reason))
		}
	}
	return out
}

// newName is the one name that the rules move to, if it is one.
func (t *textReport) newName() string {
	var to []string
	for _, r := range newRuleNames(t.p).rules {
		if !slices.Contains(to, r.to) {
			to = append(to, r.to)
		}
	}
	if len(to) == 1 {
		return to[0]
	}
	return "the new name"
}

// previewFlags are the letters of flags that take no value and change nothing but
// what is shown; n, dry-run, is among them.
var previewFlags = regexp.MustCompile(`^-[nqv]*n[nqv]*$`)

// reporting matches -o with its value in the same word.
var reporting = regexp.MustCompile(`^-o=?[a-z]+$`)

// writeArgs returns args without the flags that kept a run from writing, and
// those that asked for reports.
func writeArgs(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return append(out, args[i:]...)
		}
		name, value, ok := strings.Cut(a, "=")
		switch {
		case name == "--baseline" || // of no use but to a check
			name == "--report" || name == "--output" || a == "-o": // they are there already
			if !ok {
				i++
			}
		case reporting.MatchString(a):
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

// verifyArgs returns args as verify takes them; it is false when it does not know
// one of them.
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

// safeInShell matches words that mean themselves in every shell.
var safeInShell = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellQuoted returns args as a POSIX shell takes them.
func shellQuoted(args []string) []string {
	var out []string
	for _, a := range args {
		if !safeInShell.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out = append(out, a)
	}
	return out
}
