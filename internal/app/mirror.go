package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// MirrorFlags are the flags that only `regmigrate registry mirror` has.
type MirrorFlags struct {
	To       string
	From     []string
	WithHost bool
	DryRun   bool
	Sizes    bool
}

// Mirror runs the command registry mirror.
func Mirror(ctx context.Context, s session.Streams, f *session.Flags, m *MirrorFlags, args []string) error {
	if err := f.Registry.Validate(); err != nil {
		return err
	}
	to, err := parseMirror(m.To)
	if err != nil {
		return err
	}
	m.To = to
	if m.Sizes && !m.DryRun {
		return errors.New("--sizes: expected with --dry-run; other runs show the sizes while they copy")
	}
	list, set, partial, err := imageset.Load(ctx, s, f, args, true)
	if err != nil {
		return err
	}
	if moved, ok := set.Rewrite.Rules.Match(to+"/x", rules.Reference); ok && moved.Keep == "" {
		return fmt.Errorf("--to %q: the rules move images from there to %s; expected a registry of yours", to, moved.New+to[min(moved.Len, len(to)):])
	}
	copies, skipped, err := planCopies(list, m)
	if err != nil {
		return err
	}
	f.Registry.NoCache = true // the target may have changed since the last run
	client, err := f.Registry.NewClient()
	if err != nil {
		return err
	}
	x := mirrorRun{streams: s, flags: f, options: m, client: client, copies: copies, skipped: skipped}
	if m.DryRun {
		err = x.dryRun(ctx)
	} else {
		err = x.copy(ctx, set)
	}
	if err == nil && partial {
		return imageset.IncompleteError()
	}
	return err
}

// A mirrorRun is one run of registry mirror.
type mirrorRun struct {
	streams session.Streams
	flags   *session.Flags
	options *MirrorFlags
	client  *registry.Client
	copies  []registry.Copy
	skipped []*imageset.Image
}

// progress returns a progress line and the function that updates it.
func (x *mirrorRun) progress() (*session.Progress, func(registry.Progress)) {
	bar := session.NewProgress(x.streams.Err, x.flags.Quiet)
	describe := mirrorProgress(len(x.copies), time.Now)
	return bar, func(p registry.Progress) { bar.ShowFunc(func() string { return describe(p) }) }
}

// dryRun prints the commands that copy the images.
func (x *mirrorRun) dryRun(ctx context.Context) error {
	for _, c := range x.copies {
		fmt.Fprintf(x.streams.Out, "crane copy %s %s\n", c.From, c.To)
	}
	failures := 0
	if x.options.Sizes {
		bar, update := x.progress()
		plans := x.client.PlanMirror(ctx, x.copies, update)
		bar.Clear()
		if ctx.Err() != nil {
			return session.Failed(errors.New("interrupted"))
		}
		failures = printPlanned(x.streams, x.flags, plans)
	}
	if !x.flags.Quiet {
		fmt.Fprintf(x.streams.Err, "%s would be copied; crane does not copy referrers and the tags of signatures\n", session.Plural(len(x.copies), "reference"))
		printSkipped(x.streams, x.skipped)
	}
	if failures > 0 {
		return session.Failed(fmt.Errorf("%s could not be checked", session.Plural(failures, "reference")))
	}
	return nil
}

// copy copies the images and prints the rules that point files at the mirror.
func (x *mirrorRun) copy(ctx context.Context, set *session.Session) error {
	s, f := x.streams, x.flags
	bar, update := x.progress()
	out := x.client.Mirror(ctx, x.copies, update)
	bar.Clear()
	failures := printCopied(s, f, out)
	if !f.Quiet {
		printSkipped(s, x.skipped)
	}
	switch {
	case ctx.Err() != nil:
		return session.Failed(errors.New("interrupted; run the same command again to continue"))
	case failures > 0:
		return session.Failed(fmt.Errorf("%s could not be copied; run the same command again to continue", session.Plural(failures, "reference")))
	}
	if len(x.copies) > 0 && !f.Quiet {
		x.printRules(set)
	}
	return nil
}
