package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
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

const (
	homepage = "https://github.com/regmigrate/regmigrate"
	helpPage = homepage + "/blob/main/docs/what-is-rewritten.md"
)

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
	run.Tool.Driver = sarifDriver{Name: "regmigrate", Version: o.Version, InformationURI: homepage, Rules: sarifRules()}
	if o.Source.Repository != "" {
		run.Provenance = []sarifVersionControl{{"https://" + o.Source.Repository, o.Source.Commit}}
	}
	index := map[string]int{}
	for i, r := range run.Tool.Driver.Rules {
		index[r.ID] = i
	}
	var lines *edit.Lines
	var file *rewrite.File
	for _, x := range results(p, o) {
		if x.finding.file != file {
			file = x.finding.file
			lines = edit.NewLines(file.Before)
		}
		r := sarifOfResult(x, lines)
		r.RuleIndex = index[r.RuleID]
		run.Results = append(run.Results, r)
	}
	run.limitResults()
	sarifSummary(p, &run, o)
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// sarifRules returns the rules of results: one for references that have to move,
// and one for each reason not to change a mention.
func sarifRules() []sarifRule {
	rule := func(id, short, full, level string) sarifRule {
		return sarifRule{id, sarifText{short}, sarifText{full}, sarifText{full}, helpPage, sarifLevel{level}}
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
	for _, x := range runResults(p, &s) {
		path := x.path
		if x.kind != failedResult && x.kind != adviceResult {
			path = "" // in the text
		}
		in.notify(x.level, x.text, path, x.line)
	}
	if n := len(in.Notifications); n > sarifNotifications {
		in.Notifications = in.Notifications[:sarifNotifications]
		in.notify("warning", wording.Number(n-sarifNotifications)+" more notifications omitted; regmigrate -o json lists all.", "", 0)
	}
	c := p.Count()
	_, n := proofsByState(p)
	_, v := imagesByVerdict(p)
	run.Properties = map[string]int{
		"spelledOut": c.Mentions(), "spelledOutRewritten": c.Rewritten, "spelledOutNotChanged": c.NotChanged,
		"implicit": c.RewrittenImplicit + c.NotChangedImplicit, "implicitRewritten": c.RewrittenImplicit, "implicitNotChanged": c.NotChangedImplicit,
		"likely": c.Likely(), "assumed": c.Assumed, "unresolved": c.Unresolved,
		"filesScanned": p.ScannedFiles, "filesSearched": p.SearchedFiles, "movesInSkipped": s.run.MovesInSkipped, "filesChanged": c.ChangedFiles, "filesFailed": c.FailedFiles, "skipped": len(p.Skipped), "advice": len(p.Advice),
		"proven": n.Proven, "unproven": n.Unproven, "proofsFailed": n.Failed,
		"imagesMissing": v[rewrite.Missing], "imagesDifferent": v[rewrite.Different],
	}
}

// sarifOfResult returns r as a result of SARIF; lines are those of its file.
func sarifOfResult(res result, lines *edit.Lines) sarifResult {
	x, text := res.finding, res.text
	r := sarifResult{RuleID: res.rule, Level: res.level, BaselineState: res.baseline}
	r.Fingerprints = map[string]string{"regmigrate/v1": res.fingerprint}
	file, inner, isPacked := packedPath(x.file.Path)
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
