package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// imagesFlags are the flags of `regmigrate images` beside the common ones.
type imagesFlags struct {
	oldOnly, check, render bool
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
	case stream && IsTerminalInput(s.in):
		return errors.New("images -: standard input is a terminal\n  for example: kubectl get pods -A -o json | " + s.ProgramName() + " images -")
	}
	f.output = "" // the main command's forms of report are others
	paths := args
	if stream {
		paths = nil
	}
	set, err := New(f, paths, nil)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, f.quiet)
	list := NewInventory(set, bar)
	if stream {
		err = list.AddObjects(ctx, s.in)
	} else if err = list.AddFiles(ctx); err == nil && x.render {
		err = AddRendered(ctx, list, f, set, bar, RootsOf(list))
	}
	bar.clear()
	if err != nil {
		return interruptedError(ctx, err)
	}
	all := list.Images()
	old := inventory.SelectedByRules(all)
	shown := all
	if x.oldOnly {
		shown = old
	}
	if err := writeImages(s, f, writer, list, shown); err != nil {
		return failed(err)
	}
	switch {
	case HasFailures(list):
		return failed(nil)
	case x.check && len(old) > 0:
		return left(nil)
	}
	return nil
}

// writeImages writes the list to standard output, and what is not in it to
// standard error where the list has no place for that.
func writeImages(s streams, f *flags, writer report.InventoryWriter, v *inventory.Inventory, shown []inventory.Image) error {
	o := report.Options{Color: UseColor(f.color, s.out), Width: Columns(s.out), Quiet: f.quiet}
	if f.quiet && writer.Name == "table" {
		return PrintProblems(s, v)
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
		return PrintProblems(s, v)
	}
	return nil
}
