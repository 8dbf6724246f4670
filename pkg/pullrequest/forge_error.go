package pullrequest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"
)

const rerunHint = "run the same command again; finished steps are not repeated"

// describeError returns the error for a failed request to the forge. doing says
// what the request was for.
func (f *forge) describeError(err error, doing string) error {
	p := &Problem{err: err}
	if wait, limited := retryAfter(err); limited {
		p.Message = fmt.Sprintf("%s: the forge accepts no more requests with this token for now", doing)
		p.Hint = "later, " + rerunHint
		if wait >= 0 {
			p.Hint = fmt.Sprintf("in %s, %s", wait.Round(time.Second), rerunHint)
		}
		return p
	}
	e := (*github.ErrorResponse)(nil)
	if !errors.As(err, &e) || e.Response == nil {
		p.Message = fmt.Sprintf("%s: the forge at %s does not answer: %v", doing, f.api, err)
		p.Hint = "when it answers, " + rerunHint
		return p
	}
	text := apiMessage(e)
	switch code := e.Response.StatusCode; {
	case code == http.StatusUnauthorized:
		p.Message = fmt.Sprintf("%s: the forge at %s does not accept the token%s", doing, f.api, text)
		p.Hint = "the token may have expired, or may belong to another forge"
	case strings.Contains(text, "GitHub Actions is not permitted to create or approve pull requests"):
		p.Message = fmt.Sprintf("%s: the forge rejects the request%s", doing, text)
		p.Hint = "allow it in the settings of the repository or organization (Actions, General, Workflow permissions), or use the token of a GitHub App"
	case code == http.StatusForbidden:
		p.Message = fmt.Sprintf("%s: the forge rejects the request%s", doing, text)
		p.Hint = "the token needs the permission pull requests: write"
		if needs := e.Response.Header.Get("X-Accepted-GitHub-Permissions"); needs != "" {
			p.Hint = "the token needs one of these permissions: " + needs
		}
	case code == http.StatusNotFound:
		p.Message = fmt.Sprintf("%s: %s/%s was not found at %s%s", doing, f.owner, f.repo, f.api, text)
		p.Hint = "check the name, and that the token can read the repository; --api-url sets the address of the API, which ends with /api/v1 for Gitea"
	case code >= 500:
		p.Message = fmt.Sprintf("%s: the forge at %s fails: %s%s", doing, f.api, e.Response.Status, text)
		p.Hint = "when it works again, " + rerunHint
	default:
		p.Message = fmt.Sprintf("%s: the forge rejects the request: %s%s", doing, e.Response.Status, text)
	}
	return p
}

// apiMessage returns the messages of an error response, each after a colon.
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
