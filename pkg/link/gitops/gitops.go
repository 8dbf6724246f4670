// Package gitops links the names that objects of Flux and Argo CD select to the
// images that they deploy.
//
// Such an object names a folder or a chart, and selects images in it by their
// names, to rename them or to set their tags. If this repository has the folder,
// and the folder contains an image with the selected name, the package assumes
// that the object deploys this folder. Otherwise it assumes that the image comes
// from another repository, under its old name. If both are possible, it selects
// both names.
package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// A gitopsLinker links the objects of Flux or of Argo CD.
type gitopsLinker struct {
	tree  *link.Tree
	move  link.MoveFunc
	graph *kustomize.Graph // the kustomizations that the objects deploy

	groups []link.Group

	// Results of earlier calls, nil before the first:
	layers          map[string]*imageSet // of graph, by folder
	occurrences     map[*link.File][]*format.Occurrence
	yaml            []string  // paths of all YAML files of the repository
	valuesRefs      []string  // names of the ConfigMaps and Secrets that HelmReleases take values from
	configMaps      []*object // those ConfigMaps and Secrets
	gitRepositories []*object
	chartSources    map[string][]*object           // HelmRepositories, OCIRepositories and HelmCharts, by kind
	keptEntries     map[link.PieceID]format.Reason // names of entries of kustomizations that are kept
	newNames        map[string]bool                // see namesAfter
	unmentioned     *bool                          // see concernsUnmentioned
	groupsRead      int                            // groups of graph that keptEntries has
}

// ObjectTexts are texts such that each object of Flux and of Argo CD contains one.
func ObjectTexts() []string { return []string{argoGroup + "/", "toolkit.fluxcd.io"} }

// SearchTexts are the texts that the linkers of this package pass to
// Tree.YAMLContaining, so that a file is searched for all of them at once. Those about
// objects contain one of [ObjectTexts].
func SearchTexts() []string {
	return []string{argoGroup + "/", fluxKustomize, fluxHelm, fluxSource, fluxImage, imagePolicyMark, "ConfigMap", "Secret"}
}

func newLinker(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) *gitopsLinker {
	return &gitopsLinker{tree: t, move: move, graph: graph, occurrences: map[*link.File][]*format.Occurrence{}, layers: map[string]*imageSet{}, chartSources: map[string][]*object{}}
}

// keep adds a group that keeps o.
func (g *gitopsLinker) keep(o *format.Occurrence, reason format.Reason, why string) {
	g.groups = append(g.groups, link.Group{Occurrences: []format.Occurrence{*o}, Keep: reason, Why: why})
}

// tie adds a group of occurrences that move together.
func (g *gitopsLinker) tie(why string, occurrences ...format.Occurrence) {
	g.groups = append(g.groups, link.Group{Occurrences: occurrences, Why: why})
}

// newName returns the name of the image o after the move; false if no rule moves
// it.
func (g *gitopsLinker) newName(o *format.Occurrence) (string, bool) {
	after, ok := g.move.NewText(o)
	return kustomize.ImageName(after), ok
}

// anyMoves reports whether a rule may move something that an object could
// select or set.
func (g *gitopsLinker) anyMoves() bool {
	g.tree.MergeLoaded()
	for _, f := range g.tree.Files {
		if hasRegistryValue(f) {
			return true
		}
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; o.Scope == format.Manifests && g.move.Moves(o) {
				return true
			}
		}
	}
	return g.anyInGroups(g.move.Moves)
}

// anyInGroups reports whether is holds for a reference that an earlier linker shows.
func (g *gitopsLinker) anyInGroups(is func(o *format.Occurrence) bool) bool {
	return slices.ContainsFunc(g.tree.Groups, func(x link.Group) bool {
		return x.Keep == "" && slices.ContainsFunc(x.Occurrences, func(o format.Occurrence) bool { return is(&o) })
	})
}

// concernsUnmentioned reports whether objects without an old name must be read
// too: they may set a value of a split reference in values.yaml, or the
// registry that a chart prepends to a short name.
func (g *gitopsLinker) concernsUnmentioned() bool {
	if g.unmentioned == nil {
		concerns := g.mayConcernUnmentioned()
		g.unmentioned = &concerns
	}
	return *g.unmentioned
}

func (g *gitopsLinker) mayConcernUnmentioned() bool {
	g.tree.MergeLoaded()
	for _, f := range g.tree.Files {
		if hasRegistryValue(f) {
			return true
		}
		isValues := path.Base(f.Path) == "values.yaml"
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			isSplit := isValues && len(o.Pieces) > 1 && !o.Unconfirmed && g.move.Moves(o)
			if isSplit || g.getsDomain(o) && (isValues || strings.Contains(strings.ToLower(path.Ext(o.Field(0))), "repo")) {
				return true
			}
		}
	}
	return g.anyInGroups(g.getsDomain)
}

// hasRegistryValue reports whether f has a ConfigMap or a Secret with a value
// that is an old registry host. An object may set it as a value of a chart.
func hasRegistryValue(f *link.File) bool {
	return slices.ContainsFunc(f.Scanned.Contexts, func(c format.Context) bool {
		return c.Reason == format.RegistryHost && (strings.HasPrefix(c.Place.Object, "ConfigMap ") || strings.HasPrefix(c.Place.Object, "Secret "))
	})
}

// getsDomain reports whether o is a short name that moves to a name with a
// domain.
func (g *gitopsLinker) getsDomain(o *format.Occurrence) bool {
	if len(o.Pieces) != 1 || !o.IsImage || o.Unconfirmed {
		return false
	}
	if before, err := image.Parse(o.Text()); err != nil || before.Domain != "" {
		return false
	}
	name, ok := g.newName(o)
	if !ok {
		return false
	}
	after, err := image.Parse(name)
	return err == nil && after.Domain != ""
}
