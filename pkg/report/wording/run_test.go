package wording

import (
	"strings"
	"testing"
)

func TestHeadline(t *testing.T) {
	moving := func(n, files int, targets ...string) Run { return Run{Moved: n, MovedFiles: files, Targets: targets} }
	in := func(m Mode, r Run) Run { r.Mode = m; return r }
	names := []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"}
	for _, tt := range []struct {
		name string
		run  Run
		want string
	}{
		{"written", moving(2, 1, "new.example"), "2 references in 1 file moved to new.example"},
		{"dry run", in(DryRun, moving(1204, 16, "new.example")), "1,204 references in 16 files would move to new.example"},
		{"check of one", in(Check, moving(1, 1, "new.example")), "1 reference in 1 file still has to move to new.example"},
		{"check of several", in(Check, moving(2, 2, "new.example")), "2 references in 2 files still have to move to new.example"},
		{"two targets", moving(2, 2, "x.example", "y.example"), "2 references in 2 files moved to x.example and y.example"},
		{"three targets", moving(3, 2, "x.example", "y.example", "z.example"), "3 references in 2 files moved"},
		{"no files", Run{OldNames: names}, "nothing to move: no files scanned"},
		{"no mention of two names", Run{OldNames: names[:2], Scanned: 1}, "nothing to move: no mention of a.example or b.example in 1 file"},
		{"no mention of many names", Run{OldNames: names, Scanned: 9}, "nothing to move: no mention of a.example, b.example, c.example or 3 other names in 9 files"},
		{"no short name", Run{OldNames: []string{"docker.io/acme"}, Scanned: 2}, "nothing to move: no mention of docker.io/acme, and no short name of Docker Hub, in 2 files"},
		{"no mention in skipped folders", Run{OldNames: names[:1], Scanned: 2, Searched: 7}, "nothing to move: no mention of a.example in 9 files, 7 of them in skipped folders"},
		{"mentions not changed", Run{Scanned: 1, SpelledOut: Tally{NotChanged: 2}}, "nothing to move"},
		{"moves in skipped folders", in(Check, Run{Scanned: 2, MovesInSkipped: 1, SpelledOut: Tally{NotChanged: 1}}), "nothing to move; 1 reference in skipped folders would move"},
		{"written, and moves in skipped folders", Run{Moved: 2, MovedFiles: 1, Targets: []string{"new.example"}, MovesInSkipped: 3}, "2 references in 1 file moved to new.example; 3 references in skipped folders would move"},
		{"changes by hand", in(Check, Run{Scanned: 1, Unresolved: 2, SpelledOut: Tally{NotChanged: 2}}), "nothing to move automatically; 2 references must be changed by hand"},
		{"written, and a change by hand", Run{Moved: 2, MovedFiles: 1, Targets: []string{"new.example"}, Unresolved: 1}, "2 references in 1 file moved to new.example; 1 reference must be changed by hand"},
		{"failure", Run{Scanned: 1, Failed: 1}, "nothing to move in the files that could be read"},
		{"failures and mentions not changed", Run{Scanned: 3, Failed: 2, Implicit: Tally{NotChanged: 1}}, "nothing to move, but 2 files failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.run.Headline(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if strings.Join(names, " ") != "a.example b.example c.example d.example e.example f.example" {
		t.Errorf("Headline changed OldNames: %q", names)
	}
}

func TestRulesInForce(t *testing.T) {
	for _, tt := range []struct {
		run  Run
		want string
	}{
		{Run{}, ""},
		{Run{Presets: []string{"k8s"}}, "preset k8s"},
		{Run{Presets: []string{"k8s", "quay"}, Rules: "1 rule of --rule"}, "presets k8s, quay; 1 rule of --rule"},
		{Run{Rules: "1 rule of --rule"}, "1 rule of --rule"},
	} {
		if got := tt.run.RulesInForce(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSources(t *testing.T) {
	moves := []Move{{"a", "x", 3}, {"b", "y", 2}, {"c", "x", 1}}
	for _, tt := range []struct {
		name    string
		targets []string
		limit   int
		want    string // items, separated by |
	}{
		{"no limit", []string{"x"}, -1, "3 from a|2 from b|1 from c"},
		{"several targets", []string{"x", "y"}, -1, "3 from a to x|2 from b to y|1 from c to x"},
		{"limit", []string{"x"}, 1, "3 from a|3 from 2 other names"},
		{"limit of all but one", []string{"x"}, 2, "3 from a|2 from b|1 from 1 other name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Run{Moves: moves, Targets: tt.targets}
			if got := strings.Join(r.Sources(tt.limit), "|"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestImplicitMoves(t *testing.T) {
	for _, tt := range []struct {
		split, escaped, short int
		want                  string
	}{
		{0, 0, 0, ""},
		{2, 0, 0, "2 implicit (split across keys)"},
		{0, 0, 1, "1 implicit (Docker Hub short name)"},
		{0, 0, 2, "2 implicit (Docker Hub short names)"},
		{0, 3, 0, "3 implicit (in escape sequences)"},
		{1, 0, 1, "2 implicit (1 split across keys, 1 Docker Hub short name)"},
		{1, 2, 1, "4 implicit (1 split across keys, 2 in escape sequences, 1 Docker Hub short name)"},
	} {
		r := Run{Split: tt.split, Escaped: tt.escaped, Short: tt.short}
		if got := r.ImplicitMoves(); got != tt.want {
			t.Errorf("%d split, %d escaped, %d short: got %q, want %q", tt.split, tt.escaped, tt.short, got, tt.want)
		}
	}
}

func TestUpdated(t *testing.T) {
	for _, tt := range []struct {
		mode Mode
		c    Consequences
		want string
	}{
		{Write, Consequences{}, ""},
		{Write, Consequences{Mentions: 2, Files: 1, ReadmeRows: true}, "2 README table rows updated in 1 file"},
		{DryRun, Consequences{Mentions: 1, Files: 1, ReadmeRows: true}, "1 README table row to update in 1 file"},
		{Check, Consequences{Mentions: 3, Files: 2}, "3 related mentions to update in 2 files"},
	} {
		r := Run{Mode: tt.mode, Consequences: tt.c}
		if got := r.Updated(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestVersionBumps(t *testing.T) {
	r := Run{Bumps: []Bump{{"charts/a", "1.0.0", "1.0.1"}, {"charts/b", "2.0.0", "2.0.1"}}}
	items, hidden := r.VersionBumps(1)
	if got, want := strings.Join(items, " "), "2 chart versions bumped: charts/a 1.0.0 -> 1.0.1"; got != want || hidden != 1 {
		t.Errorf("got %q, %d hidden; want %q, 1", got, hidden, want)
	}
	r.Mode = DryRun
	items, hidden = r.VersionBumps(-1)
	if got, want := strings.Join(items, " "), "2 chart versions to bump: charts/a 1.0.0 -> 1.0.1 charts/b 2.0.0 -> 2.0.1"; got != want || hidden != 0 {
		t.Errorf("got %q, %d hidden; want %q, 0", got, hidden, want)
	}
	if items, _ := (&Run{}).VersionBumps(-1); items != nil {
		t.Errorf("got %q without bumps", items)
	}
}

func TestUnchanged(t *testing.T) {
	for _, tt := range []struct {
		spelledOut, implicit int
		want                 string
	}{
		{0, 0, ""},
		{16, 0, "16 mentions not changed"},
		{0, 1, "1 implicit reference not changed"},
		{1, 2, "1 mention and 2 implicit references not changed"},
	} {
		r := Run{SpelledOut: Tally{NotChanged: tt.spelledOut}, Implicit: Tally{NotChanged: tt.implicit}}
		if got := r.Unchanged(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestCoverage(t *testing.T) {
	for _, tt := range []struct {
		skips []Skip
		want  string
	}{
		{nil, "5 files scanned"},
		{[]Skip{{"binary", 2, 0}}, "5 files scanned, 2 skipped: 2 binary"},
		{[]Skip{{"ignored by git", 0, 1}}, "5 files scanned, 1 skipped: 1 folder ignored by git"},
		{[]Skip{{"ignored by git", 2, 2}, {"binary", 1, 0}}, "5 files scanned, 5 skipped: 4 ignored by git (2 folders), 1 binary"},
	} {
		r := Run{Scanned: 5, Skips: tt.skips}
		if got := r.Coverage(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	r := Run{Scanned: 5, Searched: 1200, Skips: []Skip{{"vendored", 0, 1}}}
	if got, want := r.Coverage(), "5 files scanned, 1,200 searched in skipped folders, 1 skipped: 1 folder vendored"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLedger(t *testing.T) {
	r := Run{SpelledOut: Tally{16, 16}, Consequences: Consequences{Mentions: 2, Files: 1, ReadmeRows: true}}
	if got, want := r.Ledger(), "32 mentions = 16 rewritten + 16 not changed. This includes 2 README table rows updated in 1 file."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r = Run{Mode: Check, SpelledOut: Tally{1, 0}, Implicit: Tally{0, 1}}
	if got, want := r.Ledger(), "1 mention = 1 to rewrite + 0 not changed; 1 implicit reference = 0 to rewrite + 1 not changed."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
