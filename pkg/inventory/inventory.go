// Package inventory lists the image references of files, of rendered text and
// of the objects of a cluster, whether or not a rule matches them.
//
// [New] returns an empty [Inventory]. [Inventory.AddFiles] adds the references of
// files, [Inventory.AddRendered] those of rendered charts and kustomizations, and
// [Inventory.AddObjects] those of a stream of Kubernetes objects.
// [Inventory.Images] then returns one [Image] per distinct reference, with all its
// uses. The documentation of AddFiles lists the values that count as references.
//
// The package writes no files and makes no network requests. Image.Ref is the
// reference as written in its source; Image.Registry and Image.Repository are the
// normalized names.
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

// Options configure an inventory. Rules must be set; the zero value of every
// other field is its default.
type Options struct {
	Rules  *rules.Set
	Walk   walk.Options // for AddFiles
	Fields []format.Field

	// WithVendored also reads the files of vendored folders that git tracks.
	WithVendored bool

	// FindRegistries also searches the text of all files, and packed charts, for
	// Registries.
	FindRegistries bool

	Scopes format.Scopes // zero: manifests

	// MaxSize is the maximum size, in bytes, of a file and of an object of a
	// stream; larger ones are not scanned. Zero: 32 MiB.
	MaxSize int64

	// Progress, if not nil, is called with the number of files scanned so far,
	// from one goroutine at a time.
	Progress func(files int)
}

const defaultMaxSize = 32 << 20

// An Inventory is a list of images. Its methods may be called by several
// goroutines; its fields may be read after all Add methods have returned.
type Inventory struct {
	Skipped           []walk.Skip // files and folders that were not scanned, sorted by path
	Failures          []Failure   // files and objects that may hold references and could not be read
	ScannedFiles      int
	ScannedObjects    int      // objects of streams
	HasStream         bool     // AddObjects was called, even with an empty stream
	ScannedRenderings int      // rendered charts and kustomizations
	FamilyFiles       []string // files that linkers need, such as those of charts and kustomizations; sorted

	// Unrendered are charts and kustomizations that do not render, so that the
	// references of their output are not listed. The callers of AddRendered
	// fill it.
	Unrendered []Failure

	// Unresolved is the number of references that are not listed because a
	// template variable determines their host or path: {{ .Values.image }}.
	Unresolved int

	opts    Options
	linkers *families.Linkers
	files   *format.OtherFiles
	mu      sync.Mutex
	images  map[imageKey]*Image
	sources []chartSource

	ruleHosts map[string]bool // the hosts of the prefixes of the rules
	uses      []chartUse

	registries map[string]Registry // by host
}

// A Failure is a file, stream or rendering that could not be read.
type Failure struct {
	Path string // relative to the root; Stream for a stream
	Err  error
}

// An imageKey identifies an image. The reference alone does not: in an image
// field, a text without a domain is a short name of Docker Hub that a rule may
// match; elsewhere the same text matches no rule.
type imageKey struct {
	ref, newRef string
	kind        format.Kind
}

// An Image is one reference and its uses.
type Image struct {
	// Ref is the reference as written, without a transport such as docker://.
	// The pieces of a reference that is split across keys are joined; a tag or
	// digest of a sibling key is appended.
	Ref string

	// The parts of Ref as written; Domain is empty for short names of Docker Hub.
	Domain, Path, Tag, Digest string

	// Registry and Repository are Domain and Path as a registry client
	// normalizes them: docker.io and library/nginx for nginx.
	Registry, Repository string

	// Kind is what Ref names. IsSource reports that Ref is a registry of charts
	// and not one chart.
	Kind     format.Kind
	IsSource bool

	// New is the new reference, "" if no rule rewrites Ref. Rule is the name of
	// the rule that matches Ref. Keep is the keep entry of that rule that
	// excludes Ref, or "".
	New, Rule, Keep string

	// Advice are the entries of the catalogue of renamed and removed images
	// that apply to Ref or New.
	Advice []rules.Advice

	// HasVariable reports whether Ref contains a template variable, so that the
	// reference is not known in full.
	HasVariable bool

	Uses []Use // sorted

	mayHaveTag bool // see foundRef.mayHaveTag; true for all uses
}

// An Origin is the kind of source in which a use was found.
type Origin uint8

// The origins.
const (
	InFile      Origin = iota // a file
	InRendering               // the output of a chart or kustomization
	InObject                  // an object of a stream
)

func (v Origin) String() string { return [...]string{"file", "rendered", "object"}[v] }

// A Use is a place where an image is referenced.
type Use struct {
	Origin Origin
	Path   string // of the file or template, or of the folder of a kustomization; Stream for a stream

	// Line and Column are 1-based; columns count code points. Both are 0 in
	// rendered text and in a stream of JSON, which have no positions.
	Line, Column int

	Field  string // .spec.containers[0].image; "" in text without structure
	Object string // Deployment web (apps/v1), Pod kube-system/dns (v1); "" outside of objects

	// Container is what package podspec calls the container of a pod spec with this
	// image, such as `init container "copy"`; "" for other uses, and in text that is
	// neither YAML nor JSON.
	Container string

	// IsLikely reports that the reference is likely, but not certainly, an image:
	// see package account.
	IsLikely bool

	// RunningDigest is the digest of the running container as its node reports
	// it, or "".
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
	return &Inventory{opts: o, files: format.NewOtherFiles(o.Walk.Root), ruleHosts: hostsOf(o.Rules), linkers: families.New(chart.BumpNone), images: map[imageKey]*Image{}, registries: map[string]Registry{}}
}

// Images returns the images, sorted by registry, repository and reference. The
// uses of an image are sorted by origin, path, position and field.
func (v *Inventory) Images() []Image {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := map[imageKey]*Image{}
	for k, m := range v.images {
		all[k] = m
	}
	v.joinCharts(all)
	out := make([]Image, 0, len(all))
	for _, m := range all {
		i := *m
		i.Uses = slices.Clone(m.Uses)
		i.Advice = advise(m, m.mayHaveTag)
		slices.SortFunc(i.Uses, compareUses)
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b Image) int {
		return cmp.Or(strings.Compare(a.Registry, b.Registry), strings.Compare(a.Repository, b.Repository),
			strings.Compare(a.Ref, b.Ref), strings.Compare(a.New, b.New), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func compareUses(a, b Use) int {
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		strings.Compare(a.Object, b.Object), strings.Compare(a.Field, b.Field), strings.Compare(a.RunningDigest, b.RunningDigest))
}

// SelectedByRules returns the images that a rule rewrites.
func SelectedByRules(images []Image) []Image {
	return slices.DeleteFunc(slices.Clone(images), func(m Image) bool { return m.New == "" })
}

// advise returns the catalogue entries for m. If mayHaveTag is set, a missing tag
// counts as unknown rather than absent.
func advise(m *Image, mayHaveTag bool) []rules.Advice {
	if m.Kind != format.Image {
		return nil // the catalogue is about images
	}
	oldRef, newRef := m.Ref, m.New
	if mayHaveTag && m.Tag == "" && m.Digest == "" {
		oldRef += ":<tag>" // the catalogue reads this as a variable
		if newRef != "" {
			newRef += ":<tag>"
		}
	}
	return slices.DeleteFunc(rules.Advise(oldRef, newRef), func(a rules.Advice) bool { return a.ForCharts })
}

// A foundRef is one use of an image.
type foundRef struct {
	image      Image
	use        Use
	mayHaveTag bool // the value of a repository key, whose tag may be in a key that was not found
	start      int  // the byte offset of the image in its text
}

// add adds found references and the number of unresolved ones.
func (v *Inventory) add(found []foundRef, unresolved int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Unresolved += unresolved
	for _, f := range found {
		m := v.images[f.image.key()]
		if m == nil {
			m = f.image.clone()
			m.mayHaveTag = f.mayHaveTag
			v.images[m.key()] = m
		}
		// Files are scanned in any order; these results must not depend on it.
		m.mayHaveTag = m.mayHaveTag && f.mayHaveTag
		m.Rule, m.Keep = max(m.Rule, f.image.Rule), max(m.Keep, f.image.Keep)
		m.Uses = append(m.Uses, f.use)
	}
}

func (m *Image) key() imageKey { return imageKey{m.Ref, m.New, m.Kind} }

// clone returns a copy of m that shares no memory with the source text.
func (m *Image) clone() *Image {
	out := *m
	for _, s := range []*string{&out.Ref, &out.Domain, &out.Path, &out.Tag, &out.Digest, &out.Registry, &out.Repository, &out.New} {
		*s = strings.Clone(*s)
	}
	return &out
}

// fail records that the file or stream at path could not be read.
func (v *Inventory) fail(path string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Failures = append(v.Failures, Failure{path, err})
}
