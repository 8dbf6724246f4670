// Package inventory lists image references, whether or not a rule touches
// them: those of files, of rendered text, and of the objects of a cluster.
//
// [New] makes an empty [Inventory], the Add methods fill it, [Inventory.RegistryResults]
// is what it has: one [RegistryResult] for each reference as it is written, with every
// [Use] of it. What is listed, and what is left out, package format decides
// for the fields that it knows to be images, and the rest is said at
// [Inventory.AddFiles].
//
// Nothing is written, and no registry is asked. References are listed as they
// are written; how a registry would read them stands beside.
package inventory

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Options are what an inventory is made with. Rules must be set; the zero
// value of every other field is the default.
type Options struct {
	Rules  *rules.Set
	Walk   walk.Options // for AddFiles
	Fields []format.Field
	Scopes format.Scopes // zero: manifests

	// MaxSize is the size in bytes above which a file, or an object of a
	// stream, is not read. Zero: 32 MiB.
	MaxSize int64

	// Progress is called now and then, from one goroutine at a time, with the
	// number of files looked at so far. Nil: nobody is told.
	Progress func(files int)
}

const defaultMaxSize = 32 << 20

// An Inventory is a list of images. Its methods may be called by several
// goroutines; its fields are to be read when all Add methods have returned.
type Inventory struct {
	Skipped           []walk.Skip // what was not looked at, sorted by path
	Failures          []Failure   // what may hold a reference and could not be read, in order
	ScannedFiles      int         // files looked at
	ScannedObjects    int         // objects of streams looked at
	HasStream         bool        // a stream was looked at, if only an empty one
	ScannedRenderings int         // charts and kustomizations whose rendering was looked at
	FamilyFiles       []string    // the files that linkers know of, sorted: charts, kustomizations

	// Unrendered are charts and kustomizations that do not render, so that
	// what they would print is not listed. AddRendered's callers add to it.
	Unrendered []Failure

	// Unfilled is how many references are not listed because a template has
	// still to say their host or path: {{ .Values.image }}.
	Unresolved int

	opts    Options
	linkers *families.Linkers
	mu      sync.Mutex
	images  map[imageKey]*Image
}

// A Failure is something that could not be read.
type Failure struct {
	Path string // of the file, "-" for a stream; relative to the root
	Err  error
}

// An imageKey tells images apart: the same text may be an image of Docker Hub
// where a field says so, which a rule moves, and not be one elsewhere.
type imageKey struct{ ref, newRef string }

// An Image is one reference and its uses.
type Image struct {
	// Ref is the reference as it is written, without a transport. Pieces in
	// several keys are joined, a tag or digest in a key beside it included.
	Ref string

	// Its parts as written; Domain is empty for the short form of Docker Hub.
	Domain, Path, Tag, Digest string

	// Registry and Repository are how a registry's client reads Domain and
	// Path: docker.io and library/nginx for nginx.
	Registry, Repository string

	// New is what the rules make of Ref, "" when none moves it; Rule is the
	// name of the rule that moves it, or that would if its entry Keep did not
	// hold it back.
	New, Rule, Keep string

	// Advice is what the catalogue of renamed and removed images says of it.
	Advice []rules.Advice

	// Open says that a variable of a template stands in Ref, so that it is
	// not known in full.
	HasVariable bool

	Uses []Use // sorted

	mayHaveTag bool // everywhere it stands in a key for a repository, so that a tag may be anywhere
}

// A Origin is where a use was found.
type Origin uint8

// The ways.
const (
	InFile      Origin = iota // in a file
	InRendering               // in what a chart or a kustomization prints
	InObject                  // in an object of a stream
)

func (v Origin) String() string { return [...]string{"file", "rendered", "object"}[v] }

// A Use is a place where an image is named.
type Use struct {
	Origin Origin
	Path   string // of the file or template, or of the folder of a kustomization; "-" for a stream

	// Line and Column, both 1-based, a column counts code points. Both are 0
	// where they would mean nothing: in rendered text, in a stream of JSON.
	Line, Column int

	Field  string // .spec.containers[0].image; "" outside of any structure
	Object string // Deployment web (apps/v1), Pod kube-system/dns (v1); "" outside of any object

	// Running is the digest that a node reports of the container, "" when
	// nothing does.
	RunningDigest string
}

// New returns an empty inventory.
func New(o Options) *Inventory {
	if o.Scopes == 0 {
		o.Scopes = 1 << format.Manifests
	}
	if o.MaxSize <= 0 {
		o.MaxSize = defaultMaxSize
	}
	return &Inventory{opts: o, linkers: families.New(chart.BumpNone), images: map[imageKey]*Image{}}
}

// Images returns the images, sorted by registry, repository and what is
// written, each with its uses in the order of files, positions and fields.
func (v *Inventory) Images() []Image {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]Image, 0, len(v.images))
	for _, m := range v.images {
		i := *m
		i.Uses = slices.Clone(m.Uses)
		i.Advice = advise(m, m.mayHaveTag)
		slices.SortFunc(i.Uses, compareUses)
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b Image) int {
		return cmp.Or(strings.Compare(a.Registry, b.Registry), strings.Compare(a.Repository, b.Repository),
			strings.Compare(a.Ref, b.Ref), strings.Compare(a.New, b.New))
	})
	return out
}

func compareUses(a, b Use) int {
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		strings.Compare(a.Object, b.Object), strings.Compare(a.Field, b.Field), strings.Compare(a.RunningDigest, b.RunningDigest))
}

// SelectedByRules returns those of images that a rule moves.
func SelectedByRules(images []Image) []Image {
	return slices.DeleteFunc(slices.Clone(images), func(m Image) bool { return m.New == "" })
}

// advise asks the catalogue. A tag that stands elsewhere is not known: part.
func advise(m *Image, part bool) []rules.Advice {
	old, now := m.Ref, m.New
	if part && m.Tag == "" && m.Digest == "" {
		old += ":<tag>" // a variable
		if now != "" {
			now += ":<tag>"
		}
	}
	return slices.DeleteFunc(rules.Advise(old, now), func(a rules.Advice) bool { return a.ForCharts })
}

// A foundRef is a reference that was found.
type foundRef struct {
	image      Image
	use        Use
	mayHaveTag bool // it stands in a key for a repository, so that a tag may be anywhere
}

// add adds hits and counts.
func (v *Inventory) add(hits []foundRef, unfilled int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Unresolved += unfilled
	for _, h := range hits {
		key := imageKey{h.image.Ref, h.image.New}
		m := v.images[key]
		if m == nil {
			m = h.image.clone()
			m.mayHaveTag = h.mayHaveTag
			v.images[imageKey{m.Ref, m.New}] = m
		}
		// Files come in any order: what one hit knows, all do.
		m.mayHaveTag = m.mayHaveTag && h.mayHaveTag
		m.Rule, m.Keep = max(m.Rule, h.image.Rule), max(m.Keep, h.image.Keep)
		m.Uses = append(m.Uses, h.use)
	}
}

// clone copies m, so that it does not hold on to the text that it was found in.
func (m *Image) clone() *Image {
	out := *m
	for _, s := range []*string{&out.Ref, &out.Domain, &out.Path, &out.Tag, &out.Digest, &out.Registry, &out.Repository, &out.New} {
		*s = strings.Clone(*s)
	}
	return &out
}

// fail notes that what stands at path could not be read.
func (v *Inventory) fail(path string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Failures = append(v.Failures, Failure{path, err})
}
