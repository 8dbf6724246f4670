// Package format finds the image references of a file, and explains every
// mention of an old name that is not part of a reference.
//
// A [Format] is one file syntax, and [Detect] chooses the format of a file.
// Format.Scan returns the occurrences of references, and a [Context] for every
// mark (a raw mention of an old name) outside of them. Format.Verify checks
// that edits change nothing else in the file. The package does not depend on
// rules: they decide which references move.
package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A Format is one file syntax.
type Format struct {
	Name string
	Doc  string // the files of the format, for a report

	// Detect reports whether the file at path, slash-separated, is of this
	// format. src is its whole content.
	Detect func(path string, src []byte) bool

	// Scan reads a file. After an error the file must not be edited.
	Scan func(Input) (ScanResult, error)

	// Verify returns an error unless the file parses after the change as it does before
	// it, and differs in the edited places only.
	Verify func(Change) error

	// HasBuildArgs reports that values of a file are defaults, which the command
	// that builds the file can override, such as ARG in a Dockerfile with
	// docker build --build-arg.
	HasBuildArgs bool
}

// All lists the formats. [Detect] tries them in this order.
var All = []*Format{YAML, JSON, Template, Dockerfile, Quadlet, TOML, Env, ImageList, Text}

// Detect returns the format of the file at path, [Text] if no other format
// matches.
func Detect(path string, src []byte) *Format {
	for _, f := range All {
		if f.Detect(path, src) {
			return f
		}
	}
	return Text
}

// A Change is the edits of one file.
type Change struct {
	Path   string       // slash-separated
	Before []byte       // the whole content
	Edits  []edit.Edit  // sorted, in bytes of Before
	Parsed *syntax.Memo // parsed parts of YAML files; may be nil
}

// An Input is a file to scan.
type Input struct {
	Path   string // slash-separated, relative to the root
	As     string // a name whose tables describe the file too, because another file says what it is; "" for none
	Src    []byte
	Fields []Field // from the configuration of the repository; see ReadField

	// Marks are the raw mentions of old names, in order. Each is inside a
	// piece of an occurrence of the result, or has a context there.
	Marks []edit.Span

	// May reports whether a part of Src can contain an occurrence of interest.
	// Parts for which it is false need not be read. Nil means all parts.
	May func(part []byte) bool

	// IsLive says that Src is an object of a cluster. Its status and its copy in the
	// annotation of kubectl apply are not read.
	IsLive bool

	// ReadsTags says that a rule depends on tags.
	ReadsTags bool

	// Docs, if not nil, is set to the documents of a JSON or YAML file, if they can be
	// parsed.
	Docs *[]*syntax.Document

	// Parsed has parts of Src that were parsed; it may be nil.
	Parsed *syntax.Memo

	// Files are other files of the repository; it may be nil.
	Files *OtherFiles

	editsEscapes bool            // see Piece.EditsEscapes
	contexts     map[string]bool // names that a Dockerfile uses like stages, in lower case
}

// setDocs sets Docs.
func (in *Input) setDocs(docs []*syntax.Document) {
	if in.Docs != nil {
		*in.Docs = docs
	}
}

// A ScanResult has the occurrences and contexts of a file.
type ScanResult struct {
	Occurrences []Occurrence
	Contexts    []Context // one for every mark that is in no occurrence, in order
	Mappings    []Mapping // places that map one reference to another
	NameSets    []NameSet // names that one image gets
	ChartUses   []ChartUse
	Pushed      []PushedName
	Searches    []Search // commands that look for a text in files

	// PartlySearched reports that the commands of a script are longer than 1 MiB:
	// the rest was not searched for what they copy and push.
	PartlySearched bool

	// Unverified reports that no parser accepts the whole text. Occurrences
	// were found by the grammar of references alone.
	Unverified bool

	batch *scanBatch // in inBatch
}

// A Role is the part of a reference in a piece.
type Role uint8

// The roles of pieces.
const (
	Whole      Role = iota // all of a reference
	Registry               // a registry, with or without a path
	Repository             // a path, perhaps with tag and digest
	TagOnly                // a tag
)

// A Piece is a part of a reference as a file writes it.
type Piece struct {
	Path string    // of the file, slash-separated
	Span edit.Span // of Text in the file, from its first byte to its last, escapes and line folds included
	Text string    // decoded
	Role Role
	Sep  string   // between this piece and the next: "/", empty, or text of a template with slashes
	Map  edit.Map // from Text to the file

	// Field is the field of the piece, such as .image.registry. If it is empty,
	// the piece is in the field of its occurrence.
	Field string

	// Literal reports that the piece is text of a template that other pieces, or
	// the tail of the occurrence, follow in the output.
	Literal bool

	// EditsEscapes reports that an edit may replace escape sequences in the text: those
	// of JSON, and of YAML in double quotes.
	EditsEscapes bool

	// Quotes says which quotes a new text needs if it is not a string without them.
	Quotes QuoteRule

	// Added, if not nil, says that the file does not have the piece: Text is what a
	// tool uses without it. The piece is added to the file, at Span, if it changes.
	Added *AddedText
}

// An AddedText is the text before and after a piece that is added to a file.
type AddedText struct{ Before, After string }

// An Occurrence is a reference in a file.
type Occurrence struct {
	Pieces []Piece // in the order in which they make up the reference
	Place  Place
	Scope  Scope

	// OutOfScope is the reason if the run does not select the scope.
	OutOfScope Reason

	// IsImage reports that the field is certainly an image. A name without a
	// domain is then on Docker Hub.
	IsImage bool

	// Tag and Digest are the values of sibling keys of the pieces, such as
	// tag: "1.27" next to repository: nginx, or empty. They are not pieces,
	// because most rules do not change them. For a reference that a chart renders, they
	// come from the rendering.
	Tag, Digest string

	// TagPiece is the place of Tag in a file, or nil if it is not known. It is no part
	// of the text; a rule may change it. TagUnknown says why the tag is not known although
	// there may be one, for example because other references share the value. Both are set
	// for [Input.ReadsTags] only.
	TagPiece   *Piece
	TagUnknown string

	// TagSources are the values that a rendering shows to be parts of the tag.
	TagSources []Piece

	// InRepositoryKey reports that the key is one for a repository. The tag is
	// then unknown if Tag is empty.
	InRepositoryKey bool

	// LikelyImage reports that the key is named like one for images, such as
	// `image: nginx:1.27` in an object of an unknown kind. IsUntagged reports that a
	// likely image without a domain has no tag, digest or pull policy, in the value
	// or beside it, or that its key alone says little (img): a rule must then name its
	// namespace. Package account decides which of them a run accounts for.
	LikelyImage, IsUntagged bool

	// AfterVariable reports that a variable before the name may hold a registry.
	AfterVariable bool

	// IsDeclared reports that IsImage is set because the configuration says so.
	IsDeclared bool

	// IsAssumed reports that IsImage is set only because the user asked to treat
	// likely images as images.
	IsAssumed bool

	// IsSelector reports that the value is the name of an entry of a
	// kustomization's images: it selects images and is not one itself.
	IsSelector bool

	// Tail is text after the last piece that is not in the file, such as the
	// name that a template appends to a registry, or that is in another field,
	// such as the name of a chart.
	Tail string

	// Kind is what the reference names. IsSource reports that it names a registry
	// of charts, and that the names of the charts are elsewhere; Source is its
	// name for [ChartUse], if it has one. Version is the version of a chart as
	// written, which may be a range; Tag has it if it is a version.
	Kind     Kind
	IsSource bool
	Source   SourceName
	Version  string

	// IsOpen reports that a template prints further text after the pieces, which
	// is not known: a registry that is the default of an action. Only a rendering
	// shows the name.
	IsOpen bool

	// IsKey reports that the piece is a key of a mapping. OtherKeys are the other
	// keys of that mapping: the new name must not be one of them.
	IsKey     bool
	OtherKeys []string

	// HostOnly reports that the field of the first piece is for the host of a
	// registry, without a path.
	HostOnly bool

	// Unconfirmed reports that only the names of keys suggest that the pieces
	// belong together: the registry is in an outer mapping. The occurrence
	// moves only if a linker (package link) puts it into a group, and then only
	// its registry changes: the name may belong to another one.
	Unconfirmed bool

	// FoundByMark reports that a mark, or another file, led to the occurrence.
	// A scan of the file without the old name does not find it.
	FoundByMark bool

	// IsPushed reports that the field names an image that is built and pushed.
	IsPushed bool

	// Keep is the reason for which no rule changes the reference, "" if the
	// rules decide.
	Keep Reason
	Note string // details of Keep, or of LikelyImage
}

// Text returns the reference that the pieces make up.
func (o *Occurrence) Text() string {
	if len(o.Pieces) == 1 {
		return o.Pieces[0].Text + o.Tail
	}
	text := ""
	for i, p := range o.Pieces {
		text += p.Text
		if i+1 < len(o.Pieces) {
			text += p.Sep
		}
	}
	return text + o.Tail
}

// IsRegistry reports whether the rules have to read o as a registry: a registry
// without the name of an image, or a reference to something else than an image.
func (o *Occurrence) IsRegistry() bool {
	return len(o.Pieces) == 1 && o.Pieces[0].Role == Registry && (o.Tail == "" || o.Kind != Image)
}

// Field returns the field of the piece with index k.
func (o *Occurrence) Field(k int) string {
	if f := o.Pieces[k].Field; f != "" {
		return f
	}
	return o.Place.Field
}

// A Place is a place in the structure of a file.
type Place struct {
	Field  string // .spec.containers[0].image; "" outside of any structure
	Object string // Deployment web (apps/v1); "" outside of any object
}

// A Context explains a mark that is not part of an occurrence.
type Context struct {
	Mark   edit.Span
	Reason Reason
	Note   string
	Place  Place
	Scope  Scope
}
