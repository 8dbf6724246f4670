package rewrite

import (
	"context"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Options are what a run is asked for. Rules must be set; the zero value of
// every other field is the default.
type Options struct {
	Walk   walk.Options
	Rules  *rules.Set
	Fields []format.Field
	Scopes format.Scopes // zero: manifests

	// OwnConfig are the absolute paths of configuration files of this run,
	// whose mentions are kept as what they are.
	OwnConfig []string

	// TraceChart returns what the references that the chart in the folder dir renders
	// are made of: see link.Tree. It reads the files that scanned returns from
	// there and others from the disk, so that its result is about the bytes that
	// the run edits. It may be called by several goroutines. Nil: names of keys
	// decide.
	TraceChart func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error)

	// Refuse is asked once about all references that would move, each of them
	// once, and returns for each why it has to stay, "" for nothing. A group
	// with one that stays is kept. Nil: all may move.
	Unavailable func(ctx context.Context, moves []RefChange) []string

	// Bump says which part of the version is raised of charts that change.
	Bump chart.VersionBump

	// MaxSize is the size in bytes above which a file is searched for
	// mentions but not read as a whole. Zero: 32 MiB.
	MaxSize int64

	// Progress is called now and then, from one goroutine at a time, with the
	// number of files looked at so far. Nil: nobody is told.
	Progress func(files int)
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
