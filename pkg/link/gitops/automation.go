package gitops

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// setter is the comment by which image automation finds what it sets.
// Source: https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources
var setter = regexp.MustCompile(`#\s*\{\s*"\$imagepolicy"\s*:\s*"([^":\s]+):([^":\s]+)(?::(tag|name|digest))?"\s*\}`)

// An automated is what image automation sets from one ImageRepository.
type automated struct {
	occs  []format.Occurrence
	first bool // the first is the ImageRepository's own
}

// objectName names an object; the namespace is "" where the file leaves it out.
type objectName struct{ namespace, name string }

// imageAutomation makes a group of each ImageRepository and the lines that its
// policies set: the next update would write the name of the one into the other.
func (d *gitopsLinker) imageAutomation() {
	lines := d.setterLines()
	if len(lines) == 0 && !d.mentions("ImageRepository") {
		return
	}
	repositories, policies := d.imageObjects()
	d.tree.MergeLoaded()
	lines = d.setterLines() // those of files that were read meanwhile too
	groups := map[*entity]*automated{}
	var order []*entity
	get := func(e *entity) *automated {
		if groups[e] == nil {
			groups[e] = &automated{}
			order = append(order, e)
			if occs := d.within(e.file, e.root.Field("spec").Field("image")); len(occs) == 1 {
				groups[e].occs, groups[e].first = []format.Occurrence{*occs[0]}, true
			}
		}
		return groups[e]
	}
	for _, l := range lines {
		if repo := d.repositoryOf(l.policy, policies, repositories); repo != nil {
			g := get(repo)
			g.occs = append(g.occs, *l.occ)
		} else if d.move.Moves(l.occ) && l.occ.Keep == "" {
			d.tree.Advice = append(d.tree.Advice, link.Advice{Path: l.file.Path, At: l.occ.Pieces[0].Span.Start, Text: fmt.Sprintf(
				"Flux sets this line from the image policy %s:%s, and this repository does not have the ImageRepository behind it: change its spec.image too, or the next update writes the old name back", l.policy.namespace, l.policy.name)})
		}
	}
	for _, e := range order {
		if g := groups[e]; g.first && len(g.occs) > 1 {
			d.found = append(d.found, link.Group{Occurrences: g.occs, Why: "image automation writes the name in ImageRepository " + e.name() + " here"})
		}
	}
}

// A setterLine is a line that a policy sets, with a reference in it.
type setterLine struct {
	file   *link.File
	policy objectName
	occ    *format.Occurrence
}

// setterLines finds the lines of the files at hand that image automation sets
// and that hold a reference.
func (d *gitopsLinker) setterLines() []setterLine {
	var out []setterLine
	d.tree.MergeLoaded()
	for _, f := range d.tree.Files {
		if !bytes.Contains(f.Src, []byte(`"$imagepolicy"`)) {
			continue
		}
		for _, m := range setter.FindAllSubmatchIndex(f.Src, -1) {
			start := bytes.LastIndexByte(f.Src[:m[0]], '\n') + 1
			line := edit.Span{Start: start, End: m[0]}
			policy := objectName{string(f.Src[m[2]:m[3]]), string(f.Src[m[4]:m[5]])}
			for i := range f.Scanned.Occurrences {
				o := &f.Scanned.Occurrences[i]
				on := false
				for k := range o.Pieces {
					on = on || o.Pieces[k].Path == f.Path && line.Contains(o.Pieces[k].Span)
				}
				if on && !o.Unconfirmed && o.Scope == format.Manifests {
					out = append(out, setterLine{f, policy, o})
				}
			}
		}
	}
	return out
}

// imageObjects returns the ImageRepositories and the ImagePolicies of the
// repository.
func (d *gitopsLinker) imageObjects() (repositories, policies []*entity) {
	for _, f := range d.files(true, fluxImage, `"$imagepolicy"`) {
		all, _ := entities(f)
		for _, e := range all {
			switch {
			case e.of(fluxImage, "ImageRepository"):
				repositories = append(repositories, e)
			case e.of(fluxImage, "ImagePolicy"):
				policies = append(policies, e)
			}
		}
	}
	return repositories, policies
}

// repositoryOf returns the ImageRepository that a policy gets its name from,
// nil when it is not in the repository.
func (d *gitopsLinker) repositoryOf(policy objectName, policies, repositories []*entity) *entity {
	p := named(policies, policy)
	if p == nil {
		return nil
	}
	ref := p.root.Field("spec").Field("imageRepositoryRef")
	repo := objectName{ref.Str("namespace"), ref.Str("name")}
	if repo.namespace == "" {
		repo.namespace = policy.namespace
	}
	return named(repositories, repo)
}

// named returns the one object of this name: in its namespace, or in none that
// a file says, as a kustomization may set it.
func named(all []*entity, want objectName) *entity {
	var exact, open []*entity
	for _, e := range all {
		switch {
		case e.name() != want.name || strings.Contains(e.namespace(), "$"):
		case e.namespace() == want.namespace:
			exact = append(exact, e)
		case e.namespace() == "":
			open = append(open, e)
		}
	}
	if len(exact) > 0 {
		return exact[0]
	}
	if len(open) == 1 {
		return open[0]
	}
	return nil
}
