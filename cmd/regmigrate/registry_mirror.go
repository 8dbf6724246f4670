package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// mirrorFlags are those of registry mirror.
type mirrorFlags struct {
	to       string
	from     []string
	withHost bool
	dryRun   bool
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
	x := cmd.Flags()
	x.StringVar(&m.to, "to", "", "`REGISTRY[/PATH]` that the images are copied to")
	x.StringArrayVar(&m.from, "from", nil, "copy only what comes from this `registry` (repeatable)")
	x.BoolVar(&m.withHost, "with-host", false, "put the name of the registry before the path of each image, so that those of several do not meet")
	x.BoolVarP(&m.dryRun, "dry-run", "n", false, "ask nobody and copy nothing: print crane copy commands that do about the same")
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
	if m.to == "" {
		return errors.New("--to: expected REGISTRY or REGISTRY/PATH, where the images are copied to\n  for example: --to harbor.corp.example/k8s")
	}
	to := strings.TrimSuffix(m.to, "/")
	if ref, err := image.Parse(to + "/x"); err != nil || ref.Domain == "" {
		return fmt.Errorf("--to %q: expected REGISTRY or REGISTRY/PATH\n  for example: --to harbor.corp.example/k8s", m.to)
	}
	list, set, partial, err := wantedOf(ctx, s, f, args, true)
	if err != nil {
		return err
	}
	copies, skipped, err := copiesOf(list, to, m)
	if err != nil {
		return err
	}
	if m.dryRun {
		for _, c := range copies {
			fmt.Fprintf(s.out, "crane copy %s %s\n", c.From, c.To)
		}
		if !f.quiet {
			fmt.Fprintf(s.err, "%s would be copied; crane leaves referrers and the tags of signatures behind\n", counted(len(copies), "image"))
			tellSkipped(s, skipped)
		}
		if partial {
			return unread()
		}
		return nil
	}
	f.registry.noCache = true // what is there is looked at, not remembered
	client, err := f.registry.client()
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	out := client.Mirror(ctx, copies, func(p registry.Progress) {
		bar.tell(fmt.Sprintf("%d of %s, %s copied", p.Images, counted(len(copies), "image"), bytesOf(p.Bytes)))
	})
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

// copiesOf says what goes where. It refuses two images that would be one.
func copiesOf(list []*wanted, to string, m *mirrorFlags) ([]registry.Copy, []*wanted, error) {
	var copies []registry.Copy
	var skipped []*wanted
	known := map[string]registry.Copy{}
	for _, w := range list {
		if w.part != "" || strings.ContainsAny(w.New, "{}$<>%()") {
			if w.part == "" {
				w.part = "it has a variable in it"
			}
			skipped = append(skipped, w)
			continue
		}
		host, rest, err := registry.Split(w.New)
		if err != nil {
			w.part = "it is no whole reference"
			skipped = append(skipped, w)
			continue
		}
		if len(m.from) > 0 && !slices.Contains(m.from, host) {
			continue
		}
		if host == hostOf(to) {
			continue // it is there already
		}
		c := registry.Copy{From: host + "/" + rest, Else: w.Old, To: to + "/" + rest}
		if m.withHost {
			c.To = to + "/" + pathOf(host) + "/" + rest
		}
		before, twice := known[c.To]
		switch {
		case !twice:
			known[c.To] = c
			copies = append(copies, c)
		case before.From != c.From:
			return nil, nil, fmt.Errorf("%s and %s would both become %s\n  --with-host keeps them apart, --from copies those of one registry", before.From, c.From, c.To)
		}
	}
	slices.SortFunc(copies, func(a, b registry.Copy) int { return cmp.Compare(a.To, b.To) })
	return copies, skipped, nil
}

func hostOf(to string) string { host, _, _ := strings.Cut(to, "/"); return host }

// pathOf is a host as a part of a path, which has no colon.
func pathOf(host string) string { return strings.ReplaceAll(host, ":", "-") }

// tellCopied writes what became of each image, and returns how many failed.
func tellCopied(s streams, f *flags, out []registry.Copied) int {
	var copied, present, attached, failed, left int
	for _, x := range out {
		attached += x.Attached
		switch {
		case errors.Is(x.Err, registry.ErrInterrupted):
			left++
			continue
		case x.Err != nil:
			failed++
			fmt.Fprintf(s.err, "%s: %v\n", x.From, x.Err)
			continue
		case x.Present:
			present++
		default:
			copied++
		}
		if f.verbose {
			word := "copied "
			if x.Present {
				word = "present"
			}
			fmt.Fprintf(s.out, "%s  %s  %s\n", word, x.To, x.Digest)
		}
	}
	if !f.quiet {
		fmt.Fprintf(s.out, "%s: %d copied, %d there already", counted(len(out), "image"), copied, present)
		if failed > 0 {
			fmt.Fprintf(s.out, ", %d failed", failed)
		}
		if left > 0 {
			fmt.Fprintf(s.out, ", %d left", left)
		}
		if attached > 0 {
			fmt.Fprintf(s.out, "; %s beside them", counted(attached, "signature, attestation or other artifact"))
		}
		fmt.Fprintln(s.out)
	}
	return failed
}

func tellSkipped(s streams, skipped []*wanted) {
	if len(skipped) == 0 {
		return
	}
	fmt.Fprintf(s.err, "%s left out:\n", counted(len(skipped), "reference"))
	for i, w := range skipped {
		if i == maxShown {
			fmt.Fprintf(s.err, "    and %d more\n", len(skipped)-i)
			break
		}
		fmt.Fprintf(s.err, "    %s%s   %s\n", w.New, place(w.places), w.part)
	}
}

// tellRules prints what points the files at the mirror. What led from the files
// to the images goes along: presets, and the rules of this command line.
func tellRules(s streams, set *setup, given []string, copies []registry.Copy, to string, m *mirrorFlags) {
	var hosts []string
	for _, c := range copies {
		if host := hostOf(c.From); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	command, yaml := "regmigrate", ""
	for _, p := range set.presets {
		command += " --preset " + p
		yaml += ", " + p
	}
	if yaml != "" {
		yaml = "  presets: [" + yaml[2:] + "]\n"
	}
	yaml += "  rules:\n"
	for _, rule := range given {
		from, target, _ := strings.Cut(rule, "=")
		command += " --rule " + rule
		yaml += fmt.Sprintf("  - {from: %s, to: %s}\n", from, target)
	}
	for _, host := range hosts {
		target := to
		if m.withHost {
			target += "/" + pathOf(host)
		}
		command += " --rule " + host + "=" + target
		yaml += fmt.Sprintf("  - {from: %s, to: %s}\n", host, target)
	}
	fmt.Fprintf(s.out, "next: %s PATH\n        points the files at the mirror; in %s it is\n%s", command, configName, yaml)
}

func bytesOf(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// newMirrorConfigCommand returns `regmigrate registry mirror-config`.
func newMirrorConfigCommand(s streams) *cobra.Command {
	var f flags
	var format, to string
	cmd := &cobra.Command{
		Use:   "mirror-config --to REGISTRY[/PATH] [--format FORMAT]",
		Short: "print the settings of nodes that pull through a mirror",
		Long: `mirror-config prints what makes nodes pull through a mirror or a pull-through cache,
with no change to any file: for each registry that the rules move images to, and for
each that they move them from. containerd wants one hosts.toml for each, k3s one
registries.yaml, OpenShift an ImageDigestMirrorSet and an ImageTagMirrorSet.`,
		Example: `  regmigrate registry mirror-config --to harbor.corp.example/k8s
  regmigrate registry mirror-config --to harbor.corp.example --format k3s > /etc/rancher/k3s/registries.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if to == "" {
				return errors.New("--to: expected REGISTRY or REGISTRY/PATH of the mirror\n  for example: --to harbor.corp.example/k8s")
			}
			set, err := prepare(&f, nil, nil)
			if err != nil {
				return err
			}
			text, err := registry.MirrorConfig(format, strings.TrimSuffix(to, "/"), sourcesOf(set.options.Rules))
			if err != nil {
				return fmt.Errorf("--format: %w", err)
			}
			fmt.Fprint(s.out, text)
			return nil
		},
	}
	x := cmd.Flags()
	x.StringVar(&to, "to", "", "`REGISTRY[/PATH]` of the mirror")
	x.StringVar(&format, "format", registry.MirrorFormats[0], "what reads it: "+strings.Join(registry.MirrorFormats[:], ", "))
	complete(cmd, "format", registry.MirrorFormats[:])
	addRuleFlags(cmd, &f)
	f.color = "auto"
	return cmd
}

// sourcesOf are the prefixes that nodes ask for before and after the rules
// moved them, sorted.
func sourcesOf(set *rules.Set) []string {
	var out []string
	for _, r := range set.Rules() {
		for _, name := range []string{r.From, r.To} {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}
