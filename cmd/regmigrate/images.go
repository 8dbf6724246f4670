package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// imagesFlags are the flags of `regmigrate images` beside the common ones.
type imagesFlags struct {
	oldOnly, check, render bool
}

// newImagesCommand returns `regmigrate images`.
func newImagesCommand(s streams) *cobra.Command {
	var f flags
	var x imagesFlags
	cmd := &cobra.Command{
		Use:   "images [flags] [PATH...|-]",
		Short: "list every image reference: of files, of rendered charts, of a cluster",
		Long: `images lists every image reference under PATH (default: the current folder),
whether or not a rule touches it: from which registry, how often, where, and what
the rules make of it. With - as PATH, it lists those of the Kubernetes objects on
standard input, in JSON or YAML, of any kind and number: containers of all sorts,
image volumes, and whatever else spells an image out.

A value is listed where its field is an image, where its key says so, and
anywhere when it spells out a host and a tag or digest, or a host that is known
to serve images. Docker Hub's short forms are listed under docker.io. With
--render, what charts and kustomizations print is listed too, which templates and
layers put together.`,
		Example: `  regmigrate images .                       # by registry, with what moves
  regmigrate images --old-only -o plain . | xargs -n1 crane digest
  kubectl get pods -A -o json | regmigrate images -
  kubectl get pods -A -o json | regmigrate images --check -   # exit 1 while something runs from an old registry
  regmigrate images --render -o csv charts/ > images.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			if len(args) == 0 && s.plugin {
				return errors.New("images: expected - for what kubectl prints, or a PATH\n  for example: kubectl get pods -A -o json | kubectl regmigrate images -")
			}
			return images(cmd.Context(), s, &f, &x, args)
		},
	}
	setExits(cmd, "--check: an image comes from a registry that a rule moves", "something could not be read; the rest was listed")
	addRuleFlags(cmd, &f)
	fl := cmd.Flags()
	fl.StringVarP(&f.output, "output", "o", "table", "`format` of standard output: "+strings.Join(report.InventoryNames(), ", "))
	complete(cmd, "output", report.InventoryNames())
	fl.BoolVar(&x.oldOnly, "old-only", false, "list only what a rule moves")
	fl.BoolVar(&x.check, "check", false, "exit 1 when an image comes from a registry that a rule moves")
	fl.BoolVar(&x.render, "render", false, "list what charts and kustomizations print too")
	addRenderFlags(cmd, &f.render)
	fl.StringArrayVar(&f.include, "include", nil, "look only at files that match the `glob` (repeatable)")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "leave out files and folders that match the `glob` (repeatable)")
	fl.BoolVar(&f.noIgnore, "no-ignore", false, "look also at what git ignores, and at vendor and node_modules")
	fl.IntVarP(&f.jobs, "jobs", "j", 0, "`number` of files worked on at a time (default: one for each CPU)")
	addColorFlag(cmd, &f)
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "show no table, and say nothing but what failed: with --check, the exit code is the answer")
	return cmd
}

func images(ctx context.Context, s streams, f *flags, x *imagesFlags, args []string) error {
	writer, err := report.FindInventory(f.output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	stream := len(args) == 1 && args[0] == "-"
	switch {
	case !stream && slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case stream && x.render:
		return errors.New("--render: expected with a PATH; what comes from standard input is rendered already")
	case stream && isTerminalReader(s.in):
		return errors.New("images -: standard input is a terminal\n  for example: kubectl get pods -A -o json | " + s.name() + " images -")
	}
	f.output = "" // the main command's forms of report are others
	paths := args
	if stream {
		paths = nil
	}
	set, err := prepare(f, paths, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	list := newInventory(set, bar)
	if stream {
		err = list.AddObjects(ctx, s.in)
	} else if err = list.AddFiles(ctx); err == nil && x.render {
		err = renderInto(ctx, list, f, set, bar, homesOf(list))
	}
	bar.clear()
	if err != nil {
		return stopped(ctx, err)
	}
	all := list.Images()
	old := inventory.SelectedByRules(all)
	shown := all
	if x.oldOnly {
		shown = old
	}
	if err := showImages(s, f, writer, list, shown); err != nil {
		return &exit{exitFailed, err}
	}
	switch {
	case incomplete(list):
		return &exit{code: exitFailed}
	case x.check && len(old) > 0:
		return &exit{code: exitLeft}
	}
	return nil
}

// incomplete reports whether something that may hold a reference could not be
// read.
func incomplete(v *inventory.Inventory) bool {
	return len(v.Failures) > 0 || slices.ContainsFunc(v.Skipped, func(s walk.Skip) bool { return s.Reason == walk.Unreadable })
}

// showImages writes the list to standard output, and what is not in it to
// standard error where the list has no place for that.
func showImages(s streams, f *flags, writer report.InventoryWriter, v *inventory.Inventory, shown []inventory.Image) error {
	o := report.Options{Color: colour(f.color, s.out), Width: width(s.out), Quiet: f.quiet}
	if f.quiet && writer.Name == "table" {
		return tellProblems(s, v)
	}
	out := bufio.NewWriter(s.out)
	err := writer.Write(out, v, shown, o)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if writer.Name == "plain" || writer.Name == "csv" {
		return tellProblems(s, v)
	}
	return nil
}

// width is how many columns w has, 0 when it is no terminal.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}

func isTerminalReader(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
