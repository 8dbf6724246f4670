package format

import "slices"

// A fieldKind is the kind of a field that a format or a tool defines.
type fieldKind uint8

const (
	unknownField     fieldKind = iota // the general rules decide
	imageField                        // an image; a name without a domain is on Docker Hub
	unqualifiedField                  // an image; configuration outside of the file decides the registry of a name without a domain
	pathField                         // a path of a file or folder
	unitField                         // the name of another file of the same tool
)

// A fieldTable returns the kind of the field at f.
type fieldTable func(f *frame) fieldKind

// imageFieldIf returns imageField if isImage is true, unknownField otherwise.
func imageFieldIf(isImage bool) fieldKind {
	if isImage {
		return imageField
	}
	return unknownField
}

// fieldKind returns the kind of the field at f.
func (d *detector) fieldKind(f *frame) fieldKind {
	if d.fields == nil || f.node == nil || f.object != nil {
		return unknownField
	}
	return d.fields(f)
}

// keys returns the keys from the root of the document of f to f, without the
// indexes of lists. It returns nil for a place inside more than 32 collections,
// which no field of a known tool is.
func (f *frame) keys() []string {
	const most = 32
	var out []string
	for n := 0; f != nil && f.up != nil && !f.inner; f = f.up {
		if n++; n > most {
			return nil
		}
		if !f.item {
			out = append(out, f.key)
		}
	}
	slices.Reverse(out)
	return out
}
