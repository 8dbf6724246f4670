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
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// How much GitHub takes: 25,000 results a run, of which it shows 5,000. See
// "SARIF support for code scanning" in its documentation.
const (
	sarifResults       = 25_000
	sarifNotifications = 1_000
)

const homepage = "https://github.com/regmigrate/regmigrate"

// writeSARIF writes what is left and what stays as SARIF 2.1.0. Columns are in
// UTF-16 code units, and said to be: that is what GitHub and editors count.
// What somebody has decided about where it stands is no result, and neither is
// what a run has moved already.
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
	run.Tool.Driver = sarifDriver{Name: "regmigrate", InformationURI: homepage}
	index := map[string]int{}
	add := func(id, short, full, level string) {
		index[id] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{id, sarifText{short}, sarifText{full}, sarifText{full}, sarifLevel{level}})
	}
	add("old-registry", "A reference to an old registry is left", "The image has moved: run regmigrate, or replace the reference by the new one.", "error")
	for _, r := range format.Reasons {
		if (&rewrite.Finding{Reason: r.Reason}).BaselineApplies() {
			add(ruleID(r.Reason), "A mention of an old registry stays: "+string(r.Reason), strings.TrimSpace(r.Doc+" "+sentence(r.Reason.Advice())), "note")
		}
	}
	for i := range p.Files {
		f := &p.Files[i]
		lines := edit.NewLines(f.Before)
		seen := map[string]int{}
		for j := range f.Findings {
			x := fileFinding{f, &f.Findings[j]}
			if !x.BaselineApplies() || x.Status == rewrite.Rewritten && !o.readOnly() {
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
	rank := map[string]int{"error": 0, "warning": 1, "note": 2}
	if n := len(run.Results); n > sarifResults {
		slices.SortStableFunc(run.Results, func(a, b sarifResult) int { return cmp.Compare(rank[a.Level], rank[b.Level]) })
		run.Results = run.Results[:sarifResults]
		run.invocation().notify("warning", number(n-sarifResults)+" of "+number(n)+" results are left out, since GitHub takes no more than "+number(sarifResults)+" a run; those that stay first.", "", 0)
	}
	sarifSummary(p, &run)
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// sarifSummary notes what is no result: files that failed, proofs, what
// registries say, advice, and the sums.
func sarifSummary(p *rewrite.Plan, run *sarifRun) {
	s := summarize(p)
	in := run.invocation()
	in.Successful = len(s.failed) == 0
	for _, f := range s.failed {
		in.notify("error", f.why, f.path, 0)
	}
	proofs, n := byState(p)
	for _, x := range proofs {
		level := map[rewrite.ProofState]string{rewrite.Failed: "error", rewrite.Unproven: "warning", rewrite.Proven: "note"}[x.State]
		in.notify(level, x.State.String()+": "+x.Path+": "+x.Summary, "", 0)
	}
	images, v := byVerdict(p)
	for _, x := range images {
		level := "note"
		if x.Verdict == rewrite.Missing || x.Verdict == rewrite.Different {
			level = "error"
		}
		in.notify(level, "registries: "+x.Verdict.String()+": "+x.New+after(", ", verdictDetail(&x)), "", 0)
	}
	for _, x := range p.Advice {
		in.notify("note", refPrefix(x.Ref)+x.Text+after(" ", x.Source), x.Path, x.Line)
	}
	if n := len(in.Notifications); n > sarifNotifications {
		in.Notifications = in.Notifications[:sarifNotifications]
		in.notify("warning", number(n-sarifNotifications)+" more notifications are left out; regmigrate -o json has all.", "", 0)
	}
	c := s.counts
	run.Properties = map[string]int{
		"mentions": c.Mentions(), "rewritten": c.Rewritten, "kept": c.NotChanged, "impliedRewritten": c.RewrittenImplicit, "impliedKept": c.NotChangedImplicit,
		"filesLookedAt": p.ScannedFiles, "filesChanged": c.ChangedFiles, "filesFailed": c.FailedFiles, "skipped": len(p.Skipped), "advice": len(p.Advice),
		"proven": n[rewrite.Proven], "unproven": n[rewrite.Unproven], "proofsFailed": n[rewrite.Failed],
		"imagesMissing": v[rewrite.Missing], "imagesDifferent": v[rewrite.Different],
	}
}

// sarifFinding is the result for x; lines are those of its file.
func sarifFinding(x fileFinding, lines *edit.Lines, baseline bool, o Options) sarifResult {
	r := sarifResult{RuleID: "old-registry", Level: "note"}
	switch {
	case x.Status == rewrite.NotChanged:
		r.RuleID = ruleID(x.Reason)
	case o.Check:
		r.Level = "error"
	default:
		r.Level = "warning"
	}
	if baseline {
		r.Level, r.BaselineState = "note", "unchanged"
		if x.NotInBaseline {
			r.Level, r.BaselineState = "error", "new"
		}
	}
	text := escape(x.Old) + " " + escape(outcome(x)) + after(" — ", escape(x.Note)) + escape(where(x))
	if x.Status == rewrite.NotChanged {
		text += ". " + sentence(x.Reason.Doc()) + after(" ", sentence(x.Reason.Advice()))
	}
	file, inner, packed := strings.Cut(x.file.Path, "!")
	if packed {
		text += " It is in " + escape(inner) + ", in the archive."
	}
	r.Message = sarifMessage(text)
	region := sarifRegion{StartLine: max(x.Line, 1), StartColumn: max(x.Column, 1)}
	if n := len(x.file.Before); n > 0 && x.Mention.End <= n {
		region = sarifRegionOf(lines, x.file.Before, x.Mention)
	}
	if packed {
		region = sarifRegion{StartLine: 1}
	}
	r.Locations = []sarifLocation{{sarifPhysical{sarifFile(file), &region}}}
	if e, ok := wholeEdit(x); ok {
		deleted := sarifRegionOf(lines, x.file.Before, e.Span)
		r.Fixes = []sarifFix{{
			sarifMessage("replace it by " + escape(x.New)),
			[]sarifChange{{sarifFile(file), []sarifReplacement{{deleted, sarifText{e.New}}}}},
		}}
	}
	return r
}

// wholeEdit returns the edit that does all that becomes of x, if it is one. A
// part of what moves together, alone, would be a wrong edit.
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

// sarifRegionOf is the region of a byte range: lines and columns from 1, the
// end column that after the last one.
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

// sarifFile is a path relative to the root of the repository, as a URI.
func sarifFile(path string) sarifArtifact {
	parts := strings.Split(path, "/")
	for i, x := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(x), ":", "%3A")
	}
	uri := strings.Join(parts, "/")
	if strings.HasPrefix(uri, "/") {
		uri = "." + uri // a name that is none must not become a host
	}
	return sarifArtifact{uri, "%SRCROOT%"}
}

// sarifMessage is text as a message: brackets would make a link.
func sarifMessage(text string) sarifText {
	return sarifText{strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(text)}
}

// refPrefix is what something is about, before what is said of it.
func refPrefix(ref string) string {
	if ref == "" {
		return ""
	}
	return ref + ": "
}

// ruleID is the id of what stays for a reason.
func ruleID(r format.Reason) string {
	return "kept-" + strings.ReplaceAll(strings.ToLower(string(r)), " ", "-")
}

// sentence is s with a capital letter and a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
