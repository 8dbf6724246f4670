package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A ComposeService is a service of a Compose file.
type ComposeService struct {
	Name  string
	Image *syntax.Node // the value of image; nil if the service has none

	// IsBuilt reports that Compose builds the image. IsComplete reports that the file says
	// what to run: an image, a build or a service that it extends. Otherwise the file
	// overrides the service of another file.
	IsBuilt, IsComplete bool

	// IsNew reports that nothing of the service with the same name in another file is merged
	// with it: its tag is !override.
	IsNew bool

	pullPolicy string
}

// ComposeServices returns the services of the Compose document at root, from version 2 of
// the format on. Values that YAML merges count.
// Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md
func ComposeServices(root *syntax.Node) []ComposeService {
	services := root.Field("services")
	if services == nil || services.Kind != syntax.Mapping {
		return nil
	}
	var out []ComposeService
	for i := 0; i+1 < len(services.Children); i += 2 {
		n := services.Children[i+1].Resolve()
		if n.Kind != syntax.Mapping {
			continue
		}
		s := ComposeService{Name: services.Children[i].Value, Image: n.MergedField("image"), pullPolicy: n.Str("pull_policy"), IsNew: n.Tag == "!override"}
		if s.Image != nil && s.Image.Kind != syntax.Scalar {
			s.Image = nil
		}
		s.IsBuilt = isSet(n.MergedField("build"))
		s.IsComplete = s.IsBuilt || s.Image != nil || n.MergedField("extends") != nil || n.MergedField("provider") != nil
		out = append(out, s)
	}
	return out
}

// ComposeImage returns the image that Compose reads in the value of image: the default of
// a variable that is not set, with the text after it.
func ComposeImage(value string) string {
	start, end, tail := nestedDefault(value, 0)
	return value[start:end] + tail
}

// BuiltImages returns the images that services build.
func BuiltImages(services []ComposeService) map[string]bool {
	built := map[string]bool{}
	for _, s := range services {
		if s.IsBuilt && s.Image != nil {
			built[ComposeImage(s.Image.Value)] = true
		}
	}
	return built
}

// RunsBuiltImage reports whether s, which Compose does not build, runs one of the images
// built. Compose compares the names as they are written, and pulls such an image only if
// the policy of the service says so.
// Source: isServiceImageToBuild in
// https://github.com/docker/compose/blob/main/pkg/compose/pull.go
func (s *ComposeService) RunsBuiltImage(built map[string]bool) bool {
	switch s.pullPolicy {
	case "", "missing", "if_not_present", "never", "build":
	default:
		return false
	}
	return !s.IsBuilt && s.Image != nil && built[ComposeImage(s.Image.Value)]
}

// keepComposeBuilt keeps the short names of services in the document at root whose image
// another service builds.
func (d *detector) keepComposeBuilt(root *syntax.Node) {
	services := ComposeServices(root)
	built := BuiltImages(services)
	if len(built) == 0 {
		return
	}
	keep := map[edit.Span]bool{}
	for i := range services {
		if s := &services[i]; s.RunsBuiltImage(built) {
			keep[s.Image.Span] = true
		}
	}
	if len(keep) == 0 {
		return
	}
	for i := range d.out.Occurrences {
		o := &d.out.Occurrences[i]
		if o.Keep == "" && len(o.Pieces) == 1 && isName(o.Text()) && strings.HasSuffix(o.Place.Field, ".image") && containsSpan(keep, o.Pieces[0].Span) {
			o.Keep, o.Note = Built, "a service of this file builds the image"
		}
	}
}

// containsSpan reports whether one of spans contains s.
func containsSpan(spans map[edit.Span]bool, s edit.Span) bool {
	if spans[s] {
		return true
	}
	for x := range spans {
		if x.Contains(s) {
			return true
		}
	}
	return false
}
