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
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// ImagesFlags are the flags that only `regmigrate images` has.
type ImagesFlags struct {
	OldOnly, Check, Render bool
	Kinds                  []string // names of format.Kind; empty for all
}

// Images runs the command images.
func Images(ctx context.Context, s session.Streams, f *session.Flags, x *ImagesFlags, args []string) error {
	writer, err := report.FindInventory(f.Output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	kinds, err := parseKinds(x.Kinds)
	if err != nil {
		return err
	}
	stream := len(args) == 1 && args[0] == "-"
	if err := checkImagesArgs(s, x, args, stream); err != nil {
		return err
	}
	f.Output = "" // session.New accepts formats of the root command only
	paths := args
	if stream {
		paths = nil
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	if !stream {
		imageset.FindRegistries(ctx, f, bar)
	}
	set, err := session.New(f, paths, nil)
	if err != nil {
		return err
	}
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
	all := ofKinds(list.Images(), kinds)
	old := inventory.SelectedByRules(all)
	shown := all
	if x.OldOnly {
		shown = old
	}
	o := report.Options{Color: session.UseColor(f.Color, s.Out), Width: session.Columns(s.Out), Quiet: f.Quiet, Version: f.Version, RuleSet: set.Rewrite.Rules}
	if !stream {
		o.Source, o.Owners = set.Source(), set.Owners
	}
	if err := writeImages(s, writer, list, shown, o); err != nil {
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

// checkImagesArgs returns the error of arguments that exclude each other.
func checkImagesArgs(s session.Streams, x *ImagesFlags, args []string, stream bool) error {
	switch {
	case !stream && slices.Contains(args, "-"):
		return errors.New("- is standard input: expected as the only PATH\n  a file of that name is ./-")
	case stream && x.Render:
		return errors.New("--render: expected with a PATH; standard input is not rendered")
	case stream && session.IsTerminalInput(s.In):
		return errors.New("images -: standard input is a terminal\n  for example: kubectl get pods -A -o json | " + s.ProgramName() + " images -")
	}
	return nil
}

// ofKinds returns the images of the kinds; all of them if kinds is empty.
func ofKinds(images []inventory.Image, kinds []format.Kind) []inventory.Image {
	if len(kinds) == 0 {
		return images
	}
	return slices.DeleteFunc(images, func(m inventory.Image) bool { return !slices.Contains(kinds, m.Kind) })
}

// parseKinds returns the kinds called names.
func parseKinds(names []string) ([]format.Kind, error) {
	var out []format.Kind
	for _, name := range names {
		k, ok := format.ParseKind(name)
		if !ok {
			return nil, fmt.Errorf("--kind %q: expected %s", name, wording.List(format.KindNames, "or"))
		}
		out = append(out, k)
	}
	return out, nil
}

// writeImages writes the list to standard output. If the format of the list cannot
// contain inputs that could not be read, it writes these to standard error.
func writeImages(s session.Streams, writer report.InventoryWriter, v *inventory.Inventory, shown []inventory.Image, o report.Options) error {
	if o.Quiet && writer.Name == "table" {
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
