package pullrequest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"
)

const rerunHint = "run the same command again: what was done is found again"

// describeError says what went wrong with a request to the forge.
func (f *forge) describeError(err error, doing string) error {
	p := &Problem{err: err}
	if wait, limited := retryAfter(err); limited {
		p.Message = fmt.Sprintf("%s: the forge takes no more requests of this token for now", doing)
		p.Hint = rerunHint + ", later"
		if wait >= 0 {
			p.Hint = fmt.Sprintf("in %s %s", wait.Round(time.Second), rerunHint)
		}
		return p
	}
	e := (*github.ErrorResponse)(nil)
	if !errors.As(err, &e) || e.Response == nil {
		p.Message = fmt.Sprintf("%s: the forge at %s does not answer: %v", doing, f.api, err)
		p.Hint = "once it answers, " + rerunHint
		return p
	}
	said := apiMessage(e)
	switch code := e.Response.StatusCode; {
	case code == http.StatusUnauthorized:
		p.Message = fmt.Sprintf("%s: the forge at %s does not accept the token%s", doing, f.api, said)
		p.Hint = "it may have expired, or belong to another forge"
	case strings.Contains(said, "GitHub Actions is not permitted to create or approve pull requests"):
		p.Message = fmt.Sprintf("%s: the forge refuses%s", doing, said)
		p.Hint = "allow it in the settings of the repository or organisation (Actions, General, Workflow permissions), or use a token of an app"
	case code == http.StatusForbidden:
		p.Message = fmt.Sprintf("%s: the forge refuses%s", doing, said)
		p.Hint = "the token needs the permission pull requests: write"
		if needs := e.Response.Header.Get("X-Accepted-GitHub-Permissions"); needs != "" {
			p.Hint = "the token needs one of the permissions that the forge asks for: " + needs
		}
	case code == http.StatusNotFound:
		p.Message = fmt.Sprintf("%s: %s/%s is not found at %s%s", doing, f.owner, f.repo, f.api, said)
		p.Hint = "is the name right, and may the token see it? --api-url says where the interface is; Gitea's ends with /api/v1"
	case code >= 500:
		p.Message = fmt.Sprintf("%s: the forge at %s fails: %s%s", doing, f.api, e.Response.Status, said)
		p.Hint = "once it works again, " + rerunHint
	default:
		p.Message = fmt.Sprintf("%s: the forge refuses: %s%s", doing, e.Response.Status, said)
	}
	return p
}

// apiMessage is what the forge has to say, after a colon; "" when it says nothing.
func apiMessage(e *github.ErrorResponse) string {
	parts := []string{e.Message}
	for _, x := range e.Errors {
		switch {
		case x.Message != "":
			parts = append(parts, x.Message)
		case x.Field != "":
			parts = append(parts, x.Field+" is "+x.Code)
		}
	}
	out := ""
	for _, x := range parts {
		if x = strings.Join(strings.Fields(x), " "); x != "" {
			out += ": " + x
		}
	}
	return out
}
