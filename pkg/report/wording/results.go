package wording

// Outcome says what becomes of one mention in a run that does not write: newRef
// is the reference that it would move to, "" when it is not changed for reason.
func Outcome(newRef, reason string) string {
	if newRef != "" {
		return "would move to " + newRef
	}
	return NotChanged(reason)
}

// NotChanged says that a mention is not changed, and for which reason.
func NotChanged(reason string) string { return "not changed: " + reason }

// Action introduces advice about what a person has to do, "" when advice is
// empty.
func Action(advice string) string { return Prefixed("action required: ", advice) }

// SinceBaseline says how many mentions the baseline called file does not
// accept.
func SinceBaseline(n int, file string) string {
	if n == 0 {
		return "no new mentions since baseline " + file
	}
	return Count(n, "new mention") + " since baseline " + file
}

// Failures says that n files failed, and FailuresHelp what to do about them.
func Failures(n int) string { return Count(n, "file") + " failed" }

// FailuresHelp is an imperative without a full stop.
func FailuresHelp(n int) string {
	return "fix or --exclude " + Plural(n, "it", "them") + ", then run again"
}

// Unverified says that n files change without a check of the result, and what
// to do about them.
func Unverified(n int, m Mode) string {
	verb := " changed"
	if m != Write {
		verb = " would change"
	}
	return Count(n, "file") + verb + " unverified (no parser reads " + Plural(n, "it", "them") + "); review the diff"
}

// Unrendered says that n charts do not render, and what that means.
func Unrendered(n int) string {
	return Count(n, "chart") + Plural(n, " does", " do") + " not render, so key names decide which values are images"
}

// TracedTolerantly says that n charts do not render with some of their values, and
// what shows their references.
func TracedTolerantly(n int) string {
	return Count(n, "chart") + Plural(n, " does", " do") + " not render with some values; renderings without the parts that fail show which values form a reference"
}

// A ProofCount is the number of proofs by state.
type ProofCount struct{ Proven, Unproven, Failed int }

func (c ProofCount) String() string {
	return Number(c.Proven) + " proven, " + Number(c.Unproven) + " unproven, " + Number(c.Failed) + " failed"
}

// Subjects says how many charts, kustomizations, files and releases there are, given the number of
// each kind: "2 charts and 1 kustomization".
func Subjects(count map[string]int) string {
	var parts []string
	for _, kind := range []string{"chart", "kustomization", "Compose file", "Dockerfile", "release"} {
		if n := count[kind]; n > 0 {
			parts = append(parts, Count(n, kind))
		}
	}
	return List(parts, "and")
}

// Verdict explains a verdict of the registries, given its name: a clause
// without a capital letter.
func Verdict(name string) string {
	return map[string]string{
		"missing":     "the new reference does not exist",
		"different":   "the new reference is a different image",
		"unreachable": "a registry did not answer",
		"skipped":     "not a complete reference, so no registry was queried",
		"exists":      "the new reference exists; the old registry does not have the image any more, or does not answer",
		"same":        "both exist, with the same digest",
	}[name]
}
