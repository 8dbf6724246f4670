package app

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// printResult prints the URL, the JSON or the text of the pull request to standard
// output, and what was done to standard error.
func (run *pullRequestRun) printResult(plan *rewrite.Plan, change *pullrequest.Change, result *pullrequest.Result) error {
	s, f := run.streams, run.flags
	for _, w := range result.Warnings {
		fmt.Fprintf(s.Err, "warning: %s\n", report.EscapeText(w))
	}
	if !f.Quiet {
		fmt.Fprint(s.Err, describeResult(f.DryRun, plan, change, result))
	}
	switch {
	case run.options.JSON:
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(resultJSON(f.DryRun, plan, change, result))
	case f.DryRun && len(change.Commits) > 0:
		_, err := io.WriteString(s.Out, change.Body)
		return err
	case result.URL != "" && !f.DryRun:
		_, err := fmt.Fprintln(s.Out, result.URL)
		return err
	}
	return nil
}

// describeResult describes in a few lines what was done.
func describeResult(dry bool, plan *rewrite.Plan, c *pullrequest.Change, r *pullrequest.Result) string {
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
		fmt.Fprintf(&b, "%s %s: %s, %s, on top of %s\n", did("pushed", "push"), r.Branch, session.Plural(len(c.Commits), "commit"), session.Plural(files, "file"), r.Base)
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
		fmt.Fprintf(&b, "%s has the same change and was closed without a merge: regmigrate does not open it again\n  to get a new pull request, delete the branch %s\n", number, r.Branch)
	case pullrequest.Closed:
		fmt.Fprintf(&b, "nothing to move on %s: %s %s and %s the branch %s\n", r.Base, did("closed", "close"), number, did("deleted", "delete"), r.Branch)
	case pullrequest.Nothing:
		fmt.Fprintf(&b, "nothing to move on %s, and no pull request is open\n", r.Base)
		if r.Pushed {
			fmt.Fprintf(&b, "%s the leftover branch %s\n", did("deleted", "delete"), r.Branch)
		}
	}
	return b.String()
}

// A prJSON is the output of --json. schema/pr.schema.json describes it.
type prJSON struct {
	Version    int      `json:"version"`
	DryRun     bool     `json:"dryRun"`
	Action     string   `json:"action"`
	Repository string   `json:"repository"`
	Number     int      `json:"number"`
	URL        string   `json:"url"`
	Base       string   `json:"base"`
	Branch     string   `json:"branch"`
	Commit     string   `json:"commit"`
	Pushed     bool     `json:"pushed"`
	Commits    int      `json:"commits"`
	Files      int      `json:"files"`
	Rewritten  int      `json:"rewritten"`
	NotChanged int      `json:"notChanged"`
	Title      string   `json:"title"`
	Warnings   []string `json:"warnings"`
}

func resultJSON(dry bool, plan *rewrite.Plan, c *pullrequest.Change, r *pullrequest.Result) prJSON {
	n := plan.Count()
	return prJSON{
		Version: 1, DryRun: dry, Action: string(r.Action), Repository: r.Repo, Number: r.Number, URL: r.URL,
		Base: r.Base, Branch: r.Branch, Commit: r.Commit, Pushed: r.Pushed && !dry, Commits: len(c.Commits), Files: n.ChangedFiles,
		Rewritten: n.Rewritten + n.RewrittenImplicit, NotChanged: n.NotChanged + n.NotChangedImplicit, Title: c.Title,
		Warnings: append([]string{}, r.Warnings...),
	}
}
