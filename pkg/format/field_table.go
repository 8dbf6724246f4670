package format

import (
	"embed"
	"regexp"
	"sync"

	"github.com/regmigrate/regmigrate/internal/attributes"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A fieldKind is the kind of a field that a format, a table or the configuration
// defines.
type fieldKind uint8

const (
	unknownField     fieldKind = iota // the general rules decide
	imageField                        // an image; a name without a domain is on Docker Hub
	unqualifiedField                  // an image; configuration outside of the file decides the registry of a name without a domain
	builtField                        // the name of an image that is built
	noImageField                      // not an image
	chartField                        // a chart, perhaps without a transport
	pathField                         // a path of a file or folder
	unitField                         // the name of another file of the same tool
	artifactField                     // an artifact in a registry, after oci://, perhaps with a folder and a query after it
	pairField                         // a name and a value, or a list of them
	featureField                      // a feature of development containers, if it has a registry
)

// isImage reports whether the field holds an image, which may lack its registry.
func (k fieldKind) isImage() bool { return k == imageField || k == unqualifiedField }

// A formatFields returns the kind of the field at f in a file of a format.
type formatFields func(f *frame) fieldKind

//go:embed fields/*.yaml
var tableFiles embed.FS

// A fieldTable has the fields of one tool, in the words of its file in the folder
// fields.
type fieldTable struct {
	Tool    string
	Source  texts // URLs of the reference of the tool
	Entries []*tableEntry

	// Variables are the variables that fields use in the place of an image.
	Variables []*variableTable
}

// A tableEntry selects files and objects, and has their fields. All conditions
// that it has must hold.
type tableEntry struct {
	Files      texts            // globs as of the option --include, one of which matches
	Contains   string           // a regular expression that matches in the file
	Root       *rootKeys        // about the root of the document
	APIVersion texts            // globs, one of which matches
	Kind       texts            // globs, one of which matches
	Name       texts            // globs, one of which matches the name of the object
	Labels     map[string]texts // labels of the object, and globs of which one matches the value
	Fields     []tableField

	// Generic reports that the entry is for files of any tool: other entries decide
	// first.
	Generic bool

	// Syntax is the language of files whose blocks and calls have the fields: "hcl"
	// or "starlark". Scope is as for Text.
	Syntax string

	// Text has regular expressions for files that no parser of ours reads. Their
	// first group is an image, or a likely image if its name is likely: (?P<likely>…).
	// Scope is the scope of these images.
	Text  texts
	Scope string // "scripts" or "code"; "" for manifests

	// Comments is the syntax of comments, which Text does not match: "hash" for # at
	// the start of a word, "slashes" for those of Groovy, "jsonnet" for # and those of
	// Groovy. With the last two, text in three quotes is omitted, too.
	Comments string

	tool     string               // "" for an entry of the configuration
	language *attributes.Language // of Syntax
	globs    []walk.Glob
	contains *regexp.Regexp
	text     []*regexp.Regexp
	scope    Scope
}

// A tableField says what a place holds.
type tableField struct {
	Path  string
	Image imageWord // "true", "false" or "unqualified"
	Chart bool

	// Feature reports that the value is a feature of development containers, if it
	// has a registry. Keys reports that Image or Feature describes the keys of the
	// mapping at Path.
	Feature, Keys bool

	// Artifact reports that a value that begins with oci:// is an artifact that is
	// no image. It is for blocks and calls: elsewhere the transport shows it.
	Artifact bool

	// Pairs reports that blocks at Path, or the items of a list there, have a name and
	// a value.
	Pairs bool

	Keep Reason // the reason for which no rule changes the value
	Note string // details of Keep

	// Keys of the mapping at Path.
	Registry, Repository, Tag, Digest string

	// Suffix is the name of an image that the tool appends to the parts, which are the
	// prefix of several images.
	Suffix string

	// Separate reports that the repository has no registry in it: without the key
	// Registry, it is on Docker Hub.
	Separate bool

	// Likely reports that a registry may precede a repository without the key
	// Registry: in the values of a chart.
	Likely bool

	Value  texts            // globs, one of which matches the value
	Where  map[string]texts // keys of the nearest mapping around the place that has the key, and globs of which one matches its value
	Unless texts            // keys of the mapping around the value, or of the mapping at Path, with which an image is built there and not pulled

	path   fieldPath
	kind   fieldKind
	object bool // the path begins at the root of an object
	entry  *tableEntry
}

// An imageWord is a value of the word image.
type imageWord string

// texts is a list of strings, which a file can write as one string.
type texts []string

// fieldTables returns the tables of all tools, sorted by the names of their files.
var fieldTables = sync.OnceValues(func() ([]*fieldTable, error) {
	files, err := tableFiles.ReadDir("fields")
	if err != nil {
		return nil, err
	}
	var out []*fieldTable
	for _, f := range files {
		src, err := tableFiles.ReadFile("fields/" + f.Name())
		if err != nil {
			return nil, err
		}
		t, err := readFieldTable(f.Name(), src)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
})

// isSplit reports whether f names keys with parts of a reference.
func (f *tableField) isSplit() bool { return f.Registry+f.Repository+f.Tag+f.Digest != "" }

// holds reports whether the conditions on the value and its siblings hold at
// the place.
func (f *tableField) holds(at *frame) bool {
	if at.node.Kind == syntax.Scalar && !matchesText(f.Value, at.node.Value) {
		return false
	}
	for key, globs := range f.Where {
		if v := at.nearest(key); v == nil || !matchesText(globs, v.Value) {
			return false
		}
	}
	return true
}

// nearest returns the value of key in the mapping at f or in the nearest mapping
// around it that has the key, or nil.
func (f *frame) nearest(key string) *syntax.Node {
	for g := f; g != nil; g = g.up {
		if v := g.node.Field(key); v != nil {
			return v
		}
		if g.inner {
			break
		}
	}
	return nil
}
