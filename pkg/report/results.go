package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// oldRegistryRule is the ID of results about references that have to move.
const oldRegistryRule = "old-registry"

// assumedRule is the ID of results about likely images that --assume-images moves.
const assumedRule = "likely-image-moved"

// A result is a finding in the reports for other programs: SARIF, Code Quality,
// JUnit and Checkstyle.
type result struct {
	finding     fileFinding
	rule        string // oldRegistryRule, assumedRule, or ruleID of a reason
	level       string // error: fails the check; warning; note
	baseline    string // "", "unchanged" or "new"
	text        string // one line without control characters
	fingerprint string // 32 hexadecimal digits; equal in runs over equal findings of a file
}

// results returns the findings that are results, in the order of the plan. Mentions
// with a regmigrate:ignore comment or a keep entry are not results, and neither are
// references that the run moved.
func results(p *rewrite.Plan, o Options) []result {
	var out []result
	for i := range p.Files {
		f := &p.Files[i]
		seen := map[string]int{}
		for j := range f.Findings {
			x := fileFinding{f, &f.Findings[j]}
			if !x.BaselineApplies() || x.Status == rewrite.Rewritten && o.mode() == wording.Write {
				continue
			}
			r := resultOf(x, p.Baseline != nil, o)
			key := f.Path + "\x00" + x.Old + "\x00" + r.rule
			sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
			seen[key]++
			r.fingerprint = hex.EncodeToString(sum[:16])
			out = append(out, r)
		}
	}
	return out
}

func resultOf(x fileFinding, baseline bool, o Options) result {
	r := result{finding: x, rule: oldRegistryRule, level: "note"}
	switch {
	case x.Status == rewrite.NotChanged:
		r.rule = ruleID(x.Reason)
		if (x.MovesIfScanned || x.Reason == format.LostEntry || x.Reason == format.OutdatedPolicy || x.Reason.IsUnresolved() && x.file.Err == nil) && o.Check {
			r.level = "error"
		}
		if x.Reason == format.LikelyImage && !o.CheckCertain {
			r.level = checkLevel(o)
		}
	case x.IsAssumed:
		r.rule = assumedRule
		r.level = checkLevel(o)
	default:
		r.level = checkLevel(o)
	}
	if baseline {
		r.level, r.baseline = "note", "unchanged"
		if x.NotInBaseline {
			r.level, r.baseline = "error", "new"
		}
	}
	r.text = escape(x.Old) + " " + escape(outcome(x)) + wording.Prefixed(" — ", escape(x.Note)) + wording.Prefixed(" — ", escape(fieldOf(x)))
	if x.Status == rewrite.NotChanged {
		r.text += ". " + wording.Sentence(x.Reason.Doc()) + wording.Prefixed(" ", wording.Sentence(wording.Action(x.Reason.Advice())))
	}
	return r
}

// packedPath divides the path of a file in a packed chart, charts/x.tgz!x/values.yaml. It is
// false for other files, whose names may contain an exclamation mark.
func packedPath(path string) (archive, inner string, isPacked bool) {
	for at := 0; ; {
		i := strings.IndexByte(path[at:], '!')
		if i < 0 {
			return path, "", false
		}
		at += i + 1
		if archive := path[:at-1]; strings.HasSuffix(strings.ToLower(archive), ".tgz") {
			return archive, path[at:], true
		}
	}
}

// checkLevel returns the level of what fails a check.
func checkLevel(o Options) string {
	if o.Check {
		return "error"
	}
	return "warning"
}

// ruleID returns the ID of results that are not changed for r.
func ruleID(r format.Reason) string {
	return "not-changed-" + strings.ReplaceAll(strings.ToLower(string(r)), " ", "-")
}

// The kinds of results of a run; they are IDs in Code Quality, JUnit and Checkstyle.
const (
	failedResult   = "failed-file"
	proofResult    = "proof"
	registryResult = "registry"
	adviceResult   = "advice"
)

// A runResult is a result that is not a finding: a file that failed, a proof, an
// image in a registry, or advice.
type runResult struct {
	kind, level string
	path        string // of the file, chart or kustomization; "" for an image
	line        int    // 1-based; 0 means none
	text        string // one line; may contain control characters

	// subject is what the text is about, for the names of test cases: the path, the
	// image, or the text of advice without its kind. It may contain control characters.
	subject string
}

// runResults returns the results of the run that are not findings.
func runResults(p *rewrite.Plan, s *summary) []runResult {
	var out []runResult
	for _, f := range s.failed {
		out = append(out, runResult{failedResult, "error", f.path, 0, f.why, f.path})
	}
	proofs, _ := proofsByState(p)
	for _, x := range proofs {
		level := map[rewrite.ProofState]string{rewrite.Failed: "error", rewrite.Unproven: "warning", rewrite.Proven: "note"}[x.State]
		out = append(out, runResult{proofResult, level, x.Path, 0, x.State.String() + ": " + x.Subject() + ": " + x.Summary, x.Subject()})
	}
	images, _ := imagesByVerdict(p)
	for _, x := range images {
		level := "note"
		if isBad(x.Verdict) {
			level = "error"
		}
		out = append(out, runResult{registryResult, level, "", 0, "registries: " + x.Verdict.String() + ": " + x.New + wording.Prefixed(", ", verdictDetail(&x)), x.New})
	}
	for _, x := range p.Advice {
		group := adviceGroup{note: x.Note}
		subject := refPrefix(x.Ref) + x.Text
		out = append(out, runResult{adviceResult, "note", x.Path, x.Line, group.kind() + ": " + subject + wording.Prefixed(" ", x.Source), subject})
	}
	return out
}
