package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// perLevel is how many annotations of one level GitHub shows of a step.
const perLevel = 10

// An annotation is a workflow command that puts a message beside a line.
type annotation struct {
	level, path string
	line, col   int
	title, text string
}

// writeGitHub writes annotations as workflow commands: an error for what is
// left or new or failed, a notice for what is to be done by hand. GitHub shows
// ten of each in a step; the last notice says how many there are besides.
func writeGitHub(w io.Writer, p *rewrite.Plan, o Options) error {
	var b strings.Builder
	shown, rest := map[string]int{}, map[string]int{}
	for _, a := range annotations(p, o) {
		most := perLevel
		if a.level == "notice" {
			most-- // the last one is ours
		}
		if shown[a.level] == most {
			rest[a.level]++
			continue
		}
		shown[a.level]++
		b.WriteString(a.command())
	}
	var more []string
	for _, level := range []string{"error", "warning", "notice"} {
		if n := rest[level]; n > 0 {
			more = append(more, count(n, "more "+level))
		}
	}
	if len(more) > 0 {
		b.WriteString(annotation{level: "notice", title: "regmigrate", text: list(more, "and") +
			" not shown here, since GitHub shows " + strconv.Itoa(perLevel) + " of each; the log of regmigrate -v has all"}.command())
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the annotations: %w", err)
	}
	return nil
}

// annotations returns all, what nobody may miss first.
func annotations(p *rewrite.Plan, o Options) []annotation {
	s := summarize(p)
	var out []annotation
	for _, f := range s.failed {
		out = append(out, annotation{"error", f.path, 0, 0, "failed", f.why})
	}
	proofs, _ := byState(p)
	for _, x := range proofs {
		if x.State == rewrite.Failed {
			out = append(out, annotation{"error", x.Path, 0, 0, "proof failed", x.Summary})
		}
	}
	images, _ := byVerdict(p)
	for _, x := range images {
		if x.Verdict == rewrite.Missing || x.Verdict == rewrite.Different {
			out = append(out, annotation{"error", "", 0, 0, "registry: " + x.Verdict.String(), x.New + after(": ", verdictDetail(&x))})
		}
	}
	if p.Baseline != nil {
		for _, x := range newMentions(p) {
			out = append(out, annotation{"error", x.file.Path, x.Line, x.Column, "new mention of an old registry", x.Old + " is new; " + outcome(x)})
		}
	} else if o.readOnly() {
		level := "warning"
		if o.Check {
			level = "error"
		}
		for _, x := range s.moved {
			out = append(out, annotation{level, x.file.Path, x.Line, x.Column, "old registry", x.Old + " " + outcome(x)})
		}
	}
	for _, k := range s.kept {
		if k.reason.Advice() != "" && p.Baseline == nil {
			for _, x := range k.all {
				out = append(out, annotation{"notice", x.file.Path, x.Line, x.Column, "stays: " + string(k.reason), x.Old + ": " + k.reason.Advice()})
			}
		}
	}
	for _, a := range p.Advice {
		out = append(out, annotation{"notice", a.Path, a.Line, 0, "to do by hand", strings.TrimSpace(a.Ref + " " + a.Text + " " + a.Source)})
	}
	return out
}

// command is a as a line of a log that GitHub acts on.
func (a annotation) command() string {
	var props []string
	add := func(name, value string) {
		value = strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(escape(value))
		props = append(props, name+"="+value)
	}
	if file, _, _ := strings.Cut(a.path, "!"); file != "" {
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
