package rules

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Set is a validated and combined list of rules. [New] returns one. A Set
// does not change and is safe for concurrent use.
type Set struct {
	rules       []Rule
	oldPrefixes []string
	hosts       map[string]map[string]prefixNode // by canonical host, then by path
	longest     map[string]int                   // length of the longest path of a host
	mentions    *finder
	filter      matchFilter
	namespaces  map[string]bool // of Docker Hub that a rule names, apart from library
	readsTags   bool            // see ReadsTags
}

// A prefixNode holds what the rules say about one prefix. If a rule and a keep
// entry name the same prefix, the rule wins.
type prefixNode struct {
	rule *Rule
	from prefix
	to   prefix
	keep string // the keep entry as written, or ""

	images []imageRule // the rules for the single image of this name
}

// New validates rules as a whole and combines them. It returns an error if
//
//   - a rule is malformed or moves a prefix to itself,
//   - two rules move one prefix to different targets,
//   - a keep entry is outside its rule,
//   - the rules would change a text again on every run,
//   - the target of a rule for a single image is the name of another one.
//
// Duplicate rules count once.
func New(rules []Rule) (*Set, error) {
	parsed, err := parseRules(rules)
	if err != nil {
		return nil, err
	}
	given, images := parsed.prefixes, parsed.images
	composed, err := compose(given)
	if err != nil {
		return nil, err
	}
	s := &Set{
		oldPrefixes: parsed.oldPrefixes,
		hosts:       map[string]map[string]prefixNode{},
		namespaces:  map[string]bool{},
	}
	sortBySpecificity(composed)
	for _, r := range slices.Concat(images, composed) {
		s.rules = append(s.rules, r.rule)
	}
	for i, r := range composed {
		n := s.nodeAt(r.from)
		n.rule, n.from, n.to = &s.rules[len(images)+i], r.from, r.to
		s.hosts[r.from.host][r.from.path] = n
	}
	var singles []imageRule
	for i, r := range images {
		single, err := parseImageRule(r)
		if err != nil {
			return nil, err // parseRule checked it
		}
		single.rule = &s.rules[i]
		singles = append(singles, single)
	}
	if err := s.addImages(singles, given); err != nil {
		return nil, err
	}
	for _, r := range slices.Concat(composed, images) {
		if namespace, _, ok := strings.Cut(r.from.path, "/"); r.from.isDockerHub() && namespace != library && namespace != "" && (ok || !r.rule.IsImage) {
			s.namespaces[namespace] = true
		}
	}
	for _, r := range given {
		for _, k := range r.keep {
			n := s.nodeAt(k)
			n.keep = k.spelled
			s.hosts[k.host][k.path] = n
		}
	}
	s.longest = map[string]int{}
	for host, nodes := range s.hosts {
		for path := range nodes {
			s.longest[host] = max(s.longest[host], len(path))
		}
	}
	_, s.readsTags = s.DependOnTags()
	s.mentions = newFinder(parsed.oldPrefixes)
	s.filter = newMatchFilter(slices.Concat(given, images))
	return s, nil
}

// nodeAt returns the node of p and creates the map of its host.
func (s *Set) nodeAt(p prefix) prefixNode {
	if s.hosts[p.host] == nil {
		s.hosts[p.host] = map[string]prefixNode{}
	}
	return s.hosts[p.host][p.path]
}

// Rules returns the combined rules, the most specific first. The caller may
// change the slice, but not the slices that its elements point to.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// DependOnTags returns the first rule whose result depends on the tag of a reference;
// false if no rule does. A [Table] does not have such rules.
func (s *Set) DependOnTags() (Rule, bool) {
	if i := slices.IndexFunc(s.rules, func(r Rule) bool { return r.DependsOnTag() }); i >= 0 {
		return s.rules[i], true
	}
	return Rule{}, false
}

// ReadsTags reports whether the tag of a reference decides what one of the rules does.
func (s *Set) ReadsTags() bool { return s != nil && s.readsTags }

// OldPrefixes returns the distinct From prefixes of the given rules, as their
// authors wrote them but without a final slash. Mentions searches for these
// texts.
func (s *Set) OldPrefixes() []string { return slices.Clone(s.oldPrefixes) }

// Mentions returns the raw appearances of OldPrefixes in src, whatever the
// surrounding text is: leftmost-longest, not overlapping, sorted. They are the
// matches that `LC_ALL=C grep -oF -e PREFIX1 -e PREFIX2` prints.
func (s *Set) Mentions(src []byte) []edit.Span { return s.mentions.longest(src) }

// NamesNamespace reports whether a rule is on the Docker Hub namespace of the
// short name text, or on an image in it: docker.io/bitnami names the namespace of
// bitnami/redis. A rule on all of Docker Hub, or on library, names none.
func (s *Set) NamesNamespace(text string) bool {
	namespace, _, ok := strings.Cut(text, "/")
	return ok && s.namespaces[namespace]
}

// NamesOfficialImage reports whether a rule is on the image called name, which has
// one component, in the namespace library of Docker Hub: docker.io/nginx or
// docker.io/library/nginx.
func (s *Set) NamesOfficialImage(name string) bool {
	paths := s.hosts[dockerHub]
	inLibrary := paths[library+"/"+name]
	return paths[name].rule != nil || inLibrary.rule != nil || len(inLibrary.images) > 0
}
