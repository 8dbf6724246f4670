package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// mirrorFlags are those of registry mirror.
type mirrorFlags struct {
	to       string
	from     []string
	withHost bool
	dryRun   bool
	sizes    bool
}

func mirror(ctx context.Context, s streams, f *flags, m *mirrorFlags, args []string) error {
	if err := f.registry.check(); err != nil {
		return err
	}
	to, err := mirrorAt(m.to)
	if err != nil {
		return err
	}
	if m.sizes && !m.dryRun {
		return errors.New("--sizes: expected with --dry-run; without it the sizes are shown while images are copied")
	}
	list, set, partial, err := wantedOf(ctx, s, f, args, true)
	if err != nil {
		return err
	}
	if moved, ok := set.options.Rules.Match(to+"/x", rules.Reference); ok && moved.Keep == "" {
		return fmt.Errorf("--to %q: the rules move what is there to %s; expected a registry of yours", to, moved.New+to[min(moved.Len, len(to)):])
	}
	copies, skipped, err := copiesOf(list, to, m)
	if err != nil {
		return err
	}
	f.registry.noCache = true // what is there is looked at, not remembered
	client, err := f.registry.client()
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	shown := progressOf(len(copies), time.Now)
	told := func(p registry.Progress) { bar.say(func() string { return shown(p) }) }
	if m.dryRun {
		for _, c := range copies {
			fmt.Fprintf(s.out, "crane copy %s %s\n", c.From, c.To)
		}
		failures := 0
		if m.sizes {
			plans := client.PlanMirror(ctx, copies, told)
			bar.clear()
			if ctx.Err() != nil {
				return failed(errors.New("interrupted"))
			}
			failures = tellPlanned(s, f, plans)
		}
		if !f.quiet {
			fmt.Fprintf(s.err, "%s would be copied; crane leaves referrers and the tags of signatures behind\n", counted(len(copies), "image"))
			tellSkipped(s, skipped)
		}
		switch {
		case failures > 0:
			return failed(fmt.Errorf("%s could not be looked at", counted(failures, "image")))
		case partial:
			return unread()
		}
		return nil
	}
	out := client.Mirror(ctx, copies, told)
	bar.clear()
	failures := tellCopied(s, f, out)
	if !f.quiet {
		tellSkipped(s, skipped)
	}
	switch {
	case ctx.Err() != nil:
		return failed(errors.New("interrupted; the same command goes on where it was"))
	case failures > 0:
		return failed(fmt.Errorf("%s could not be copied; the same command goes on where it was", counted(failures, "image")))
	}
	if len(copies) > 0 && !f.quiet {
		tellRules(s, set, f.rules, copies, to, m)
	}
	if partial {
		return unread()
	}
	return nil
}
