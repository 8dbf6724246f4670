package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// changeOf is a plan as commits and the text of a pull request.
func changeOf(plan *rewrite.Plan, set *setup, f *flags, p *prFlags) (pullrequest.Change, error) {
	c := pullrequest.Change{
		Title:   cmp.Or(p.title, defaultTitle(plan)),
		Comment: "Nothing is left to move on the base branch, so that this is closed and its branch deleted.",
	}
	files := map[string][]pullrequest.File{} // by what a commit is for; "" is the rest
	charts := outermost(link.ChartDirs(plan.Names))
	for i := range plan.Files {
		x := &plan.Files[i]
		if len(x.Edits) == 0 {
			continue
		}
		part := ""
		if p.commitPer == "chart" {
			part = chartOf(charts, x.Path)
		}
		files[part] = append(files[part], pullrequest.File{Path: x.Path, Content: x.After()})
	}
	parts := slices.Sorted(maps.Keys(files))
	if len(parts) > 1 && parts[0] == "" {
		parts = append(parts[1:], "") // the rest last
	}
	for _, part := range parts {
		c.Commits = append(c.Commits, pullrequest.Commit{Message: message(plan, c.Title, part, p, files[part]), Files: files[part]})
	}
	if len(c.Commits) == 0 {
		return c, nil
	}
	var err error
	c.Body, err = prBody(plan, set, f)
	return c, err
}

// prBody is the text of a pull request. It does not tell of a dry run, and of
// no flag that only says what the pull request looks like.
func prBody(plan *rewrite.Plan, set *setup, f *flags) (string, error) {
	w, err := report.Find("markdown")
	if err != nil {
		return "", err
	}
	o := set.report(f)
	o.DryRun, o.Quiet, o.Verbose, o.Args = false, false, false, nil
	var b bytes.Buffer
	err = w.Write(&b, plan, o)
	return b.String(), err
}

// outermost leaves out the charts that are in another one: they are released
// with it.
func outermost(dirs []string) []string {
	return slices.DeleteFunc(slices.Clone(dirs), func(d string) bool {
		return slices.ContainsFunc(dirs, func(o string) bool { return o != d && (o == "." || strings.HasPrefix(d, o+"/")) })
	})
}

// chartOf is the chart that holds a file, "" for none.
func chartOf(charts []string, path string) string {
	for _, d := range charts {
		if d == "." || strings.HasPrefix(path, d+"/") {
			return d
		}
	}
	return ""
}

// message is the message of a commit.
func message(plan *rewrite.Plan, title, part string, p *prFlags, files []pullrequest.File) string {
	if part != "" && part != "." {
		title = part + ": " + strings.ToLower(title[:1]) + title[1:]
	}
	if p.message != "" && p.commitPer != "chart" {
		return p.message
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
			case x.Follows:
				follow++
			default:
				n++
				from[x.From]++
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s in %s", title, many(n, "reference"), many(len(files), "file"))
	names := slices.SortedFunc(maps.Keys(from), func(a, b string) int { return cmp.Or(from[b]-from[a], strings.Compare(a, b)) })
	for i, name := range names {
		b.WriteString([]string{", ", ": "}[min(1, max(0, 1-i))])
		fmt.Fprintf(&b, "%d from %s", from[name], name)
	}
	b.WriteString(".\n")
	if p.message != "" {
		return p.message + "\n\n" + b.String()
	}
	return b.String()
}

// defaultTitle says where images move to.
func defaultTitle(plan *rewrite.Plan) string {
	to := map[string]int{}
	for i := range plan.Files {
		for _, x := range plan.Files[i].Findings {
			if x.Status == rewrite.Rewritten && !x.Follows { // what follows has no rule of its own
				to[x.To]++
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(to), func(a, b string) int { return cmp.Or(to[b]-to[a], strings.Compare(a, b)) })
	switch len(names) {
	case 0, 1, 2:
		return strings.TrimSpace("Move images to " + strings.Join(names, " and "))
	}
	return fmt.Sprintf("Move images to %s and %d other registries", names[0], len(names)-1)
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sentence says what was done, in a few lines.
func sentence(dry bool, plan *rewrite.Plan, c *pullrequest.Change, r *pullrequest.Result) string {
	did := func(done, would string) string {
		if dry {
			return "would " + would
		}
		return done
	}
	var b strings.Builder
	files := 0
	for _, x := range c.Commits {
		files += len(x.Files)
	}
	if r.Pushed && len(c.Commits) > 0 {
		fmt.Fprintf(&b, "%s %s: %s, %s, on top of %s\n", did("pushed", "push"), r.Branch, many(len(c.Commits), "commit"), many(files, "file"), r.Base)
	}
	number := fmt.Sprintf("pull request #%d of %s", r.Number, r.Repo)
	switch r.Action {
	case pullrequest.Opened:
		if r.Number == 0 {
			number = "a pull request of " + r.Repo
		}
		fmt.Fprintf(&b, "%s %s: %s\n", did("opened", "open"), number, c.Title)
	case pullrequest.Updated:
		fmt.Fprintf(&b, "%s %s: %s\n", did("updated", "update"), number, c.Title)
	case pullrequest.Unchanged:
		fmt.Fprintf(&b, "%s is up to date\n", number)
	case pullrequest.Declined:
		fmt.Fprintf(&b, "%s has the same change and was closed without being merged: it is not opened again\n  delete the branch %s to have a new one\n", number, r.Branch)
	case pullrequest.Closed:
		fmt.Fprintf(&b, "nothing is left to move on %s: %s %s and %s the branch %s\n", r.Base, did("closed", "close"), number, did("deleted", "delete"), r.Branch)
	case pullrequest.Nothing:
		fmt.Fprintf(&b, "nothing is left to move on %s, and no pull request is open\n", r.Base)
		if r.Pushed {
			fmt.Fprintf(&b, "%s the branch %s, which it left behind\n", did("deleted", "delete"), r.Branch)
		}
	}
	return b.String()
}

// resultJSON is what --json prints. It is an interface: names stay.
func resultJSON(dry bool, plan *rewrite.Plan, c *pullrequest.Change, r *pullrequest.Result) any {
	n := plan.Count()
	return struct {
		DryRun     bool     `json:"dryRun"`
		Action     string   `json:"action"` // opened, updated, unchanged, closed, nothing, declined
		Repository string   `json:"repository"`
		Number     int      `json:"number"` // 0 without a pull request
		URL        string   `json:"url"`
		Base       string   `json:"base"`
		Branch     string   `json:"branch"`
		Commit     string   `json:"commit"`
		Commits    int      `json:"commits"`
		Files      int      `json:"files"`
		Rewritten  int      `json:"rewritten"`
		Kept       int      `json:"kept"`
		Title      string   `json:"title"`
		Warnings   []string `json:"warnings"`
	}{
		dry, string(r.Action), r.Repo, r.Number, r.URL, r.Base, r.Branch, r.Commit, len(c.Commits), n.Changed,
		n.Rewritten + n.RewrittenImplied, n.Kept + n.KeptImplied, c.Title, append([]string{}, r.Warnings...),
	}
}
