package rules

import (
	_ "embed"
	"regexp"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/image"
)

//go:embed catalogue.yaml
var catalogueFile []byte

// An Advice is a statement of the catalogue about an image, for a person. It
// never changes a reference.
type Advice struct {
	Text   string // one or two sentences
	Source string // the URL of the source
	Date   string // the day of the event, or the day on which the source was read

	// Note says that the text states a fact and requires no action.
	Note bool

	// ForCharts says that the advice is for users who set the values of a
	// chart, and that it covers all references that it is returned for.
	ForCharts bool
}

// A catalogueEntry selects references by repository and tag.
type catalogueEntry struct {
	images []*regexp.Regexp
	except []*regexp.Regexp
	tags   []condition // alternatives; empty means every tag
	preset string      // the preset that does what the advice recommends, or ""
	advice Advice
}

// catalogue parses the embedded catalogue on first use.
var catalogue = sync.OnceValues(func() ([]catalogueEntry, error) { return readCatalogue("catalogue.yaml", catalogueFile) })

// Advise returns what the catalogue says about a reference: oldRef before the
// move, and newRef after it, or "" if no rule moves it. An entry that matches
// both is returned once. An entry is not returned if the preset that it recommends
// makes the move to newRef. Advise does not contact registries.
func Advise(oldRef, newRef string) []Advice {
	entries, err := catalogue()
	if err != nil {
		return nil // TestCatalogue fails
	}
	var out []Advice
	for i := range entries {
		e := &entries[i]
		if (e.matches(oldRef) || newRef != "" && e.matches(newRef)) && !e.isFollowed(oldRef, newRef) {
			out = append(out, e.advice)
		}
	}
	return out
}

// matches reports whether the entry selects the reference ref.
func (e *catalogueEntry) matches(ref string) bool {
	r, err := image.Parse(ref)
	if err != nil {
		return false
	}
	name := image.CanonicalHost(r.Domain) + "/" + r.Path
	if r.Domain == "" {
		name = dockerHub + "/" + r.Path
	}
	matchesName := func(glob *regexp.Regexp) bool { return glob.MatchString(name) }
	if !slices.ContainsFunc(e.images, matchesName) || slices.ContainsFunc(e.except, matchesName) {
		return false
	}
	return len(e.tags) == 0 || slices.ContainsFunc(e.tags, func(c condition) bool { return c.matches(r.Tag, r.Digest) })
}

// isFollowed reports whether the preset of the entry moves oldRef to newRef.
func (e *catalogueEntry) isFollowed(oldRef, newRef string) bool {
	if e.preset == "" || newRef == "" {
		return false
	}
	list, err := Preset(e.preset)
	if err != nil {
		return false // TestCatalogue fails
	}
	set, err := New(list)
	if err != nil {
		return false
	}
	m, ok := set.Match(oldRef, Reference)
	return ok && m.Keep == "" && m.New+oldRef[m.Len:] == newRef
}
