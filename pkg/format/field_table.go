package format

import "slices"

// A fieldKind is what a format says of one of its fields.
type fieldKind uint8

const (
	unknownField     fieldKind = iota // the general rules decide
	imageField                        // an image; a name without a domain is on Docker Hub
	unqualifiedField                  // an image; configuration outside of the file says where a name without a domain is
	pathField                         // a path of a file or folder
)

// A fieldTable classifies the fields of a format. keys is the path from the
// root of the document to the field, without the indexes of lists.
type fieldTable func(keys []string, value string) fieldKind

// fieldKind returns the kind of the field at f.
func (d *detector) fieldKind(f *frame) fieldKind {
	if d.fields == nil || f.node == nil {
		return unknownField
	}
	return d.fields(f.keys(), f.node.Value)
}

// keys returns the keys from the root of the document of f to f, without the
// indexes of lists. It returns none below 32 collections: no file of a known
// tool nests as deeply.
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
