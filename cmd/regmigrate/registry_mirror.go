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
	if err := f.registry.Validate(); err != nil {
		return err
	}
	to, err := parseMirror(m.to)
	if err != nil {
		return err
	}
	if m.sizes && !m.dryRun {
		return errors.New("--sizes: expected with --dry-run; without it the sizes are shown while images are copied")
	}
	list, set, partial, err := Load(ctx, s, f, args, true)
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
	f.registry.noCache = true // what is there is looked at, not remembered
	client, err := f.registry.NewClient()
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	shown := mirrorProgress(len(copies), time.Now)
	told := func(p registry.Progress) { bar.ShowFunc(func() string { return shown(p) }) }
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
			failures = printPlanned(s, f, plans)
		}
		if !f.quiet {
			fmt.Fprintf(s.err, "%s would be copied; crane leaves referrers and the tags of signatures behind\n", Plural(len(copies), "image"))
			printSkipped(s, skipped)
		}
		switch {
		case failures > 0:
			return failed(fmt.Errorf("%s could not be looked at", Plural(failures, "image")))
		case partial:
			return IncompleteError()
		}
		return nil
	}
	out := client.Mirror(ctx, copies, told)
	bar.clear()
	failures := printCopied(s, f, out)
	if !f.quiet {
		printSkipped(s, skipped)
	}
	switch {
	case ctx.Err() != nil:
		return failed(errors.New("interrupted; the same command goes on where it was"))
	case failures > 0:
		return failed(fmt.Errorf("%s could not be copied; the same command goes on where it was", Plural(failures, "image")))
	}
	if len(copies) > 0 && !f.quiet {
		printRules(s, set, f.rules, copies, to, m)
	}
	if partial {
		return IncompleteError()
	}
	return nil
}
