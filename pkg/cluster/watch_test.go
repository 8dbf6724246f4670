package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// A change of an object, and a state that the server has dropped, end a wait. A watch that
// ends goes on where it was. What cannot be watched is an error.
func TestWaitForChange(t *testing.T) {
	event := func(kind, version string) string {
		return fmt.Sprintf(`{"type":%q,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"x","resourceVersion":%q}}}`+"\n", kind, version)
	}
	for name, c := range map[string]struct {
		answers []string // to the watches of pods; a number is a status
		want    string   // a part of the error, "" for none
		from    []string // the versions of these watches
	}{
		"an object is added":            {[]string{event("ADDED", "2")}, "", []string{"1"}},
		"an object changes":             {[]string{event("BOOKMARK", "5") + event("MODIFIED", "6")}, "", []string{"1"}},
		"a watch ends":                  {[]string{event("BOOKMARK", "5"), event("BOOKMARK", "7"), event("DELETED", "8")}, "", []string{"1", "5", "7"}},
		"a watch is cut":                {[]string{`{"type":"MOD`, event("MODIFIED", "3")}, "", []string{"1", "1"}},
		"nothing happens, again":        {[]string{"", "", "", "", ""}, "", []string{"1", "1", "1", "1", "1"}},
		"the state is dropped":          {[]string{`{"type":"ERROR","object":{"kind":"Status","code":410}}`}, "", []string{"1"}},
		"the state is dropped, at once": {[]string{"410"}, "", []string{"1"}},
		"no permission":                 {[]string{"403"}, "/api/v1/pods: not allowed", []string{"1"}},
		"no watch":                      {[]string{`{"kind":"PodList","items":[]}`}, "/api/v1/pods: the response is not a watch", []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := testcluster.StartFake(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a}\nspec: {containers: []}\n")
			var mu sync.Mutex
			var from []string
			answers := c.answers
			f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				q := r.URL.Query()
				if q.Get("watch") == "" {
					return false
				}
				mu.Lock()
				defer mu.Unlock()
				if r.URL.Path != "/api/v1/pods" || len(answers) == 0 {
					mu.Unlock()
					<-r.Context().Done()
					mu.Lock()
					return true
				}
				from = append(from, q.Get("resourceVersion"))
				answer := answers[0]
				answers = answers[1:]
				switch answer {
				case "410":
					testcluster.Status(w, http.StatusGone, "Expired", "too old", "")
				case "403":
					testcluster.Status(w, http.StatusForbidden, "Forbidden", "not allowed", "")
				default:
					w.Header().Set("Content-Type", "application/json")
					_, _ = w.Write([]byte(answer))
				}
				return true
			}
			r := list(t, f, Options{Watch: true}, 0)
			err := r.WaitForChange(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got the error %v, want %q", err, c.want)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(from, c.from) {
				t.Errorf("the watches began at %q, want %q", from, c.from)
			}
		})
	}
}

// A wait ends with its context.
func TestWaitForChangeEnds(t *testing.T) {
	f := testcluster.StartFake(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a}\nspec: {containers: []}\n")
	ctx, cancel := context.WithCancel(t.Context())
	f.Fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("watch") == "" {
			return false
		}
		cancel()
		<-r.Context().Done()
		return true
	}
	r := list(t, f, Options{Watch: true}, 0)
	if err := r.WaitForChange(ctx); err == nil {
		t.Error("no error")
	}
}
