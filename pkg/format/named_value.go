package format

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A namedValue is a value whose name says what it is: an item of a list of names and
// values, or a value that a command sets, such as image.repository=nginx.
type namedValue struct {
	name, value string
	at          *frame // nil in the text of a script
	piece       func(role Role, sep string) Piece
}

// joinNamed calls add for the references that values make up. A registry and a
// repository belong together only if their names have the same prefix (see keyPart).
// A repository without a registry is a likely image if its name contains image.
func joinNamed(values []namedValue, add func(at *frame, o Occurrence)) {
	byRole := map[keyRole]map[string]namedValue{registryPart: {}, repositoryPart: {}, tagPart: {}, digestPart: {}}
	var order []string // the prefixes
	for _, v := range values {
		role, prefix := keyPart(v.name)
		switch {
		case byRole[role] == nil || keptListReason(fold(v.name)) != "" || fold(v.name) == "version":
			continue
		case role == registryPart && !image.IsHost(strings.TrimSuffix(v.value, "/")),
			role == repositoryPart && !isName(v.value):
			continue
		}
		if _, known := byRole[role][prefix]; known {
			continue
		}
		byRole[role][prefix] = v
		if role == registryPart || role == repositoryPart {
			order = append(order, prefix)
		}
	}
	for i, prefix := range order {
		repository, ok := byRole[repositoryPart][prefix]
		registry, hasRegistry := byRole[registryPart][prefix]
		o := Occurrence{Tag: byRole[tagPart][prefix].value, Digest: byRole[digestPart][prefix].value}
		switch {
		case !ok:
		case hasRegistry && slices.Contains(order[:i], prefix): // added at the other of the two
		case hasRegistry:
			o.Pieces, o.IsImage = []Piece{registry.piece(Registry, separatorAfter(registry.value)), repository.piece(Repository, "")}, true
			add(registry.at, o)
		case strings.Contains(fold(repository.name), "image"):
			o.Pieces, o.LikelyImage, o.InRepositoryKey, o.IsUntagged = []Piece{repository.piece(Whole, "")}, true, true, o.Tag+o.Digest == ""
			add(repository.at, o)
		}
	}
}

// addNamed calls add for the short names among values whose names say that they are whole
// references: web.image. The chart may print a registry before them.
func addNamed(values []namedValue, add func(at *frame, o Occurrence)) {
	for _, v := range values {
		role, _ := keyPart(v.name)
		r, err := image.Parse(v.value)
		if role != namePart || fold(v.name) == "name" || err != nil || r.Domain != "" || hasSuffix(strings.ToLower(r.Path), pictures) {
			continue
		}
		add(v.at, Occurrence{Pieces: []Piece{v.piece(Whole, "")}, LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == ""})
	}
}
