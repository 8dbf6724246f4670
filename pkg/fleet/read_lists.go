package fleet

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// ownerLabel is the label of a cluster that names the owner of an object, as in
// `regmigrate cluster`.
const ownerLabel = "team"

// readRules reads the prefixes of the rules.
func (d *document) readRules() error {
	return elements(d, func(r *struct {
		From string `json:"from"`
		To   string `json:"to"`
	}) {
		if r.From != "" { // a merged state has only digests
			d.sources, d.targets = append(d.sources, r.From), append(d.targets, r.To)
		}
	})
}

// readSkipped looks for files that could not be read.
func (d *document) readSkipped() error {
	return elements(d, func(s *struct {
		Path   string `json:"path"`
		Reason string `json:"reason"`
		Error  string `json:"error"`
	}) {
		if walk.Reason(s.Reason) == walk.Unreadable {
			d.addReason(&failedInput{Path: s.Path, Error: "unreadable: " + s.Error})
		}
	})
}

// readFiles reads the files of a plan.
func (d *document) readFiles() error {
	return d.list(func() error {
		var path, problem string
		var owners []string
		counts := map[string]*Counts{} // by the registry
		err := d.object(func(name string) error {
			switch name {
			case "path":
				return d.value(&path)
			case "error":
				return d.value(&problem)
			case "owners":
				return d.value(&owners)
			case "findings":
				return elements(d, func(f *finding) { d.countFinding(f, counts) })
			}
			return d.dec.SkipValue()
		})
		if err != nil {
			return err
		}
		if problem != "" {
			d.addReason(&failedInput{Path: path, Error: problem})
		}
		owner := strings.Join(owners, " ")
		for registry, c := range counts {
			d.count("", owner, registry).add(*c)
		}
		return nil
	})
}

// A finding is one mention of a plan.
type finding struct {
	Status         string `json:"status"`
	Reason         string `json:"reason"`
	Consequence    bool   `json:"consequence"`
	MovesIfScanned bool   `json:"movesIfScanned"`
	Old            string `json:"old"`
}

// countFinding counts a finding for its registry, as --check does. A reference that the run
// rewrote counts as to move: the report is about the commit before the run.
func (d *document) countFinding(f *finding, counts map[string]*Counts) {
	registry := d.registryOf(f.Old)
	c := counts[registry]
	if c == nil {
		c = &Counts{}
		counts[registry] = c
	}
	switch reason := format.Reason(f.Reason); {
	case f.Consequence:
	case f.Status == "rewritten" || f.MovesIfScanned:
		c.ToMove++
	case reason == format.LikelyImage:
		c.Likely++
	case reason.IsUnresolved() || reason == format.LostEntry || reason == format.OutdatedPolicy:
		c.ByHand++
	default:
		c.NotChanged++
	}
}

// registryOf returns the registry of a reference, or of a text that mentions the prefix of a
// rule.
func (d *document) registryOf(text string) string {
	name, _ := image.TrimTransport(text)
	best := ""
	for _, from := range d.sources {
		host, _, _ := strings.Cut(strings.TrimPrefix(from, "https://"), "/")
		switch {
		case strings.HasPrefix(name, host):
			return image.CanonicalHost(host)
		case strings.Contains(text, host) && len(host) > len(best):
			best = host
		}
	}
	if best != "" {
		return image.CanonicalHost(best)
	}
	if ref, err := image.Parse(name); err == nil {
		registry, _ := image.Normalize(ref.Domain, ref.Path)
		return registry
	}
	return ""
}

// readImage reads an image of an inventory or of a cluster. The images of a plan are
// verdicts of registries: they have no uses.
func (d *document) readImage() error {
	var registry, repository, moved string
	var uses []imageUse
	err := d.object(func(name string) error {
		switch name {
		case "registry":
			return d.value(&registry)
		case "repository":
			return d.value(&repository)
		case "new":
			return d.value(&moved)
		case "uses":
			return elements(d, func(u *imageUse) { uses = append(uses, *u) })
		}
		return d.dec.SkipValue()
	})
	isTarget := moved == "" && d.isTarget(registry+"/"+repository)
	for i := range uses {
		u := &uses[i]
		c := &Counts{}
		switch {
		case u.Context != nil && !u.Gates: // it cannot run again
		case moved != "" && u.Likely:
			c.Likely++
		case moved != "":
			c.ToMove++
		case isTarget:
			c.Moved++
		}
		switch {
		case *c == Counts{}:
		case u.Context != nil:
			d.count(*u.Context, u.Labels[ownerLabel], registry).add(*c)
		default:
			at := use{u.Path, registry}
			if d.byPath[at] == nil {
				d.byPath[at] = &Counts{}
			}
			d.byPath[at].add(*c)
		}
	}
	return err
}

// An imageUse is a place that names an image.
type imageUse struct {
	Path    string            `json:"path"`
	Likely  bool              `json:"likely"`
	Context *string           `json:"context"` // nil for files
	Gates   bool              `json:"gates"`
	Labels  map[string]string `json:"labels"`
}

// isTarget reports whether a rule moves references to this name.
func (d *document) isTarget(name string) bool {
	return slices.ContainsFunc(d.targets, func(to string) bool {
		rest, ok := strings.CutPrefix(name, to)
		return ok && (rest == "" || rest[0] == '/')
	})
}
