package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Limits of GitHub: it accepts 25,000 results per run, and shows 5,000. Source:
// "SARIF support for code scanning" in its documentation.
const (
	sarifResults       = 25_000
	sarifNotifications = 1_000
)

const homepage = "https://github.com/regmigrate/regmigrate"

// oldRegistryRule is the ID of results about references that have to move.
const oldRegistryRule = "old-registry"

// assumedRule is the ID of results about likely images that --assume-images moves.
const assumedRule = "likely-image-moved"

// writeSARIF writes references that have to move and mentions that are not
// changed as SARIF 2.1.0.
// Columns are in UTF-16 code units, as GitHub and editors count them. Mentions
// with a regmigrate:ignore comment or a keep entry are not results, and neither
// are references that the run moved.
func writeSARIF(w io.Writer, p *rewrite.Plan, o Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(sarifOf(p, o)); err != nil {
		return fmt.Errorf("writing the SARIF report: %w", err)
	}
	return nil
}

func sarifOf(p *rewrite.Plan, o Options) sarifLog {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "regmigrate", InformationURI: homepage, Rules: sarifRules()}
	index := map[string]int{}
	for i, r := range run.Tool.Driver.Rules {
		index[r.ID] = i
	}
	for i := range p.Files {
		f := &p.Files[i]
		lines := edit.NewLines(f.Before)
		seen := map[string]int{}
		for j := range f.Findings {
			x := fileFinding{f, &f.Findings[j]}
			if !x.BaselineApplies() || x.Status == rewrite.Rewritten && o.mode() == wording.Write {
				continue
			}
			r := sarifFinding(x, lines, p.Baseline != nil, o)
			r.RuleIndex = index[r.RuleID]
			key := f.Path + "\x00" + x.Old + "\x00" + r.RuleID
			sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(seen[key])))
			seen[key]++
			r.Fingerprints = map[string]string{"regmigrate/v1": hex.EncodeToString(sum[:16])}
			run.Results = append(run.Results, r)
		}
	}
	run.limitResults()
	sarifSummary(p, &run, o)
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// sarifRules returns the rules of results: one for references that have to move,
// and one for each reason not to change a mention.
func sarifRules() []sarifRule {
	rule := func(id, short, full, level string) sarifRule {
		return sarifRule{id, sarifText{short}, sarifText{full}, sarifText{full}, sarifLevel{level}}
	}
	rules := []sarifRule{rule(oldRegistryRule, "Reference to an old registry", "The image has moved: run regmigrate, or replace the reference with the new one.", "error")}
	rules = append(rules, rule(assumedRule, "Likely reference to an old registry", "The short name is likely an image, and --assume-images moves it. Check that it is one.", "error"))
	for _, r := range format.Reasons {
		if rewrite.ReasonInBaseline(r.Reason) {
			rules = append(rules, rule(ruleID(r.Reason), "Mention of an old registry not changed: "+string(r.Reason),
				r.Doc+wording.Prefixed(" ", wording.Sentence(wording.Action(r.Reason.Advice()))), "note"))
		}
	}
	return rules
}

// limitResults drops the least important results over sarifResults.
func (run *sarifRun) limitResults() {
	n := len(run.Results)
	if n <= sarifResults {
		return
	}
	rank := map[string]int{"error": 0, "warning": 1, "note": 2}
	slices.SortStableFunc(run.Results, func(a, b sarifResult) int { return cmp.Compare(rank[a.Level], rank[b.Level]) })
	run.Results = run.Results[:sarifResults]
	run.invocation().notify("warning", wording.Number(n-sarifResults)+" of "+wording.Number(n)+" results omitted: GitHub accepts at most "+
		wording.Number(sarifResults)+" per run. Mentions that are not changed are omitted first.", "", 0)
}

// sarifSummary adds notifications about failed files, proofs, registry checks and
// advice, and the sums.
func sarifSummary(p *rewrite.Plan, run *sarifRun, o Options) {
	s := summarize(p, o)
	in := run.invocation()
	in.Successful = len(s.failed) == 0
	for _, f := range s.failed {
		in.notify("error", f.why, f.path, 0)
	}
	proofs, n := proofsByState(p)
	for _, x := range proofs {
		level := map[rewrite.ProofState]string{rewrite.Failed: "error", rewrite.Unproven: "warning", rewrite.Proven: "note"}[x.State]
		in.notify(level, x.State.String()+": "+x.Path+": "+x.Summary, "", 0)
	}
	images, v := imagesByVerdict(p)
	for _, x := range images {
		level := "note"
		if isBad(x.Verdict) {
			level = "error"
		}
		in.notify(level, "registries: "+x.Verdict.String()+": "+x.New+wording.Prefixed(", ", verdictDetail(&x)), "", 0)
	}
	for _, x := range p.Advice {
		group := adviceGroup{note: x.Note}
		in.notify("note", group.kind()+": "+refPrefix(x.Ref)+x.Text+wording.Prefixed(" ", x.Source), x.Path, x.Line)
	}
	if n := len(in.Notifications); n > sarifNotifications {
		in.Notifications = in.Notifications[:sarifNotifications]
		in.notify("warning", wording.Number(n-sarifNotifications)+" more notifications omitted; regmigrate -o json lists all.", "", 0)
	}
	c := p.Count()
	run.Properties = map[string]int{
		"spelledOut": c.Mentions(), "spelledOutRewritten": c.Rewritten, "spelledOutNotChanged": c.NotChanged,
		"implicit": c.RewrittenImplicit + c.NotChangedImplicit, "implicitRewritten": c.RewrittenImplicit, "implicitNotChanged": c.NotChangedImplicit,
		"likely": c.Likely(), "assumed": c.Assumed, "unresolved": c.Unresolved,
		"filesScanned": p.ScannedFiles, "filesSearched": p.SearchedFiles, "movesInSkipped": s.run.MovesInSkipped, "filesChanged": c.ChangedFiles, "filesFailed": c.FailedFiles, "skipped": len(p.Skipped), "advice": len(p.Advice),
		"proven": n.Proven, "unproven": n.Unproven, "proofsFailed": n.Failed,
		"imagesMissing": v[rewrite.Missing], "imagesDifferent": v[rewrite.Different],
	}
}

// sarifFinding returns the result for x; lines are those of its file.
func sarifFinding(x fileFinding, lines *edit.Lines, baseline bool, o Options) sarifResult {
	r := sarifResult{RuleID: oldRegistryRule, Level: "note"}
	switch {
	case x.Status == rewrite.NotChanged:
		r.RuleID = ruleID(x.Reason)
		if (x.MovesIfScanned || x.Reason == format.LostEntry || x.Reason == format.OutdatedPolicy || x.Reason.IsUnresolved() && x.file.Err == nil) && o.Check {
			r.Level = "error"
		}
		if x.Reason == format.LikelyImage && !o.CheckCertain {
			r.Level = checkLevel(o)
		}
	case x.IsAssumed:
		r.RuleID = assumedRule
		r.Level = checkLevel(o)
	default:
		r.Level = checkLevel(o)
	}
	if baseline {
		r.Level, r.BaselineState = "note", "unchanged"
		if x.NotInBaseline {
			r.Level, r.BaselineState = "error", "new"
		}
	}
	text := escape(x.Old) + " " + escape(outcome(x)) + wording.Prefixed(" — ", escape(x.Note)) + wording.Prefixed(" — ", escape(fieldOf(x)))
	if x.Status == rewrite.NotChanged {
		text += ". " + wording.Sentence(x.Reason.Doc()) + wording.Prefixed(" ", wording.Sentence(wording.Action(x.Reason.Advice())))
	}
	file, inner, isPacked := strings.Cut(x.file.Path, "!")
	if isPacked {
		text += " File in the archive: " + escape(inner) + "."
	}
	r.Message = sarifMessage(text)
	region := sarifRegion{StartLine: max(x.Line, 1), StartColumn: max(x.Column, 1)}
	if n := len(x.file.Before); n > 0 && x.Mention.End <= n {
		region = sarifRegionOf(lines, x.file.Before, x.Mention)
	}
	if isPacked {
		region = sarifRegion{StartLine: 1}
	}
	r.Locations = []sarifLocation{{sarifPhysical{sarifFile(file), &region}}}
	if e, ok := wholeEdit(x); ok {
		deleted := sarifRegionOf(lines, x.file.Before, e.Span)
		r.Fixes = []sarifFix{{
			sarifMessage("Replace with " + escape(x.New)),
			[]sarifChange{{sarifFile(file), []sarifReplacement{{deleted, sarifText{e.New}}}}},
		}}
	}
	return r
}

// checkLevel returns the level of what fails a check.
func checkLevel(o Options) string {
	if o.Check {
		return "error"
	}
	return "warning"
}

// wholeEdit returns the edit that moves x, if a single edit does. One of
// several edits that belong together would be a wrong fix.
func wholeEdit(x fileFinding) (edit.Edit, bool) {
	if x.Status != rewrite.Rewritten || x.Implicit || x.IsConsequence || len(x.EditSpans) != 1 {
		return edit.Edit{}, false
	}
	for _, e := range x.file.Edits {
		if e.Span == x.EditSpans[0] {
			was := string(x.file.Before[e.Start:e.End])
			return e, was != "" && strings.Replace(x.Old, was, e.New, 1) == x.New
		}
	}
	return edit.Edit{}, false
}

// sarifRegionOf returns the region of a byte range: lines and columns are
// 1-based, and the end column is the one after the last character.
func sarifRegionOf(lines *edit.Lines, src []byte, s edit.Span) sarifRegion {
	column := func(at int) (line, col int) {
		line, _ = lines.Position(at)
		start := at
		for start > 0 && src[start-1] != '\n' {
			start--
		}
		units := 0
		for _, r := range string(src[start:at]) {
			units++
			if r > 0xFFFF {
				units++
			}
		}
		return line, units + 1
	}
	var out sarifRegion
	out.StartLine, out.StartColumn = column(s.Start)
	out.EndLine, out.EndColumn = column(s.End)
	return out
}

// sarifFile returns the URI for a path relative to the root of the repository.
func sarifFile(path string) sarifArtifact {
	parts := strings.Split(path, "/")
	for i, x := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(x), ":", "%3A")
	}
	uri := strings.Join(parts, "/")
	if strings.HasPrefix(uri, "/") {
		uri = "." + uri // "//name" would be a host
	}
	return sarifArtifact{uri, "%SRCROOT%"}
}

// sarifMessage returns text as a message. It escapes brackets, which would be a
// link.
func sarifMessage(text string) sarifText {
	return sarifText{strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(text)}
}

// ruleID returns the ID of results that are not changed for r.
func ruleID(r format.Reason) string {
	return "not-changed-" + strings.ReplaceAll(strings.ToLower(string(r)), " ", "-")
}
