// Package families lists the linkers, one for each family of files, and runs
// them in order.
package families

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/bitnami"
	"github.com/regmigrate/regmigrate/pkg/link/builds"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/devcontainer"
	"github.com/regmigrate/regmigrate/pkg/link/gitops"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// Linkers are the linkers of one run. The methods that only test a path may be
// called by several goroutines.
type Linkers struct {
	list           []*link.Linker
	once           map[*link.Linker][]link.Group // the groups of linkers that run once
	kustomizations *kustomize.Graph              // the result of the last run of kustomize
}

// New returns the linkers of a run that raises the versions of charts by bump.
// The order of the list is the order in which they run: the linkers of Flux and
// Argo CD need the result of kustomize, and the linker of shared registries
// needs the groups of all others.
func New(bump chart.VersionBump) *Linkers {
	l := &Linkers{once: map[*link.Linker][]link.Group{}, kustomizations: &kustomize.Graph{}}
	l.list = []*link.Linker{
		chart.Linker(bump),
		{Wants: kustomize.IsKustomization, Link: l.linkKustomizations},
		{Link: func(t *link.Tree, move link.MoveFunc) []link.Group { return gitops.LinkFlux(t, move, l.kustomizations) }},
		{Link: func(t *link.Tree, move link.MoveFunc) []link.Group { return gitops.LinkArgo(t, move, l.kustomizations) }},
		{Wants: absentchart.IsHelmfile, Link: absentchart.LinkHelmfiles},
		{Link: absentchart.LinkReleases},
		{Link: devcontainer.Link},
		{Wants: builds.IsConfig, Link: builds.Link},
		{Link: linkAddressedKeys},
		{Link: linkComposeBuilds},
		{Link: linkSharedRegistries},
	}
	return l
}

func (l *Linkers) linkKustomizations(t *link.Tree, move link.MoveFunc) []link.Group {
	l.kustomizations = kustomize.Link(t, move)
	return l.kustomizations.Groups()
}

// Wants reports whether the file at path is of one of the families.
func (l *Linkers) Wants(path string) bool {
	return slices.ContainsFunc(l.list, func(x *link.Linker) bool { return x.Wants != nil && x.Wants(path) })
}

// HasHiddenRefs reports whether the file at path may hold references that a
// scan of that file alone does not find.
func (l *Linkers) HasHiddenRefs(path string) bool {
	return slices.ContainsFunc(l.list, func(x *link.Linker) bool { return x.HasHiddenRefs != nil && x.HasHiddenRefs(path) })
}

// Link replaces the groups and the advice of t by those of all linkers. It may
// be called again, with another move.
func (l *Linkers) Link(t *link.Tree, move link.MoveFunc) {
	t.Groups, t.Advice = nil, nil
	for _, x := range l.list {
		groups, done := l.once[x]
		if !done {
			groups = x.Link(t, move)
			if x.RunOnce {
				l.once[x] = groups
			}
		}
		t.Groups = append(t.Groups, groups...)
		t.MergeLoaded()
	}
}

// ObjectTexts are texts such that each object that linkers look for in all YAML files of
// a repository contains one of them.
func ObjectTexts() []string { return gitops.ObjectTexts() }

// SearchTexts are the texts that linkers search for in all YAML files of a repository,
// for every rule.
func SearchTexts() []string { return append(gitops.SearchTexts(), absentchart.ReleasesKey) }

// Forget makes the next Link run all linkers, also those that run once.
func (l *Linkers) Forget() { clear(l.once) }

// DependsOn reports whether the groups of the last Link may change if a
// reference in the file at path is kept.
func (l *Linkers) DependsOn(path string) bool { return l.kustomizations.Reads(path) }

// Consequences returns the edits that follow from the pieces that move.
func (l *Linkers) Consequences(t *link.Tree, moved []link.MovedPiece) []link.Consequence {
	var out []link.Consequence
	for _, x := range l.list {
		if x.Consequences != nil {
			out = append(out, x.Consequences(t, moved)...)
			t.MergeLoaded()
		}
	}
	return out
}

// AllowImages returns the edits that let the charts of Bitnami use the images that move,
// and adds advice to t: see [bitnami.AllowImages].
func (l *Linkers) AllowImages(t *link.Tree, moved []link.MovedPiece) []link.Consequence {
	out, advice := bitnami.AllowImages(t, gitops.Releases(t, l.kustomizations), moved)
	t.MergeLoaded()
	t.Advice = append(t.Advice, advice...)
	return out
}

// AdviseImages adds advice to t about the charts of Bitnami that refuse the images that
// move.
func (l *Linkers) AdviseImages(t *link.Tree, moved []link.MovedPiece) {
	releases := func() []absentchart.Release { return gitops.Releases(t, l.kustomizations) }
	t.Advice = append(t.Advice, bitnami.Advise(t, releases, moved)...)
	t.MergeLoaded()
}
