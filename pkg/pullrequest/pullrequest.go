// Package pullrequest pushes a change to a branch of a remote repository and
// maintains one pull request for it: it opens the pull request, updates it in
// later runs, and closes it when nothing is left to change.
//
// [Prepare] reads the state of the repository and its remote.
// [Session.Checkout] writes the files of the base branch to a folder, from which
// the caller makes the change. [Session.Apply] pushes the change and updates the
// pull request. The package guarantees:
//
//   - It does not change the user's work tree, index, HEAD and branches: it makes
//     commits with git plumbing commands and a temporary index. It adds objects
//     to the repository, and a push updates the remote-tracking branch.
//   - A second run with the same change does nothing. A run after a failure
//     continues where the failed run stopped.
//   - A branch is overwritten only if all its new commits were made by this
//     package, which it recognizes by a trailer, and only if the branch did not
//     change during the run.
//   - The token is read from the environment and sent only to the hosts of the
//     remote and of the API. It appears in no argument, file, configuration,
//     output or error.
//
// Each kind of forge is one file, which ends with the methods of the interface forge, and
// one entry in the list forges.
package pullrequest

import (
	"context"
	"time"
)

// Options select the repository and the branches, and set the properties of the
// commits and the pull request. Dir and Branch are required.
type Options struct {
	Dir    string // a folder of the repository
	Remote string // the name of the remote; "": origin
	Base   string // the branch to change; "": the default branch of the remote
	Branch string // the branch for the change

	// PushRemote is the name of the remote that the branch is pushed to, such
	// as a fork of the repository at the same forge; "": the same as Remote.
	PushRemote string

	// Forge is one of ForgeNames; "": derived from the address of the remote, the
	// variables of CI systems and APIURL.
	Forge string

	// APIURL is the URL of the forge's REST API, such as
	// https://github.example/api/v3; "": derived from the address of the remote
	// and GITHUB_API_URL. Repo is OWNER/NAME, or what the forge has instead; "":
	// derived from the address of the remote.
	APIURL, Repo string

	Author, Committer string   // "Name <address>"; "": from the configuration of git
	SignOff           bool     // add the trailer Signed-off-by with the committer
	Trailers          []string // "Key: value", added to each message

	Labels, Reviewers, Teams, Assignees []string // Teams are slugs of teams
	Draft                               bool     // open new pull requests as drafts

	// MaxWait is the longest time to wait if the forge rejects a request
	// because of a rate limit; 0: one minute.
	MaxWait time.Duration

	// DryRun reports what would be done, without pushing or changing anything.
	DryRun bool

	Getenv func(string) string                        // nil: os.Getenv
	Sleep  func(context.Context, time.Duration) error // waits; nil: with a timer
}

// A Change is the desired content of a pull request. A Change without commits
// means that nothing is left to change.
type Change struct {
	Commits        []Commit // in order; the first is on top of the base
	Title, Body    string   // of the pull request; Body is Markdown
	ClosingComment string   // added to the pull request when it is closed
}

// A Commit is one commit of a change.
type Commit struct {
	Message string // without trailers
	Files   []File // the changed files, which must exist in the base
}

// A File is a file of the base with its new content. Its mode does not change.
type File struct {
	Path    string // slash-separated, relative to the root of the repository
	Content []byte
}

// An Action says what was done with the pull request.
type Action string

// The actions.
const (
	Opened    Action = "opened"
	Updated   Action = "updated"
	Unchanged Action = "unchanged" // it is up to date
	Closed    Action = "closed"    // nothing is left to change
	Nothing   Action = "nothing"   // nothing is left to change, and no pull request is open
	Declined  Action = "declined"  // somebody closed it with the same commits; it is not opened again
)

// A Result says what was done, or what would be done in a dry run.
type Result struct {
	Action   Action
	Number   int      // of the pull request; 0 if there is no pull request
	URL      string   // of its page; "" if there is no pull request
	Repo     string   // OWNER/NAME, or what the forge has instead
	Base     string   // the branch to change
	Branch   string   // the branch with the change
	Commit   string   // the last commit of the branch; "" if there is no commit
	Pushed   bool     // the branch was pushed, or deleted
	Warnings []string // labels, reviewers and assignees that the forge rejected or does not have; in a dry run, the missing token
}

// A Problem is an error that the user can fix.
type Problem struct {
	Message string
	Hint    string // what to do, one or more lines; may be empty

	// Usage is true if nothing was done, and the repository or the command
	// line must change first.
	Usage bool

	err error
}

func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + "\n  " + p.Hint
}

func (p *Problem) Unwrap() error { return p.err }
