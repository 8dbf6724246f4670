package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/envfile"
)

// Quadlet is a unit file of Podman, or a drop-in file of one.
//
// Image= in the section of the unit's own type is an image. Podman resolves a
// name without a domain by registries.conf, so that no rule for Docker Hub
// applies to it.
// Source: https://docs.podman.io/en/latest/markdown/podman-systemd.unit.5.html
var Quadlet = &Format{
	Name:   "quadlet",
	Doc:    "unit files of Podman: .container, .image, .volume, .build, .kube, .pod, .network",
	Detect: isQuadlet,
	Scan: func(in Input) (ScanResult, error) {
		return scanEnv(in, envfile.Unit, quadletField(quadletSection(in.Path))), nil
	},
	Verify: func(c Change) error {
		return envfile.Verify(c.Before, envfile.Unit, c.Edits)
	},
}

// quadletSections are the sections of the types of units, by extension.
var quadletSections = map[string]string{
	".container": "Container", ".image": "Image", ".volume": "Volume", ".build": "Build", ".kube": "Kube", ".pod": "Pod", ".network": "Network",
}

// quadletSection returns the section of the type of the unit at name, "" if
// name is not a unit of Podman: web.container, web.container.d/10.conf, or
// container.d/10.conf, which applies to all units of the type.
func quadletSection(name string) string {
	if isTypeDropIn(name) {
		name = "." + path.Base(path.Dir(name))
	} else if path.Ext(name) == ".conf" {
		name = path.Dir(name)
	} else {
		return quadletSections[path.Ext(name)]
	}
	unit, isDropIn := strings.CutSuffix(name, ".d")
	if !isDropIn {
		return ""
	}
	return quadletSections[path.Ext(unit)]
}

// isTypeDropIn reports whether name is a drop-in file such as
// container.d/10.conf.
func isTypeDropIn(name string) bool {
	dir := path.Base(path.Dir(name))
	return path.Ext(name) == ".conf" && strings.HasSuffix(dir, ".d") && strings.Count(dir, ".") == 1
}

// isQuadlet decides by the name, and by a section and lines NAME=VALUE in the
// file: other tools use the extensions, and folders such as network.d, too.
func isQuadlet(name string, src []byte) bool {
	section := quadletSection(name)
	if section == "" {
		return false
	}
	header := "["
	if isTypeDropIn(name) {
		header = "[" + section + "]"
	}
	pairs, others, ok := countLines(src, envfile.Unit)
	return ok && pairs > 0 && others <= pairs && beginsLine(src, header)
}

// quadletField returns the fields of a unit with the section of its type.
func quadletField(section string) formatFields {
	return func(f *frame) fieldKind {
		keys := f.keys()
		if len(keys) != 2 || keys[0] != section {
			return unknownField
		}
		switch section + "." + keys[1] {
		case "Kube.Yaml":
			return pathField
		case "Container.Image", "Image.Image", "Volume.Image":
			if ext := path.Ext(f.node.Value); ext == ".image" || ext == ".build" {
				return unitField
			}
			return unqualifiedField
		}
		return unknownField
	}
}
