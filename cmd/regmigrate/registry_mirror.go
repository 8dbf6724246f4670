package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

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

// newMirrorCommand returns `regmigrate registry mirror`.
func newMirrorCommand(s streams) *cobra.Command {
	var f flags
	var m mirrorFlags
	cmd := &cobra.Command{
		Use:   "mirror [flags] --to REGISTRY[/PATH] [PATH...|-]",
		Short: "copy the images that the files need to a registry of yours",
		Long: `mirror copies every image that is named under PATH (default: the current folder),
or in what is piped in, from where the rules move it to, or else from where it is:
with --render, all that charts and kustomizations print too. With - it takes what
regmigrate registry check takes, such as the inventory that regmigrate images made.
Indexes are copied with all platforms, and with them signatures, attestations and
other artifacts, by the tags of cosign and by OCI referrers. What the target has is
not sent again: a run that was killed goes on where it was.

An image keeps its path: registry.k8s.io/pause:3.9 becomes REGISTRY/PATH/pause:3.9.
When it is done, the rule is printed that points the files at the mirror.`,
		Example: `  regmigrate registry mirror --to harbor.corp.example/k8s .
  regmigrate registry mirror --to harbor.corp.example/k8s --render --dry-run . | sh    # with crane
  regmigrate images --render -o json . | regmigrate registry mirror --to harbor.corp.example/k8s -
  kubectl get pods -A -o json | regmigrate registry mirror --to harbor.corp.example --with-host -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return mirror(cmd.Context(), s, &f, &m, args)
		},
	}
	setExits(cmd, "", "an image could not be copied, or something not be read; the same command\n     goes on where it was")
	x := cmd.Flags()
	x.StringVar(&m.to, "to", "", "`REGISTRY[/PATH]` that the images are copied to")
	x.StringArrayVar(&m.from, "from", nil, "copy only what comes from this `registry` (repeatable)")
	x.BoolVar(&m.withHost, "with-host", false, "put the name of the registry before the path of each image, so that those of several do not meet")
	x.BoolVarP(&m.dryRun, "dry-run", "n", false, "ask nobody and copy nothing: print crane copy commands that do about the same")
	x.BoolVar(&m.sizes, "sizes", false, "with --dry-run: ask registries how much there is to send")
	addRuleFlags(cmd, &f)
	addFileFlags(cmd, &f)
	x.BoolVar(&f.wholly, "render", false, "copy all that charts and kustomizations print too")
	addRenderFlags(cmd, &f.render)
	x.IntVarP(&f.registry.jobs, "jobs", "j", 4, "`number` of images copied at a time")
	addColorFlag(cmd, &f)
	x.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but what failed")
	x.BoolVarP(&f.verbose, "verbose", "v", false, "list every image")
	return cmd
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
		failed := 0
		if m.sizes {
			plans := client.PlanMirror(ctx, copies, told)
			bar.clear()
			if ctx.Err() != nil {
				return &exit{exitFailed, errors.New("interrupted")}
			}
			failed = tellPlanned(s, f, plans)
		}
		if !f.quiet {
			fmt.Fprintf(s.err, "%s would be copied; crane leaves referrers and the tags of signatures behind\n", counted(len(copies), "image"))
			tellSkipped(s, skipped)
		}
		switch {
		case failed > 0:
			return &exit{exitFailed, fmt.Errorf("%s could not be looked at", counted(failed, "image"))}
		case partial:
			return unread()
		}
		return nil
	}
	out := client.Mirror(ctx, copies, told)
	bar.clear()
	failed := tellCopied(s, f, out)
	if !f.quiet {
		tellSkipped(s, skipped)
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitFailed, errors.New("interrupted; the same command goes on where it was")}
	case failed > 0:
		return &exit{exitFailed, fmt.Errorf("%s could not be copied; the same command goes on where it was", counted(failed, "image"))}
	}
	if len(copies) > 0 && !f.quiet {
		tellRules(s, set, f.rules, copies, to, m)
	}
	if partial {
		return unread()
	}
	return nil
}
