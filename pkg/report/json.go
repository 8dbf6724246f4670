package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// jsonVersion is the version of the JSON report. It changes when existing
// properties change; new properties do not change it.
const jsonVersion = 1

func writeJSON(w io.Writer, p *rewrite.Plan, o Options) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(jsonOf(p, o)); err != nil {
		return fmt.Errorf("writing the JSON report: %w", err)
	}
	return nil
}

// jsonOf returns p as the structs of the report. The root is not in it, so that
// reports do not depend on where a machine keeps the repository.
func jsonOf(p *rewrite.Plan, o Options) JSONReport {
	c := p.Count()
	out := JSONReport{
		Version: jsonVersion,
		Program: o.Version,
		DryRun:  o.mode() != wording.Write,
		Counts: JSONCounts{
			SpelledOut:           c.Mentions(),
			SpelledOutRewritten:  c.Rewritten,
			SpelledOutNotChanged: c.NotChanged,
			Implicit:             c.RewrittenImplicit + c.NotChangedImplicit,
			ImplicitRewritten:    c.RewrittenImplicit,
			ImplicitNotChanged:   c.NotChangedImplicit,
			Likely:               c.Likely(),
			Assumed:              c.Assumed,
			Unresolved:           c.Unresolved,
			Reasons:              map[string]int{},
			FilesScanned:         p.ScannedFiles,
			FilesSearched:        p.SearchedFiles,
			MovesInSkipped:       p.MovesInSkippedFolders(),
			FilesChanged:         c.ChangedFiles,
			FilesFailed:          c.FailedFiles,
			Skipped:              len(p.Skipped),
		},
		Files:   []JSONFile{},
		Skipped: []JSONSkip{},
		Proofs:  []JSONProof{},
		Images:  []JSONVerdict{},
		Advice:  []JSONAdvice{},
	}
	for r, n := range c.Reasons {
		out.Counts.Reasons[string(r)] = n
	}
	out.Source = jsonSource(o.Source)
	out.Digest, out.Rules = jsonRules(p.Rules)
	out.Incomplete = jsonIncomplete(p)
	groups := p.EditGroups()
	for i := range p.Files {
		f := jsonFile(&p.Files[i], groups[p.Files[i].Path])
		f.Owners = utf8Texts(o.owners(p.Files[i].Path))
		out.Files = append(out.Files, f)
	}
	for _, x := range p.Skipped {
		out.Skipped = append(out.Skipped, jsonSkip(x))
	}
	for _, x := range p.Proofs {
		j := JSONProof{utf8Text(x.Path), exactPath(x.Path), utf8Text(x.Object), x.State.String(), utf8Text(x.Summary), []string{}, x.Unchanged}
		for _, d := range x.Details {
			j.Details = append(j.Details, utf8Text(d))
		}
		out.Proofs = append(out.Proofs, j)
	}
	for _, x := range p.RegistryResults {
		out.Images = append(out.Images, JSONVerdict{utf8Text(x.Old), utf8Text(x.New), x.Verdict.String(), utf8Text(x.OldDigest), utf8Text(x.NewDigest), utf8Text(x.Detail)})
	}
	for _, x := range p.Advice {
		out.Advice = append(out.Advice, JSONAdvice{jsonAdviceKind(x.Note), utf8Text(x.Path), exactPath(x.Path), x.Line, utf8Text(x.Ref), utf8Text(x.Text), utf8Text(x.Command), utf8Text(x.Source)})
	}
	if r := p.Reversal; r != nil {
		out.Reversal = &JSONReversal{append([]string{}, utf8Texts(r.Reversed)...)}
	}
	if b := p.Baseline; b != nil {
		out.Baseline = &JSONBaseline{utf8Text(b.File), b.Accepted, b.New, []JSONBaselineEntry{}}
		for _, a := range b.Stale {
			out.Baseline.Stale = append(out.Baseline.Stale, JSONBaselineEntry{utf8Text(a.Path), utf8Text(a.Ref), utf8Text(a.Reason), a.Count})
		}
	}
	return out
}

// jsonSource returns the JSON of a commit, nil if it is not known.
func jsonSource(s Source) *JSONSource {
	if s.Commit == "" {
		return nil
	}
	out := &JSONSource{Repository: utf8Text(s.Repository), Commit: s.Commit}
	if !s.Time.IsZero() {
		out.Time = s.Time.Format(time.RFC3339)
	}
	return out
}

// jsonRules returns the digest of rules, and their JSON.
func jsonRules(set *rules.Set) (digest string, out []JSONRule) {
	out = []JSONRule{}
	if set == nil {
		return "", out
	}
	for _, r := range set.Rules() {
		out = append(out, JSONRule{utf8Text(r.Name), r.From, r.To, append([]string{}, r.Keep...), r.IsImage, r.Tags, r.OldTag, r.Tag})
	}
	return set.Table().Digest(), out
}

// jsonIncomplete returns the renderings that a limit which depends on the machine ended.
func jsonIncomplete(p *rewrite.Plan) []JSONFailure {
	var out []JSONFailure
	for _, f := range p.RenderFailures {
		if f.Backstop {
			out = append(out, JSONFailure{Path: utf8Text(path.Join(f.Chart, f.ValuesFile)), Error: utf8Text(f.Why), Limit: true})
		}
	}
	for _, x := range p.Proofs {
		if x.Backstop {
			out = append(out, JSONFailure{Path: utf8Text(x.Path), Error: utf8Text(x.Summary), Limit: true})
		}
	}
	return out
}

// jsonStatus returns the status of a finding: rewritten or notChanged.
func jsonStatus(s rewrite.Status) string {
	if s == rewrite.Rewritten {
		return "rewritten"
	}
	return "notChanged"
}

// jsonFindingKind returns the kind of a finding, "" for an image.
func jsonFindingKind(k format.Kind) string {
	if k == format.Image {
		return ""
	}
	return k.String()
}

// jsonAdviceKind returns the kind of advice: note or action.
func jsonAdviceKind(note bool) string {
	if note {
		return "note"
	}
	return "action"
}

func jsonSkip(x walk.Skip) JSONSkip {
	s := JSONSkip{utf8Text(x.Path), exactPath(x.Path), x.Dir, string(x.Reason), utf8Text(x.Detail), ""}
	if x.Err != nil {
		s.Error = utf8Text(x.Err.Error())
	}
	return s
}

func jsonFile(f *rewrite.File, groups []rewrite.EditGroup) JSONFile {
	out := JSONFile{
		Path:       utf8Text(f.Path),
		PathBase64: exactPath(f.Path),
		Format:     f.Format,
		Changed:    len(f.Edits) > 0,
		Unverified: f.Unverified,
		Edits:      []JSONEdit{},
		Findings:   []JSONFinding{},
	}
	if f.Err != nil {
		out.Error = utf8Text(problem(f))
	}
	if len(f.Edits) > 0 {
		out.BeforeDigest, out.AfterDigest = rewrite.Digest(f.Before), rewrite.Digest(f.After())
		out.Edits = jsonEdits(f, groups)
	}
	for i := range f.Findings {
		x := &f.Findings[i]
		j := JSONFinding{
			Status:         jsonStatus(x.Status),
			Note:           utf8Text(x.Note),
			Implicit:       x.Implicit,
			Assumed:        x.IsAssumed,
			Consequence:    x.IsConsequence,
			NotInBaseline:  x.NotInBaseline,
			MovesIfScanned: x.MovesIfScanned,
			Line:           x.Line,
			Column:         x.Column,
			Start:          x.Mention.Start,
			End:            x.Mention.End,
			Old:            utf8Text(x.Old),
			New:            utf8Text(x.New),
			Kind:           jsonFindingKind(x.Kind),
			Rule:           utf8Text(x.Rule),
			Field:          utf8Text(x.Place.Field),
			Object:         utf8Text(x.Place.Object),
			Scope:          x.Scope.String(),
		}
		if x.Status == rewrite.NotChanged {
			j.Reason = string(x.Reason)
		}
		out.Findings = append(out.Findings, j)
	}
	return out
}

// utf8Text returns s with every byte that is not UTF-8 escaped as \xff. The
// encoder would replace each with U+FFFD, so that different names are equal.
func utf8Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && startsInvalid(s[i:]) {
			fmt.Fprintf(&b, `\x%02x`, s[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// utf8Texts is utf8Text for each text.
func utf8Texts(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, utf8Text(s))
	}
	return out
}

// exactPath returns the bytes of path, nil if path is valid UTF-8.
func exactPath(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}
