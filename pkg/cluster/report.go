package cluster

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// An Object is the name of an object.
type Object struct {
	APIVersion, Kind, Namespace, Name string // Namespace is "" for objects of the cluster
}

// String returns the kind and the name, such as "Deployment kube-system/dns".
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

func compareObjects(a, b Object) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.APIVersion, b.APIVersion))
}

// A Manager is what put an object into the cluster, as its labels and annotations say.
type Manager struct {
	Kind string // one of the constants below
	Name string // with a namespace before it if it has one: flux-system/apps
}

// The kinds of managers.
const (
	HelmRelease = "Helm release"
	// HelmTemplate is a chart whose release is not known: Argo CD and others apply
	// what helm template prints. The name is that of the label app.kubernetes.io/instance.
	HelmTemplate      = "Helm chart"
	ArgoApplication   = "Argo CD application"
	FluxHelmRelease   = "Flux HelmRelease"
	FluxKustomization = "Flux Kustomization"
)

// A State is what a use of an image is in.
type State string

// The states, the most important first. A use has the first one that is true for one of
// its pods or objects.
const (
	Running      State = "running"        // a pod that has not ended
	Declared     State = "declared"       // a workload without pods that would run, such as a CronJob or a custom resource
	ScaledToZero State = "scaled to zero" // a workload with 0 replicas
	Finished     State = "finished"       // a pod or a job that has ended
	Old          State = "old"            // a ReplicaSet of an earlier version of its owner
	OnNode       State = "on node"        // a node holds the image; no object names it
	Hook         State = "hook"           // a hook of a Helm release, which runs at the next upgrade
)

// States are all states, the most important first.
var States = []State{Running, Declared, ScaledToZero, Hook, Finished, Old, OnNode}

// Gates reports whether an image in this state runs, or would run without another
// change.
func (s State) Gates() bool { return s == Running || s == Declared || s == ScaledToZero || s == Hook }

// A Use is a container, or another field, that names an image.
type Use struct {
	Context  string
	Owner    Object // the object at the top, such as the Deployment of a pod
	Object   Object // that names the image: the owner, or the first by name below it
	Field    string // `container "app"`, or the field .spec.image
	State    State
	IsLikely bool // see package account

	Pods     int      // pods that have not ended
	Waiting  int      // pods whose image did not arrive
	Reason   string   // why, as the kubelet says for one of them
	Digests  []string // of the running containers, as nodes report them, sorted
	Managers []Manager
	Labels   map[string]string // of the owner, those of Options.Labels

	IsStatic     bool // a pod from a file of its node
	ByOperator   bool // a custom resource owns the pod
	PullPolicy   string
	PullSecrets  []string // names, sorted
	Sources      []Source // for Report.Match
	SourceStatus Match
}

// An Image is a reference and its uses in clusters.
type Image struct {
	inventory.Image       // without uses
	Uses            []Use // sorted by context, owner and field
}

// Gates reports whether the image runs, or would run.
func (m *Image) Gates() bool {
	return slices.ContainsFunc(m.Uses, func(u Use) bool { return u.State.Gates() })
}

// A Problem is something that could not be listed.
type Problem struct {
	Context, Kind string // Kind is a plural name such as pods or rollouts.argoproj.io; "" for the cluster
	Namespace     string // "" for all
	Err           error
}

// A Note is a fact about a list that does not make it incomplete.
type Note struct{ Context, Text string }

// A Report has the images of clusters. Several goroutines may add to it.
type Report struct {
	Contexts []string // in the order of Add
	Problems []Problem
	Notes    []Note
	Objects  int // that were read
	Pods     int // of these

	// Interrupted says that the lists were not read to their end.
	Interrupted bool

	rules   *rules.Set
	mu      sync.Mutex
	images  map[string]*imageUses // by reference
	watched []watchedList
}

type imageUses struct {
	image inventory.Image
	uses  map[useKey]*Use
}

type useKey struct {
	context string
	owner   Object
	field   string
}

// NewReport returns an empty report, whose images are moved by the rules.
func NewReport(set *rules.Set) *Report {
	return &Report{rules: set, images: map[string]*imageUses{}}
}

// add adds a use of a reference in an image field, and merges it with the uses of the same
// field of the same owner.
func (r *Report) add(ref string, u Use) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.images[ref]
	if m == nil {
		ref = strings.Clone(ref)
		m = &imageUses{image: inventory.ReadReference(ref, r.rules), uses: map[useKey]*Use{}}
		r.images[ref] = m
	}
	m.merge(u)
}

// addImage adds a use of an image that the general reader found.
func (r *Report) addImage(image inventory.Image, u Use) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := image.Ref
	if m := r.images[key]; m != nil && (m.image.New != image.New || m.image.Kind != image.Kind) {
		key += "\x00" + image.New + "\x00" + image.Kind.String()
	}
	m := r.images[key]
	if m == nil {
		m = &imageUses{image: image, uses: map[useKey]*Use{}}
		m.image.Uses = nil
		r.images[key] = m
	}
	m.merge(u)
}

func (m *imageUses) merge(u Use) {
	key := useKey{u.Context, u.Owner, u.Field}
	have := m.uses[key]
	if have == nil {
		m.uses[key] = &u
		return
	}
	if slices.Index(States, u.State) < slices.Index(States, have.State) {
		have.State = u.State
	}
	// A workload comes before its pods, but pods of one owner in any order.
	if have.Object != have.Owner && (u.Object == u.Owner || compareObjects(u.Object, have.Object) < 0) {
		have.Object = u.Object
	}
	have.Pods += u.Pods
	have.Waiting += u.Waiting
	have.Reason = cmp.Or(have.Reason, u.Reason)
	have.IsLikely = have.IsLikely && u.IsLikely
	have.PullPolicy = cmp.Or(have.PullPolicy, u.PullPolicy)
	for _, d := range u.Digests {
		if i, ok := slices.BinarySearch(have.Digests, d); !ok {
			have.Digests = slices.Insert(have.Digests, i, d)
		}
	}
	if len(have.PullSecrets) == 0 {
		have.PullSecrets = u.PullSecrets
	}
}

// Images returns the images, sorted by registry, repository and reference.
func (r *Report) Images() []Image {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Image, 0, len(r.images))
	for _, key := range slices.Sorted(maps.Keys(r.images)) {
		m := r.images[key]
		i := Image{Image: m.image}
		for _, u := range m.uses {
			i.Uses = append(i.Uses, *u)
		}
		slices.SortFunc(i.Uses, func(a, b Use) int {
			return cmp.Or(strings.Compare(a.Context, b.Context), compareObjects(a.Owner, b.Owner), strings.Compare(a.Field, b.Field))
		})
		out = append(out, i)
	}
	slices.SortStableFunc(out, func(a, b Image) int {
		return cmp.Or(strings.Compare(a.Registry, b.Registry), strings.Compare(a.Repository, b.Repository), strings.Compare(a.Ref, b.Ref))
	})
	return out
}

func (r *Report) fail(p Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Problems = append(r.Problems, p)
}

func (r *Report) note(context, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := (Note{context, text}); !slices.Contains(r.Notes, n) {
		r.Notes = append(r.Notes, n)
	}
}

func (r *Report) count(objects, pods int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Objects += objects
	r.Pods += pods
}
