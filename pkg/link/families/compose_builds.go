package families

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// composeFiles are the names of the Compose file that Compose reads without the flag -f.
// Source: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file
var composeFiles = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// overrideFiles are the names of the file that Compose reads beside one of composeFiles
// without the flag -f.
var overrideFiles = []string{"compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml"}

// linkComposeBuilds keeps the images in files that override a Compose file, if that file
// builds an image with the same name, or the service: Compose does not pull it. A file
// overrides another one if it is one of overrideFiles, or if it does not say what one of its
// services runs. The other file has that service, and is in the folder of the file or above it.
// Source: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
func linkComposeBuilds(t *link.Tree, move link.MoveFunc) []link.Group {
	if t.ReadFile == nil {
		return nil
	}
	x := composeLinker{tree: t, services: map[string][]format.ComposeService{}}
	var groups []link.Group
	for _, f := range t.Files {
		if !format.HasYAMLName(f.Path) {
			continue
		}
		images := imagesOfServices(t, move, f)
		if len(images) == 0 {
			continue
		}
		overrides := x.servicesIn(f.Path)
		for _, base := range x.basesOf(f.Path, overrides) {
			built := builtImages(x.services[base], overrides)
			images = slices.DeleteFunc(images, func(o *format.Occurrence) bool {
				isBuilt := slices.ContainsFunc(overrides, func(s format.ComposeService) bool {
					return s.RunsBuiltImage(built) && s.Image.Span.Contains(o.Pieces[0].Span)
				})
				if isBuilt {
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Built, Why: base + " builds the image, and this file overrides its services"})
				}
				return isBuilt
			})
		}
	}
	return groups
}

// builtImages returns the images that the services of a Compose file build, with the names
// that overrides give to them.
func builtImages(services, overrides []format.ComposeService) map[string]bool {
	built := format.BuiltImages(services)
	isBuilt := map[string]bool{} // the services
	for _, s := range services {
		isBuilt[s.Name] = s.IsBuilt
	}
	for _, s := range overrides {
		if isBuilt[s.Name] && s.Image != nil && !s.IsNew {
			built[format.ComposeImage(s.Image.Value)] = true
		}
	}
	return built
}

// imagesOfServices returns the short names of images in f that a rule selects and that may
// be those of Compose services.
func imagesOfServices(t *link.Tree, move link.MoveFunc, f *link.File) []*format.Occurrence {
	var out []*format.Occurrence
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		isImage := strings.HasPrefix(o.Place.Field, ".services") && strings.HasSuffix(o.Place.Field, ".image") && len(o.Pieces) == 1 && o.Keep == ""
		if isImage && (move.Moves(o) || o.LikelyImage && (t.IsLikely == nil || t.IsLikely(o))) {
			out = append(out, o)
		}
	}
	return out
}

// A composeLinker reads Compose files of the repository, each once.
type composeLinker struct {
	tree     *link.Tree
	services map[string][]format.ComposeService // by path; nil for a file that is no Compose file
}

func (x *composeLinker) servicesIn(name string) []format.ComposeService {
	all, known := x.services[name]
	if !known {
		if y, err := syntax.ParseYAML(x.tree.ReadFile(name), nil); err == nil {
			for _, doc := range y.Docs {
				if doc.Root != nil {
					all = append(all, format.ComposeServices(doc.Root)...)
				}
			}
		}
		x.services[name] = all
	}
	return all
}

// basesOf returns the Compose files whose services the file at name overrides, the nearest
// first.
func (x *composeLinker) basesOf(name string, overrides []format.ComposeService) []string {
	var incomplete []string
	for _, s := range overrides {
		if !s.IsComplete {
			incomplete = append(incomplete, s.Name)
		}
	}
	isOverride := slices.Contains(overrideFiles, path.Base(name))
	if len(incomplete) == 0 && !isOverride {
		return nil
	}
	var out []string
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		for _, base := range composeFiles {
			at := path.Join(dir, base)
			if at != name && x.completes(at, incomplete) {
				out = append(out, at)
			}
		}
		if dir == "." || len(incomplete) == 0 {
			return out
		}
	}
}

// completes reports whether the file at path says what each of the services runs.
func (x *composeLinker) completes(path string, services []string) bool {
	all := x.servicesIn(path)
	for _, name := range services {
		if !slices.ContainsFunc(all, func(s format.ComposeService) bool { return s.Name == name && s.IsComplete }) {
			return false
		}
	}
	return true
}
