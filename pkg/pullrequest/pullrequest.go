// Package pullrequest puts a change on a branch of a remote repository and
// keeps one pull request for it: opens it, updates the one that it opened
// before, closes it when nothing is left to change.
//
// [Prepare] looks at the repository and its remote. [Session.Checkout] writes
// the tree of the base branch, as it is on the remote, to a folder that a
// change can be made from, and [Session.Apply] does the rest. What the package
// promises:
//
//   - the user's work tree, index, HEAD and branches are never written to:
//     commits are made by git's plumbing with an index of their own. What is
//     left behind are objects, and what a push notes of the remote;
//   - a second run with the same change does nothing, and one after a failure
//     goes on where the first stopped;
//   - a branch is overwritten only if all that is new on it are commits of
//     this package, which it knows by a trailer, and only if it is still what
//     it was when it was looked at;
//   - the token is read from the environment, goes to the host of the remote
//     and of the API alone, and is in no argument, file, configuration, output
//     or error.
//
// It talks to GitHub, to GitHub Enterprise, and to forges whose interface for
// pull requests is like GitHub's, such as Gitea. It knows nothing of what is
// in a change.
package pullrequest

import (
	"context"
	"time"
)

// Options say where a pull request goes and what it looks like. The zero value
// of every field but Dir is the default.
type Options struct {
	Dir    string // a folder of the repository
	Remote string // the name of the remote; "": origin
	Base   string // the branch to change; "": the default branch of the remote
	Branch string // the branch that carries the change; needed

	// PushRemote is the name of the remote that the branch is pushed to, a
	// fork of the repository at the same forge; "": Remote itself.
	PushRemote string

	// API is the address of the forge's interface, such as
	// https://github.example/api/v3; "": what the remote's address and
	// GITHUB_API_URL say. Repo is OWNER/NAME; "": what the remote's address says.
	APIURL, Repo string

	Author, Committer string   // as "Name <address>"; "": what git says
	SignOff           bool     // add Signed-off-by, with the committer
	Trailers          []string // lines "Key: value" at the end of each message

	Labels, Reviewers, Teams, Assignees []string // Teams are their slugs
	Draft                               bool     // of a pull request that is opened

	// MaxWait is how long a request waits at most that the forge defers
	// because of too many; 0: a minute.
	MaxWait time.Duration

	// DryRun asks what would be done. Nothing is pushed and nothing is sent.
	DryRun bool

	Getenv func(string) string                        // nil: os.Getenv
	Sleep  func(context.Context, time.Duration) error // nil: until then, or until the context is done
}

// A Change is what a pull request should hold. One without commits says that
// nothing is left to change.
type Change struct {
	Commits        []Commit // in order, the first on top of the base
	Title, Body    string   // of the pull request; Body is Markdown
	ClosingComment string   // what is said when the pull request is closed, since nothing is left
}

// A Commit is one commit of a change.
type Commit struct {
	Message string // without trailers
	Files   []File // those it changes; they exist in the base
}

// A File is a file of the base with its new content. Its mode stays.
type File struct {
	Path    string // slash-separated, relative to the top of the repository
	Content []byte
}

// An Action is what became of the pull request.
type Action string

// The actions.
const (
	Opened    Action = "opened"
	Updated   Action = "updated"
	Unchanged Action = "unchanged" // it is as it should be
	Closed    Action = "closed"    // nothing is left to change
	Nothing   Action = "nothing"   // nothing is left to change, and none is open
	Declined  Action = "declined"  // somebody closed it as it is, so that it is not opened again
)

// A Result is what was done, or would be.
type Result struct {
	Action   Action
	Number   int    // of the pull request, 0 without one
	URL      string // of its page, "" without one
	Repo     string // OWNER/NAME
	Base     string // the branch to change
	Branch   string // the branch of the change
	Commit   string // the last commit of the branch, "" without one
	Pushed   bool   // the branch was pushed, or deleted
	Warnings []string
}

// A Problem is what is wrong, and what to do about it.
type Problem struct {
	Message string
	Hint    string // a line or more; may be empty

	// Usage says that nothing was done, and that the repository or the
	// command line has to change first.
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
