package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// perLevel is the maximum number of annotations per level that GitHub shows for
// a step.
const perLevel = 10

// An annotation is a workflow command that shows a message next to a line.
type annotation struct {
	level, path string
	line, col   int // 1-based; 0 means none
	title, text string
}

// writeGitHub writes annotations as workflow commands: errors for failures and
// for mentions that fail the check, notices for advice. GitHub shows ten of
// each level for a step; the last notice says how many are not shown.
func writeGitHub(w io.Writer, p *rewrite.Plan, o Options) error {
	var b strings.Builder
	shown, rest := map[string]int{}, map[string]int{}
	for _, a := range annotations(p, o) {
		limit := perLevel
		if a.level == "notice" {
			limit-- // for the last one
		}
		if shown[a.level] == limit {
			rest[a.level]++
			continue
		}
		shown[a.level]++
		b.WriteString(a.command())
	}
	var more []string
	for _, level := range []string{"error", "warning", "notice"} {
		if n := rest[level]; n > 0 {
			more = append(more, wording.Count(n, "more "+level))
		}
	}
	if len(more) > 0 {
		b.WriteString(annotation{level: "notice", title: "regmigrate", text: wording.List(more, "and") +
			" not shown: GitHub shows at most " + strconv.Itoa(perLevel) + " per level; regmigrate -v lists all"}.command())
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the annotations: %w", err)
	}
	return nil
}

// annotations returns all annotations, the most important first.
func annotations(p *rewrite.Plan, o Options) []annotation {
	s := summarize(p, o)
	return slices.Concat(failureAnnotations(p, &s), mentionAnnotations(p, &s, o), adviceAnnotations(p, &s))
}

// failureAnnotations returns errors for the files, proofs and registry checks
// that failed.
func failureAnnotations(p *rewrite.Plan, s *summary) []annotation {
	var out []annotation
	for _, f := range s.failed {
		out = append(out, annotation{"error", f.path, 0, 0, "failed", f.why})
	}
	proofs, _ := proofsByState(p)
	for _, x := range proofs {
		if x.State == rewrite.Failed {
			out = append(out, annotation{"error", x.Path, 0, 0, "proof failed", x.Summary})
		}
	}
	images, _ := imagesByVerdict(p)
	for _, x := range images {
		if isBad(x.Verdict) {
			out = append(out, annotation{"error", "", 0, 0, "registry: " + x.Verdict.String(), x.New + wording.Prefixed(": ", verdictDetail(&x))})
		}
	}
	return out
}

// mentionAnnotations returns errors for the mentions that the baseline does not
// accept or, without a baseline, for the references that have to move.
func mentionAnnotations(p *rewrite.Plan, s *summary, o Options) []annotation {
	var out []annotation
	if p.Baseline != nil {
		for _, x := range newMentions(p) {
			out = append(out, annotation{"error", x.file.Path, x.Line, x.Column, "new mention of an old registry", x.Old + ": " + outcome(x)})
		}
		return out
	}
	level := "warning"
	switch s.run.Mode {
	case wording.Write:
		return nil
	case wording.Check:
		level = "error"
	}
	for _, x := range s.moved {
		title := "old registry"
		if x.IsAssumed {
			title = "old registry, likely image"
		}
		out = append(out, annotation{level, x.file.Path, x.Line, x.Column, title, x.Old + " " + outcome(x)})
	}
	for _, x := range s.likely() {
		likely := level
		if o.CheckCertain {
			likely = "notice"
		}
		out = append(out, annotation{likely, x.file.Path, x.Line, x.Column, "likely image", x.Old + ": " + x.Reason.Advice()})
	}
	for _, g := range s.unchanged {
		for _, x := range g.all {
			if title := leftTitle(x, s.run.Mode); title != "" {
				out = append(out, annotation{level, x.file.Path, x.Line, x.Column, title, x.Old + ": " + cmp.Or(x.Note, x.Reason.Advice(), x.Reason.Doc())})
			}
		}
	}
	return out
}

// leftTitle returns the title of the annotation for a finding that is not changed
// and that fails --check, "" for other findings and for likely images.
func leftTitle(x fileFinding, mode wording.Mode) string {
	switch {
	case x.MovesIfScanned:
		return "old registry in a skipped folder"
	case mode != wording.Check:
		return ""
	case x.Reason == format.LostEntry:
		return "entry that selects nothing"
	case x.Reason == format.OutdatedPolicy:
		return string(x.Reason)
	case x.Reason.IsUnresolved() && x.file.Err == nil:
		return "to change by hand: " + string(x.Reason)
	}
	return ""
}

// adviceAnnotations returns notices.
func adviceAnnotations(p *rewrite.Plan, s *summary) []annotation {
	var out []annotation
	for _, g := range s.unchanged {
		if g.reason.Advice() == "" || p.Baseline != nil || g.reason == format.LikelyImage && s.run.Mode != wording.Write {
			continue
		}
		for _, x := range g.all {
			if leftTitle(x, s.run.Mode) != "" {
				continue
			}
			out = append(out, annotation{"notice", x.file.Path, x.Line, x.Column, "action required: " + string(g.reason), x.Old + ": " + g.reason.Advice()})
		}
	}
	for _, a := range p.Advice {
		group := adviceGroup{note: a.Note}
		out = append(out, annotation{"notice", a.Path, a.Line, 0, group.kind(), refPrefix(a.Ref) + a.Text + wording.Prefixed(" ", a.Source)})
	}
	return out
}

// command returns the line of the log that makes GitHub show a.
func (a annotation) command() string {
	var props []string
	add := func(name, value string) {
		value = strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(escape(value))
		props = append(props, name+"="+value)
	}
	if file, _, _ := packedPath(a.path); file != "" {
		add("file", file)
		if a.line > 0 && file == a.path {
			add("line", strconv.Itoa(a.line))
			if a.col > 0 {
				add("col", strconv.Itoa(a.col))
			}
		}
	}
	add("title", a.title)
	return "::" + a.level + " " + strings.Join(props, ",") + "::" + strings.ReplaceAll(escape(a.text), "%", "%25") + "\n"
}
