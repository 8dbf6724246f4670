package rewrite

import (
	"context"
	"path/filepath"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Options configure a run. Rules must be set; the zero value of every other
// field is the default.
type Options struct {
	// otherFiles are the files of the repository of a text, nil for those of Walk.
	otherFiles *format.OtherFiles

	Walk walk.Options

	// Within is the folder, slash-separated and relative to Walk.Root, in which a
	// run searches for files that depend on those of Walk.Paths; "" means Walk.Root.
	Within string

	Rules  *rules.Set
	Fields []format.Field
	Scopes format.Scopes // zero: manifests

	// OwnConfig are the absolute paths of configuration files of this run.
	// Their mentions are not changed.
	OwnConfig []string

	// PolicyRules returns the digest of the rules from which the command of a policy
	// makes it today: see [rules.Table.Digest]. The policy is in the file at path, which
	// is relative to Walk.Root. A finding says that the digest differs, or the error. If
	// PolicyRules is nil, no policy is outdated.
	PolicyRules func(path string, p format.OwnPolicy) (string, error)

	// TraceChart returns the parts of the references that the chart in the
	// folder dir renders: see link.Tree. It reads the files for which scanned
	// returns bytes from there and all others from the disk, so that its result
	// is about the bytes that the run edits. It may be called by several
	// goroutines. If it is nil, key names decide.
	TraceChart func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error)

	// TraceFurther does the same as TraceChart for a rendering that a linker asks for: see
	// link.Tree. If it is nil, there are no such renderings.
	TraceFurther func(dir string, q link.TraceRequest, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error)

	// MayReadValue reports whether a template may read a value: see link.Tree. The
	// parameter scanned is as for TraceChart. Nil: a template may read each value.
	MayReadValue func(dir string, at []string, scanned func(path string) ([]byte, bool)) (bool, error)

	// Walked is called after the walk, before every other function of the options, if the
	// walk visited the whole repository. It gets the paths of the files with the name
	// Chart.yaml, and of the folders that the walk skipped. It may be nil.
	Walked func(charts, notVisited []string)

	// OutsideSubcharts returns the folders of the sub-charts that are not in the
	// folder of their chart: see link.Tree. If it is nil, no chart has one.
	OutsideSubcharts func() map[string]map[string]string

	// RejectedByChart returns, for each of changes, what the values schemas of
	// the chart in the folder dir and of its sub-charts reject after the change
	// and not before, "" for nothing. A change is the contents of files by path;
	// scanned is as for TraceChart. A group with a change that is rejected is not
	// changed, and after an error no group of the chart. Unread says which other
	// documents the schemas refer to: what these reject is not known. Nil: no
	// schema is read.
	RejectedByChart func(ctx context.Context, dir string, scanned func(path string) ([]byte, bool), changes []map[string][]byte) (rejected, unread []string, err error)

	// TraceEdited does the same as TraceChart for charts with the edits of the
	// run, to prove that they print the references that the rules require. Nil: TraceChart.
	TraceEdited func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error)

	// ProveEdits renders the charts in the folders charts and builds the kustomizations
	// among the files names, before and after the edits of the files edited, and says
	// what changes that the rules do not require. The parameter scanned is as for
	// TraceChart. It is called only for rules that depend on tags. If it is nil, groups
	// with a name and a tag in two values of a chart are not changed.
	ProveEdits func(ctx context.Context, charts, names []string, scanned func(path string) ([]byte, bool), edited map[string][]byte) (EditProof, error)

	// Unavailable returns for each of changes why the new reference must not be
	// used, "" if it may. A group with an unavailable reference is not changed.
	// It is called about each reference once, and may be called several times
	// with further references. Nil: all may be used.
	Unavailable func(ctx context.Context, changes []RefChange) []string

	// AssumeImages moves likely images as if they were certain: see package account.
	AssumeImages bool

	// AllowInsecureImages adds global.security.allowInsecureImages: true to the values of
	// charts of Bitnami whose images move out of docker.io/bitnami.
	AllowInsecureImages bool

	// OverrideSubcharts adds values to the values.yaml of charts that move the images of
	// their packed sub-charts. It needs ProveEdits.
	OverrideSubcharts bool

	// HasRemoteCharts says that TraceChart and ProveEdits may add dependencies to charts
	// that the repository does not have.
	HasRemoteCharts bool

	// Bump is the part of a chart's version that is raised if the chart changes.
	Bump chart.VersionBump

	// MaxSize is the size in bytes above which a file is searched for mentions
	// but not parsed. Zero: 32 MiB.
	MaxSize int64

	// Progress is called from time to time, by one goroutine at a time, with
	// the number of files scanned so far. May be nil.
	Progress func(files int)
}

// A RefChange is a reference that would be rewritten. Its tag is missing if
// the tag is the value of a key of its own.
type RefChange struct {
	Old, New string
	ToPrefix string // `to` of the rule
	Field    string // field of one of its places: .spec.containers[0].image

	// TagElsewhere says that New is a name whose tag a template prints.
	TagElsewhere bool
}

const defaultMaxSize = 32 << 20

func (o *Options) maxSize() int64 {
	if o.MaxSize > 0 {
		return o.MaxSize
	}
	return defaultMaxSize
}

func (o *Options) scopes() format.Scopes {
	if o.Scopes == 0 {
		return 1 << format.Manifests
	}
	return o.Scopes
}

// searchRoot returns the absolute path of o.Within.
func (o *Options) searchRoot() string {
	return filepath.Join(o.Walk.Root, filepath.FromSlash(o.Within))
}
