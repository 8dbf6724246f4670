package rules

import (
	_ "embed"
	"path"
	"slices"
	"strings"
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
	images []string // globs
	except []string
	tags   []condition // alternatives; empty means every tag
	preset string      // the preset that does what the advice recommends, or ""
	advice Advice

	renames []rename // new names that --renames applies

	// presetRules returns the rules of preset and of renames, or nil.
	presetRules func() *Set
}

// A catalogueIndex finds the entries that may select an image. It has their positions
// in the catalogue.
type catalogueIndex struct {
	entries []catalogueEntry
	names   map[string][]int // by globs that are names
	hosts   map[string][]int // by the hosts of the other globs
}

// catalogue parses the embedded catalogue on first use.
var catalogue = sync.OnceValues(func() (*catalogueIndex, error) {
	entries, err := readCatalogue("catalogue.yaml", catalogueFile)
	return newCatalogueIndex(entries), err
})

func newCatalogueIndex(entries []catalogueEntry) *catalogueIndex {
	x := &catalogueIndex{entries, map[string][]int{}, map[string][]int{}}
	for i := range entries {
		e := &entries[i]
		e.presetRules = sync.OnceValue(e.loadPresetRules)
		for _, glob := range e.images {
			if !strings.Contains(glob, "*") {
				x.names[glob] = append(x.names[glob], i)
				continue
			}
			host, _, _ := strings.Cut(glob, "/")
			x.hosts[host] = append(x.hosts[host], i)
		}
	}
	return x
}

// Advise returns what the catalogue says about a reference: oldRef before the
// move, and newRef after it, or "" if no rule moves it. An entry that matches
// both is returned once. An entry is not returned if the preset that it recommends, or
// its own rename, makes the move to newRef. Advise does not contact registries.
func Advise(oldRef, newRef string) []Advice {
	x, err := catalogue()
	if err != nil {
		return nil // TestCatalogue fails
	}
	found := x.matching(nil, oldRef)
	if newRef != "" {
		found = x.matching(found, newRef)
	}
	slices.Sort(found)
	var out []Advice
	for _, i := range slices.Compact(found) {
		if e := &x.entries[i]; !e.isFollowed(oldRef, newRef) {
			out = append(out, e.advice)
		}
	}
	return out
}

// matching appends the entries that select the reference ref to found. An entry may
// occur several times.
func (x *catalogueIndex) matching(found []int, ref string) []int {
	r, err := image.Parse(ref)
	if err != nil {
		return found
	}
	host := dockerHub
	if r.Domain != "" {
		host = image.CanonicalHost(r.Domain)
	}
	name := host + "/" + r.Path
	for _, list := range [][]int{x.names[name], x.hosts[host]} {
		for _, i := range list {
			if x.entries[i].matches(name, r) {
				found = append(found, i)
			}
		}
	}
	return found
}

// matches reports whether the entry selects the reference r, whose host and path are
// name.
func (e *catalogueEntry) matches(name string, r image.Ref) bool {
	matchesName := func(glob string) bool { return matchesGlob(glob, name) }
	if !slices.ContainsFunc(e.images, matchesName) || slices.ContainsFunc(e.except, matchesName) {
		return false
	}
	return len(e.tags) == 0 || slices.ContainsFunc(e.tags, func(c condition) bool { return c.matches(r.Tag, r.Digest) })
}

// matchesGlob reports whether name matches glob, in which * matches one or more
// characters of a single path component.
func matchesGlob(glob, name string) bool {
	literal, _, hasStar := strings.Cut(glob, "*")
	if !hasStar {
		return glob == name
	}
	if !strings.HasPrefix(name, literal) {
		return false // the answer for most names, without an allocation
	}
	ok, err := path.Match(strings.ReplaceAll(glob, "*", "?*"), name)
	return ok && err == nil
}

// loadPresetRules returns the rules of the preset and the renames of the entry, or nil if
// the preset cannot be loaded.
func (e *catalogueEntry) loadPresetRules() *Set {
	list := e.renameRules()
	if e.preset != "" {
		preset, err := Preset(e.preset)
		if err != nil {
			return nil // TestCatalogue fails
		}
		list = append(list, preset...)
	}
	set, err := New(list)
	if err != nil {
		return nil
	}
	return set
}

// isFollowed reports whether the preset or a rename of the entry moves oldRef to newRef, or
// to the end of newRef, before which a mirror has its own name.
func (e *catalogueEntry) isFollowed(oldRef, newRef string) bool {
	if e.preset == "" && len(e.renames) == 0 || newRef == "" {
		return false
	}
	set := e.presetRules()
	if set == nil {
		return false
	}
	m, ok := set.Match(oldRef, Reference)
	if !ok || m.Keep != "" {
		return false
	}
	to := m.New + oldRef[m.Len:]
	return to == newRef || strings.HasSuffix(newRef, "/"+to)
}
