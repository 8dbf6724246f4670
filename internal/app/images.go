package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// ImagesFlags are the flags that only `regmigrate images` has.
type ImagesFlags struct {
	OldOnly, Check, Render bool
}

// Images runs the command images.
func Images(ctx context.Context, s session.Streams, f *session.Flags, x *ImagesFlags, args []string) error {
	writer, err := report.FindInventory(f.Output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	stream := len(args) == 1 && args[0] == "-"
	switch {
	case !stream && slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case stream && x.Render:
		return errors.New("--render: expected with a PATH; standard input is not rendered")
	case stream && session.IsTerminalInput(s.In):
		return errors.New("images -: standard input is a terminal\n  for example: kubectl get pods -A -o json | " + s.ProgramName() + " images -")
	}
	f.Output = "" // session.New accepts formats of the root command only
	paths := args
	if stream {
		paths = nil
	}
	set, err := session.New(f, paths, nil)
	if err != nil {
		return err
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	c := imageset.Collector{Flags: f, Session: set, Progress: bar}
	list := c.NewInventory()
	if stream {
		err = list.AddObjects(ctx, s.In)
	} else if err = list.AddFiles(ctx); err == nil && x.Render {
		err = c.AddRendered(ctx, list, imageset.RootsOf(list))
	}
	bar.Clear()
	if err != nil {
		return session.InterruptedError(ctx, err)
	}
	all := list.Images()
	old := inventory.SelectedByRules(all)
	shown := all
	if x.OldOnly {
		shown = old
	}
	if err := writeImages(s, f, writer, list, shown); err != nil {
		return session.Failed(err)
	}
	switch {
	case imageset.HasFailures(list):
		return session.Failed(nil)
	case x.Check && len(old) > 0:
		return session.Left(nil)
	}
	return nil
}

// writeImages writes the list to standard output. If the format of the list cannot
// contain inputs that could not be read, it writes these to standard error.
func writeImages(s session.Streams, f *session.Flags, writer report.InventoryWriter, v *inventory.Inventory, shown []inventory.Image) error {
	o := report.Options{Color: session.UseColor(f.Color, s.Out), Width: session.Columns(s.Out), Quiet: f.Quiet}
	if f.Quiet && writer.Name == "table" {
		return imageset.PrintProblems(s, v)
	}
	out := bufio.NewWriter(s.Out)
	err := writer.Write(out, v, shown, o)
	if err == nil {
		err = out.Flush()
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if writer.Name == "plain" || writer.Name == "csv" {
		return imageset.PrintProblems(s, v)
	}
	return nil
}
