package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A FoundRegistry is a registry of the references of a repository.
type FoundRegistry struct {
	Host       string
	References int    // the number of different references
	Place      string // PATH:LINE of the first one
	IsSure     bool   // it serves images for certain; other hosts may be those of web pages
}

// mirrorOf returns the mirror of the flags or of the configuration, or nil.
func mirrorOf(f *Flags, config *rules.Config) (*rules.Mirror, error) {
	switch {
	case f.Mirror == "" && len(f.MirrorNames) > 0:
		return nil, errors.New("--mirror-name: expected with --mirror\n  in a configuration, names are in the key names of the rule")
	case f.Mirror == "":
		return config.Mirror, nil
	case config.Mirror != nil:
		return nil, fmt.Errorf("--mirror: the configuration has a mirror as well (%s); remove one of them", config.Mirror.Name)
	}
	return rules.ParseMirrorFlag(f.Mirror, f.MirrorNames)
}

// findMirrorRules adds the rules of the mirror, if there is one.
func (s *Session) findMirrorRules(f *Flags) error {
	if f.FindRegistries != nil {
		return s.UseMirror(f.FindRegistries)
	}
	if m := s.mirror; m != nil && len(m.NamedRegistries()) == 0 {
		return errMirrorNeedsFiles(m)
	}
	return nil
}

// UseMirror adds the rules of the mirror, if there is one, for the registries that find
// returns, for the registries that have names, and for those to which other rules move
// images. It replaces the rules that an earlier call has added.
func (s *Session) UseMirror(find func(*Session) ([]FoundRegistry, error)) error {
	m := s.mirror
	if m == nil {
		return nil
	}
	found, err := find(s)
	if err != nil {
		return err
	}
	var hosts []string
	if m.NamesAll() {
		hosts = append(hosts, rules.WellKnownRegistries[:]...)
	}
	for _, x := range found {
		if x.IsSure || m.NamesAll() {
			hosts = append(hosts, x.Host)
		}
	}
	if len(hosts) > maxRegistries {
		return fmt.Errorf("%s: the repository has more than %d registries; expected those that move, with --rule", m.Name, maxRegistries)
	}
	return s.addMirrorRules(hosts, found)
}

// maxRegistries is the maximum number of registries that a mirror moves. Real repositories
// have a few dozen.
const maxRegistries = 1000

// OnMirror returns the registry from which the mirror has the image ref, if ref is on the
// mirror and its name says so.
func (s *Session) OnMirror(ref string) (string, bool) {
	if s.mirror == nil {
		return "", false
	}
	return s.mirror.RegistryOf(ref)
}

// addMirrorRules adds the rules of the mirror for hosts. found has the places for messages.
func (s *Session) addMirrorRules(hosts []string, found []FoundRegistry) error {
	m := s.mirror
	hosts = append(slices.Clone(hosts), m.NamedRegistries()...)
	own := map[string]bool{} // hosts that a rule moves as a whole
	for _, r := range s.ruleList {
		own[image.CanonicalHost(r.From)] = true
		if host, _, _ := strings.Cut(r.To, "/"); !strings.HasPrefix(r.To, "https:") {
			hosts = append(hosts, host)
		}
	}
	hosts = slices.DeleteFunc(hosts, func(h string) bool { return own[image.CanonicalHost(h)] })
	list, kept, err := m.Rules(hosts)
	if unnamed := (*rules.UnnamedError)(nil); errors.As(err, &unnamed) {
		return s.unnamedError(unnamed, found)
	}
	if err != nil {
		return err
	}
	s.keptByMirror = kept
	s.Rewrite.Rules, err = rules.New(append(slices.Clone(s.ruleList), list...))
	return err
}

// unnamedError says which registries need names, where they are, and what to do.
func (s *Session) unnamedError(e *rules.UnnamedError, found []FoundRegistry) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the mirror %s needs names for these registries:", s.mirror.Name, s.mirror.To)
	for _, host := range e.Hosts {
		b.WriteString("\n  " + host)
		for _, x := range found {
			if x.Host == host {
				fmt.Fprintf(&b, ": %s, the first in %s", Plural(x.References, "reference"), x.Place)
			}
		}
	}
	fmt.Fprintf(&b, "\n  give each a name: --mirror-name %s=NAME, or the key names in the configuration; the key keep lists registries that do not move", e.Hosts[0])
	return errors.New(b.String())
}

// errMirrorNeedsFiles is the error of a command that reads no files.
func errMirrorNeedsFiles(m *rules.Mirror) error {
	return fmt.Errorf("%s: this command reads no files of a repository, so it cannot know the registries that the mirror %s is in front of\n  name them: with --mirror-name REGISTRY=NAME, or in the configuration with names", m.Name, m.To)
}

// MirrorNotes returns a note about the registries that the mirror does not move, if any.
func (s *Session) MirrorNotes() []rewrite.Advice {
	var kept []string
	for _, k := range s.keptByMirror {
		kept = append(kept, k.Host+" ("+k.Reason+")")
	}
	if len(kept) == 0 {
		return nil
	}
	return []rewrite.Advice{{Note: true, Text: "The mirror does not move images of " + strings.Join(kept, ", ") + "."}}
}
