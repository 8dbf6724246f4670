package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
)

// Limits of the list of the tags of a repository. A page of most registries has 100 to
// 1000 tags.
const (
	maxTagPages    = 100
	maxTags        = 200_000
	maxTagPageSize = 16 << 20 // bytes
)

// A Suggestion is what is known about an image that is missing in the new registry.
type Suggestion struct {
	Repository string // the new one, as users write it
	Tag        string // the missing one
	Near       []NearTag
	// Same says that the first of Near is the missing image: only a leading v differs, and it
	// has the digest of the old one.
	Same   bool
	Detail string // what differs, why there are no tags, or that some were not read; may be empty
}

// Suggest looks for tags that exist near the missing ones. results are those of Check.
// The result is nil for those that are not Missing. It lists the tags of each repository
// once. If progress is not nil, Suggest calls it with the number of finished images, never
// concurrently.
func (c *Client) Suggest(ctx context.Context, results []Result, progress func(done int)) []*Suggestion {
	out := make([]*Suggestion, len(results))
	var missing []int
	for i, r := range results {
		if r.Verdict == Missing {
			missing = append(missing, i)
		}
	}
	s := suggester{client: c, lists: map[string]*tagList{}}
	var mu sync.Mutex
	done := 0
	forEach(ctx, c.o.Jobs, len(missing), func(k int) {
		out[missing[k]] = s.suggest(ctx, results[missing[k]])
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
		}
	})
	return out
}

// A suggester lists the tags of each repository once.
type suggester struct {
	client *Client
	mu     sync.Mutex
	lists  map[string]*tagList // by repository
}

// A tagList is a list of the tags of a repository.
type tagList struct {
	once   sync.Once
	tags   []string
	detail string // why some or all tags are missing; may be empty
}

func (s *suggester) suggest(ctx context.Context, r Result) *Suggestion {
	ctx, cancel := context.WithTimeout(ctx, s.client.o.Timeout)
	defer cancel()
	ref, _ := parseConcrete(r.New)
	tag, ok := ref.(name.Tag)
	if !ok {
		return &Suggestion{Detail: "a reference by digest has no other tags"}
	}
	out := &Suggestion{Repository: displayRepository(tag.Context()), Tag: tag.TagStr()}
	list := s.list(ctx, tag.Context())
	out.Near, out.Detail = NearestTags(out.Tag, list.tags), list.detail
	if len(out.Near) == 0 || !out.Near[0].SameVersion {
		// The list may be cut, and some registries do not list tags.
		if other := otherV(out.Tag); other != "" && list.detail != "" {
			if q := s.client.query(ctx, tag.Context().Tag(other), true); q.err == nil {
				out.Near = append(NearestTags(out.Tag, []string{other}), out.Near...)
			}
		}
	}
	if len(out.Near) == 0 || !out.Near[0].SameVersion {
		return out
	}
	q := s.client.query(ctx, tag.Context().Tag(out.Near[0].Tag), true)
	switch {
	case q.err != nil:
		out.Near[0].Why += "; it cannot be read: " + describeError(tag, q.err)
	case q.mismatch != "":
		out.Near[0].Why += "; the registry " + q.mismatch
	case r.OldDigest == "":
		out.Near[0].Why += "; there is no digest of the old image to compare with"
	case r.OldDigest == q.digest:
		out.Near[0].Why += "; the digest of the old image"
		out.Same = true
	default:
		out.Near[0].Why += "; another digest than the old image"
	}
	return out
}

// list returns the tags of a repository.
func (s *suggester) list(ctx context.Context, repo name.Repository) *tagList {
	s.mu.Lock()
	l := s.lists[repo.Name()]
	if l == nil {
		l = &tagList{}
		s.lists[repo.Name()] = l
	}
	s.mu.Unlock()
	l.once.Do(func() { l.tags, l.detail = s.client.listTags(ctx, repo) })
	return l
}

// listTags returns the tags of a repository. detail says why some or all are missing; it is
// empty if the list is complete.
func (c *Client) listTags(ctx context.Context, repo name.Repository) (tags []string, detail string) {
	lister, err := c.puller.Lister(ctx, repo)
	for page := 0; err == nil && lister.HasNext(); page++ {
		if page == maxTagPages || len(tags) > maxTags {
			return tags, fmt.Sprintf("%s has more than %d tags: the others were not read", displayRepository(repo), len(tags))
		}
		p, nextErr := lister.Next(ctx)
		if err = nextErr; err == nil {
			tags = append(tags, p.Tags...)
		}
	}
	switch {
	case err != nil && isMissing(err):
		return nil, fmt.Sprintf("the registry does not have the repository %s", displayRepository(repo))
	case err != nil:
		return tags, "the tags of " + displayRepository(repo) + " cannot be listed: " + describeError(repo.Tag("latest"), err)
	}
	return tags, ""
}

// displayRepository returns a repository as users write it.
func displayRepository(r name.Repository) string {
	return displayName(r.Registry) + "/" + r.RepositoryStr()
}

// limitTagPage limits the size of a page of a list of tags.
func limitTagPage(r *http.Request, resp *http.Response) {
	if strings.HasSuffix(r.URL.Path, "/tags/list") {
		resp.Body = limitedBody{io.LimitReader(resp.Body, maxTagPageSize), resp.Body}
	}
}

type limitedBody struct {
	io.Reader
	io.Closer
}
