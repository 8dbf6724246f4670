// Package absentchart decides the short names of Docker Hub in the values of charts
// that the repository does not have: values in objects of Flux, Argo CD, KOTS, k0s,
// Crossplane and Cluster API, in Helmfiles, in files of Fleet, Sveltos, k3s and helmsman,
// and of dependencies that are not in charts/.
//
// No rendering shows what such a chart prints before a name. A name moves if the
// chart belongs to a family whose templates are known (rules.ChartFamily), or if the
// values set the registry before it to Docker Hub. Otherwise it is likely an image.
package absentchart

import (
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A linker decides the values of one chart.
type linker struct {
	family *rules.ChartFamily // nil if it is not known what the chart prints
	all    []*Values          // later ones override earlier ones
	move   link.MoveFunc
	groups []link.Group
}

// Link returns the groups of the values of a chart. Of all, later values override
// earlier ones. The function repository returns the URL of the repository of the
// chart, which may continue with its name, or "" if the URL is not known. Link calls
// it only if it finds something to decide.
func Link(repository func() string, all []*Values, move link.MoveFunc) []link.Group {
	var l *linker
	for _, v := range all {
		v.occurrences(func(o *format.Occurrence, x *value) {
			if o.Keep != "" || o.IsDeclared || o.Kind != format.Image {
				return
			}
			if l == nil {
				l = &linker{family: rules.ChartFamilyOf(repository()), all: all, move: move}
			}
			l.decide(v.file, o, x)
		})
	}
	if l == nil {
		return nil
	}
	return l.groups
}

func (l *linker) decide(f *link.File, o *format.Occurrence, x *value) {
	switch {
	case len(o.Pieces) > 1:
		l.decideSplit(o, x)
	case o.Pieces[0].Role == format.Registry || !isShort(o.Text()):
	case l.family != nil && x.isItem && x.name() == "image" && x.isWhole(o):
		// The family prints lists of containers as they are.
		image := *o
		image.IsImage = true
		l.tie("the chart prints containers in its values as they are", image)
	case l.family != nil && x.name() == l.family.RepositoryKey && x.isWhole(o):
		l.decideKnown(f, o, x)
	case l.family != nil && !x.isWhole(o) && o.IsImage: // in the text of a manifest
	case o.IsImage && l.move.Moves(o):
		l.keepLikely(o, "the chart is not in this repository, and may print a registry before the name")
	}
}

// decideKnown decides the name o in the value x of a chart of a known family.
func (l *linker) decideKnown(f *link.File, o *format.Occurrence, x *value) {
	name := *o
	name.IsImage = true
	if global, in := find(l.all, l.family.GlobalRegistry); global != nil && global.node.Value != "" {
		// Images that the values do not name use it, too: the registry gets the whole
		// target.
		after, ok := l.move.NewText(&name)
		name.Unconfirmed = ok && !isShort(after)
		l.tieTo(global.piece(in), name)
		return
	}
	if own, in := find(l.all, x.sibling(l.family.RegistryKey)); own != nil {
		switch {
		case own.node.Value != "":
			l.tieTo(own.piece(in), name)
		case own.node.Tag == "!!null":
			l.keepLikely(o, "the registry before the name is null, and versions of the chart print it in different ways")
		default:
			l.tie("the registry before the name is empty", name)
		}
		return
	}
	if !IsDockerHub(l.family.Registry) {
		l.keep(&name, format.DifferentName, "the chart prints "+l.family.Registry+" before the name")
		return
	}
	if after, ok := l.move.NewText(&name); ok && isShort(after) {
		l.tie("the chart prints a registry of Docker Hub before the name", name)
		return
	}
	added, ok := addedRegistry(f, x, l.family.RegistryKey, l.family.Registry)
	if !ok {
		l.keep(o, format.Conflict, "the chart prints "+l.family.Registry+" before the name, and the file leaves no place for the key "+l.family.RegistryKey+": set it by hand")
		return
	}
	l.tieTo(added, name)
}

// tieTo adds the group of the registry and the name that the chart prints after it.
func (l *linker) tieTo(registry format.Piece, name format.Occurrence) {
	last := name.Pieces[0]
	last.Role, last.Field = format.Repository, name.Field(0)
	name.Pieces, name.FoundByMark = []format.Piece{registry, last}, true
	if l.move.Moves(&name) {
		l.tie("the chart prints the registry before the name", name)
		return
	}
	l.keep(&name, format.DifferentName, "the chart prints "+registry.Text+" before the name")
}

// decideSplit decides the reference o of a registry and a name, which is the value
// x. Only the names of keys show that the two belong together.
func (l *linker) decideSplit(o *format.Occurrence, x *value) {
	after, ok := l.move.NewText(o)
	staysOnHub := IsDockerHub(o.Pieces[0].Text) && IsDockerHub(after)
	if o.Unconfirmed {
		// If the registry is that of Docker Hub, no other one precedes the name.
		if ok && staysOnHub {
			confirmed := *o
			confirmed.Unconfirmed, confirmed.FoundByMark = false, true
			l.tie("the registry before the name is Docker Hub, and stays", confirmed)
		}
		return
	}
	global, in := find(l.all, l.globalRegistry())
	if global == nil || !IsDockerHub(global.node.Value) || !ok || staysOnHub {
		return
	}
	// The chart prints one of the two registries. Both get the whole target.
	other, own := *o, *o
	other.Pieces = append([]format.Piece{global.piece(in)}, o.Pieces[1:]...)
	if link.IDOf(&other.Pieces[0]) == link.IDOf(&o.Pieces[0]) {
		return
	}
	other.Unconfirmed, own.Unconfirmed, other.FoundByMark = true, true, true
	l.tie("the chart prints one of two registries before the name", own, other)
}

// globalRegistry returns the path of the value for the registry of all images.
func (l *linker) globalRegistry() string {
	if l.family != nil {
		return l.family.GlobalRegistry
	}
	return "global.imageRegistry"
}

// piece returns the registry x of the file f as a piece.
func (x *value) piece(f *link.File) format.Piece {
	return format.ScalarPiece(f.Path, x.node, "."+x.path, format.Registry, "/")
}

func (l *linker) tie(why string, occurrences ...format.Occurrence) {
	l.groups = append(l.groups, link.Group{Occurrences: occurrences, Why: why})
}

func (l *linker) keep(o *format.Occurrence, reason format.Reason, why string) {
	l.groups = append(l.groups, link.Group{Occurrences: []format.Occurrence{*o}, Keep: reason, Why: why})
}

func (l *linker) keepLikely(o *format.Occurrence, why string) {
	l.keep(o, format.LikelyImage, why)
}

// isShort reports whether text is a reference without a domain.
func isShort(text string) bool {
	r, err := image.Parse(text)
	return err == nil && r.Domain == ""
}

// IsDockerHub reports whether text is, or begins with, a registry host of Docker Hub.
func IsDockerHub(text string) bool {
	r, err := image.Parse(text)
	if err == nil && r.Domain != "" {
		return image.CanonicalHost(r.Domain) == image.DockerHub
	}
	return image.CanonicalHost(text) == image.DockerHub
}
