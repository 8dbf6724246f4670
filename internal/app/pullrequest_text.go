package app

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// newChange converts a plan to commits and the text of a pull request.
func newChange(plan *rewrite.Plan, set *session.Session, f *session.Flags, p *PullRequestFlags) (pullrequest.Change, error) {
	left := "Nothing to move on the base branch."
	if n := plan.Count().Likely(); n > 0 {
		left = "Nothing certain to move on the base branch, and " + wording.Count(n, "likely image") + " not changed."
	}
	c := pullrequest.Change{
		Title:          cmp.Or(p.Title, defaultTitle(plan)),
		ClosingComment: left + " This pull request is closed and its branch deleted.",
	}
	files := map[string][]pullrequest.File{} // by chart; "" for files of no chart
	charts := outermost(chart.Dirs(plan.FamilyFiles))
	for i := range plan.Files {
		x := &plan.Files[i]
		if len(x.Edits) == 0 {
			continue
		}
		part := ""
		if p.CommitPer == "chart" {
			part = chartOf(charts, x.Path)
		}
		files[part] = append(files[part], pullrequest.File{Path: x.Path, Content: x.After()})
	}
	parts := slices.Sorted(maps.Keys(files))
	if len(parts) > 1 && parts[0] == "" {
		parts = append(parts[1:], "") // files of no chart come last
	}
	for _, part := range parts {
		c.Commits = append(c.Commits, pullrequest.Commit{Message: commitMessage(plan, c.Title, part, p, files[part]), Files: files[part]})
	}
	if len(c.Commits) == 0 {
		return c, nil
	}
	var err error
	c.Body, err = pullRequestBody(plan, set, f)
	return c, err
}

// pullRequestBody returns the text of a pull request. The text does not depend on
// --dry-run and on flags that change only the look of a report.
func pullRequestBody(plan *rewrite.Plan, set *session.Session, f *session.Flags) (string, error) {
	w, err := report.Find("markdown")
	if err != nil {
		return "", err
	}
	o := set.ReportOptions(f)
	o.DryRun, o.Quiet, o.Verbose, o.Args = false, false, false, nil
	var b bytes.Buffer
	err = w.Write(&b, plan, o)
	return b.String(), err
}

// outermost removes sub-charts: they are released with their parent.
func outermost(dirs []string) []string {
	return slices.DeleteFunc(slices.Clone(dirs), func(d string) bool {
		return slices.ContainsFunc(dirs, func(o string) bool { return o != d && (o == "." || strings.HasPrefix(d, o+"/")) })
	})
}

// chartOf returns the folder of the chart that contains a file, "" for none.
func chartOf(charts []string, path string) string {
	for _, d := range charts {
		if d == "." || strings.HasPrefix(path, d+"/") {
			return d
		}
	}
	return ""
}

// forgeSyntax matches what a forge turns into a link or an action in a commit
// message: "fixes #1" closes an issue. A commit message has no markup for code.
var forgeSyntax = regexp.MustCompile(`[@#]|(?i:gh-)[0-9]|://`)

// escapePath escapes a path for a commit message: the result is one line without
// characters that are special to a terminal, to git or to a forge.
func escapePath(path string) string {
	path = strings.ReplaceAll(strings.ReplaceAll(path, "\n", `\n`), "\r", `\r`)
	return forgeSyntax.ReplaceAllStringFunc(report.EscapeText(path), func(s string) string {
		return fmt.Sprintf(`\x%02x`, s[0]) + s[1:]
	})
}

func commitMessage(plan *rewrite.Plan, title, part string, p *PullRequestFlags, files []pullrequest.File) string {
	if part != "" && part != "." {
		title = escapePath(part) + ": " + strings.ToLower(title[:1]) + title[1:]
	}
	if p.Message != "" && p.CommitPer != "chart" {
		return p.Message
	}
	in := map[string]bool{}
	for _, f := range files {
		in[f.Path] = true
	}
	n, from, follow := 0, map[string]int{}, 0
	for i := range plan.Files {
		if !in[plan.Files[i].Path] {
			continue
		}
		for _, x := range plan.Files[i].Findings {
			switch {
			case x.Status != rewrite.Rewritten:
			case x.IsConsequence:
				follow++
			default:
				n++
				from[x.From]++
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s in %s", title, session.Plural(n, "reference"), session.Plural(len(files), "file"))
	names := slices.SortedFunc(maps.Keys(from), func(a, b string) int { return cmp.Or(from[b]-from[a], strings.Compare(a, b)) })
	for i, name := range names {
		b.WriteString([]string{", ", ": "}[min(1, max(0, 1-i))])
		fmt.Fprintf(&b, "%d from %s", from[name], name)
	}
	b.WriteString(".\n")
	if p.Message != "" {
		return p.Message + "\n\n" + b.String()
	}
	return b.String()
}

// defaultTitle names the new registries, the most frequent one first.
func defaultTitle(plan *rewrite.Plan) string {
	to := map[string]int{}
	for i := range plan.Files {
		for _, x := range plan.Files[i].Findings {
			if x.Status == rewrite.Rewritten && !x.IsConsequence { // a consequence has no rule
				to[x.To]++
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(to), func(a, b string) int { return cmp.Or(to[b]-to[a], strings.Compare(a, b)) })
	hosts := map[string]bool{}
	for _, name := range names {
		host, _, _ := strings.Cut(name, "/")
		hosts[host] = true
	}
	title := "Move images to "
	switch {
	case len(names) <= 2:
		title += strings.Join(names, " and ")
	case len(hosts) == 1: // such as a mirror
		title += slices.Collect(maps.Keys(hosts))[0]
	default:
		title += fmt.Sprintf("%s and %d other registries", names[0], len(names)-1)
	}
	if utf8.RuneCountInString(title) > maxTitle {
		return "Move images to other registries"
	}
	return strings.TrimSpace(title)
}

// maxTitle is the number of code points that the title of a pull request may have on all
// forges. Gitea cuts longer ones, so that each run would set the title again; the others
// refuse them.
// Source: issue_update.go and issue.go in models/issues of Gitea; https://docs.gitlab.com/user/project/issues/managing_issues/
const maxTitle = 255

// checkTitle returns an error for a title that a forge would cut or refuse.
func checkTitle(title string) error {
	switch n := utf8.RuneCountInString(title); {
	case n > maxTitle:
		return fmt.Errorf("--title: expected at most %d characters, found %d: forges cut or refuse longer titles", maxTitle, n)
	case strings.ContainsAny(title, "\r\n"):
		return errors.New("--title: expected one line")
	}
	return nil
}
