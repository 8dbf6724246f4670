package gitops

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// setterComment is the comment that marks a line for image automation.
// Source: https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources
var setterComment = regexp.MustCompile(`#\s*\{\s*"\$imagepolicy"\s*:\s*"([^":\s]+):([^":\s]+)(?::(tag|name|digest))?"\s*\}`)

// A setterLine is a reference in a line that image automation sets from a
// policy.
type setterLine struct {
	file   *link.File
	policy objectName
	occ    *format.Occurrence
}

// linkImageAutomation ties each ImageRepository to the lines that its policies
// set: the next update copies the name of the repository into these lines.
func (g *gitopsLinker) linkImageAutomation() {
	if len(g.setterLines()) == 0 && !g.contains("ImageRepository") {
		return
	}
	repositories, policies := g.imageObjects()
	linesOf := map[*object][]setterLine{}
	var order []*object
	for _, l := range g.setterLines() { // again: imageObjects loads files
		repo := imageRepository(l.policy, policies, repositories)
		if repo == nil {
			g.adviseUnknownPolicy(l)
			continue
		}
		if linesOf[repo] == nil {
			order = append(order, repo)
		}
		linesOf[repo] = append(linesOf[repo], l)
	}
	for _, repo := range order {
		own := g.occurrencesIn(repo.file, repo.root.Field("spec").Field("image"))
		if len(own) != 1 {
			continue
		}
		all := []format.Occurrence{*own[0]}
		for _, l := range linesOf[repo] {
			all = append(all, *l.occ)
		}
		g.tie("image automation copies the name from ImageRepository "+repo.name()+" to this line", all...)
	}
}

// adviseUnknownPolicy advises on a line that moves, and that image automation
// sets from a policy of another repository.
func (g *gitopsLinker) adviseUnknownPolicy(l setterLine) {
	if !g.move.Moves(l.occ) || l.occ.Keep != "" {
		return
	}
	g.tree.Advice = append(g.tree.Advice, link.Advice{Path: l.file.Path, At: l.occ.Pieces[0].Span.Start, Text: fmt.Sprintf(
		"Flux sets this line from the image policy %s:%s, and the ImageRepository of that policy is not in this repository: change its spec.image too, or the next update restores the old name", l.policy.namespace, l.policy.name)})
}

// setterLines returns the references of the tree that image automation sets.
func (g *gitopsLinker) setterLines() []setterLine {
	var out []setterLine
	g.tree.MergeLoaded()
	for _, f := range g.tree.Files {
		if !bytes.Contains(f.Src, []byte(imagePolicyMark)) {
			continue
		}
		for _, m := range setterComment.FindAllSubmatchIndex(f.Src, -1) {
			start := bytes.LastIndexByte(f.Src[:m[0]], '\n') + 1
			line := edit.Span{Start: start, End: m[0]}
			policy := objectName{string(f.Src[m[2]:m[3]]), string(f.Src[m[4]:m[5]])}
			for i := range f.Scanned.Occurrences {
				o := &f.Scanned.Occurrences[i]
				if !o.Unconfirmed && o.Scope == format.Manifests && hasPieceIn(o, f.Path, line) {
					out = append(out, setterLine{f, policy, o})
				}
			}
		}
	}
	return out
}

// hasPieceIn reports whether a piece of o is in span of the file at path.
func hasPieceIn(o *format.Occurrence, path string, span edit.Span) bool {
	for k := range o.Pieces {
		if o.Pieces[k].Path == path && span.Contains(o.Pieces[k].Span) {
			return true
		}
	}
	return false
}

// imagePolicyMark is part of the comments that mark what image automation sets.
const imagePolicyMark = `"$imagepolicy"`

// imageObjects returns the ImageRepositories and the ImagePolicies of the
// repository.
func (g *gitopsLinker) imageObjects() (repositories, policies []*object) {
	for _, f := range g.filesContaining(fluxImage, imagePolicyMark) {
		all, _ := objectsIn(f, fluxImage)
		for _, x := range all {
			switch {
			case x.isA(fluxImage, "ImageRepository"):
				repositories = append(repositories, x)
			case x.isA(fluxImage, "ImagePolicy"):
				policies = append(policies, x)
			}
		}
	}
	return repositories, policies
}

// imageRepository returns the ImageRepository of a policy, nil if it is not in
// the repository.
func imageRepository(policy objectName, policies, repositories []*object) *object {
	p := find(policies, policy)
	if p == nil {
		return nil
	}
	ref := p.root.Field("spec").Field("imageRepositoryRef")
	repo := objectName{ref.Str("namespace"), ref.Str("name")}
	if repo.namespace == "" {
		repo.namespace = policy.namespace
	}
	return find(repositories, repo)
}
