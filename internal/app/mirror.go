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

// MirrorFlags are those of registry mirror.
type MirrorFlags struct {
	To       string
	From     []string
	WithHost bool
	DryRun   bool
	Sizes    bool
}

func Mirror(ctx context.Context, s session.Streams, f *session.Flags, m *MirrorFlags, args []string) error {
	if err := f.Registry.Validate(); err != nil {
		return err
	}
	to, err := parseMirror(m.To)
	if err != nil {
		return err
	}
	if m.Sizes && !m.DryRun {
		return errors.New("--sizes: expected with --dry-run; without it the sizes are shown while images are copied")
	}
	list, set, partial, err := imageset.Load(ctx, s, f, args, true)
	if err != nil {
		return err
	}
	if moved, ok := set.Rewrite.Rules.Match(to+"/x", rules.Reference); ok && moved.Keep == "" {
		return fmt.Errorf("--to %q: the rules move what is there to %s; expected a registry of yours", to, moved.New+to[min(moved.Len, len(to)):])
	}
	copies, skipped, err := planCopies(list, to, m)
	if err != nil {
		return err
	}
	f.Registry.NoCache = true // what is there is looked at, not remembered
	client, err := f.Registry.NewClient()
	if err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	shown := mirrorProgress(len(copies), time.Now)
	told := func(p registry.Progress) { bar.ShowFunc(func() string { return shown(p) }) }
	if m.DryRun {
		for _, c := range copies {
			fmt.Fprintf(s.Out, "crane copy %s %s\n", c.From, c.To)
		}
		failures := 0
		if m.Sizes {
			plans := client.PlanMirror(ctx, copies, told)
			bar.Clear()
			if ctx.Err() != nil {
				return session.Failed(errors.New("interrupted"))
			}
			failures = printPlanned(s, f, plans)
		}
		if !f.Quiet {
			fmt.Fprintf(s.Err, "%s would be copied; crane leaves referrers and the tags of signatures behind\n", session.Plural(len(copies), "image"))
			printSkipped(s, skipped)
		}
		switch {
		case failures > 0:
			return session.Failed(fmt.Errorf("%s could not be looked at", session.Plural(failures, "image")))
		case partial:
			return imageset.IncompleteError()
		}
		return nil
	}
	out := client.Mirror(ctx, copies, told)
	bar.Clear()
	failures := printCopied(s, f, out)
	if !f.Quiet {
		printSkipped(s, skipped)
	}
	switch {
	case ctx.Err() != nil:
		return session.Failed(errors.New("interrupted; the same command goes on where it was"))
	case failures > 0:
		return session.Failed(fmt.Errorf("%s could not be copied; the same command goes on where it was", session.Plural(failures, "image")))
	}
	if len(copies) > 0 && !f.Quiet {
		printRules(s, set, f.Rules, copies, to, m)
	}
	if partial {
		return imageset.IncompleteError()
	}
	return nil
}
