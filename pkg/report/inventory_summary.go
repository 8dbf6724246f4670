package report

import (
	"bufio"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Limits of the summary below the table. The JSON has everything.
const (
	maxUnrendered = 5 // charts and kustomizations that do not render
	maxAdvised    = 5 // images with advice of the catalogue
)

// inventoryTotals are the sums over images.
type inventoryTotals struct{ uses, registries, moving, movingUses, advised int }

func totalsOf(images []inventory.Image) inventoryTotals {
	var t inventoryTotals
	registries := map[string]bool{}
	for i := range images {
		m := &images[i]
		registries[m.Registry] = true
		t.uses += len(m.Uses)
		if m.New != "" {
			t.moving++
			t.movingUses += len(m.Uses)
		}
		if len(m.Advice) > 0 {
			t.advised++
		}
	}
	t.registries = len(registries)
	return t
}

// inventorySummary writes the totals, the advice, and what is not listed.
func inventorySummary(b *bufio.Writer, v *inventory.Inventory, images []inventory.Image, o Options) {
	t := totalsOf(images)
	scanned := scannedInputs(v)
	switch all := len(v.Images()); {
	case len(images) == 0 && all > 0: // with --old-only
		fmt.Fprintln(b, paint(o.Color, green, "no image to move, of "+countKinds(v.Images())+" in "+scanned))
	case len(images) == 0:
		fmt.Fprintf(b, "no image in %s\n", scanned)
	default:
		fmt.Fprintf(b, "%s, %s, %s in %s\n", countKinds(images), wording.Count(t.uses, "use"),
			wording.Plural(t.registries, "1 registry", wording.Number(t.registries)+" registries"), scanned)
	}
	switch {
	case t.moving > 0:
		fmt.Fprintln(b, paint(o.Color, red, countKinds(inventory.SelectedByRules(images))+" to move ("+wording.Count(t.movingUses, "use")+")"))
	case len(images) > 0:
		fmt.Fprintln(b, paint(o.Color, green, "no image to move"))
	}
	if t.advised > 0 {
		inventoryAdvice(b, images, t.advised, o)
	}
	if v.Unresolved > 0 {
		hint := ""
		if v.ScannedRenderings == 0 && len(v.Unrendered) == 0 {
			hint = "; --render lists what charts render"
		}
		fmt.Fprintf(b, "%s not listed: a template supplies the registry or the path%s\n", wording.Count(v.Unresolved, "reference"), hint)
	}
	WriteInventoryProblems(b, v)
}

// scannedInputs says what was scanned: "3 files, 1 rendering and 2 objects".
func scannedInputs(v *inventory.Inventory) string {
	var parts []string
	if v.ScannedFiles > 0 || !v.HasStream {
		parts = append(parts, wording.Count(v.ScannedFiles, "file"))
	}
	if v.ScannedRenderings > 0 {
		parts = append(parts, wording.Count(v.ScannedRenderings, "rendering"))
	}
	if v.HasStream {
		parts = append(parts, wording.Count(v.ScannedObjects, "object"))
	}
	return wording.List(parts, "and")
}

// WriteInventoryProblems writes one line for each input that may have
// references that are not listed: those that cannot be read or rendered.
func WriteInventoryProblems(b *bufio.Writer, v *inventory.Inventory) {
	for i, f := range v.Unrendered {
		if i == maxUnrendered && len(v.Unrendered) > maxUnrendered+1 {
			fmt.Fprintf(b, "%d more not fully rendered (regmigrate images -o json lists all)\n", len(v.Unrendered)-i)
			break
		}
		fmt.Fprintf(b, "%s: not fully rendered: %s\n", escape(f.Path), escape(f.Err.Error()))
	}
	for _, s := range v.Skipped {
		if s.Reason == walk.Unreadable || s.Reason == walk.TooLarge || s.Reason == walk.UTF16 {
			line := fmt.Sprintf("%s: not scanned: %s", escape(s.Path), s.Reason)
			if s.Err != nil {
				line += ": " + escape(s.Err.Error())
			}
			fmt.Fprintln(b, line)
		}
	}
	for _, f := range v.Failures {
		path := f.Path
		if path == inventory.Stream {
			path = "standard input"
		}
		fmt.Fprintf(b, "%s: %s\n", escape(path), escape(f.Err.Error()))
	}
}

// inventoryAdvice writes the advice of the catalogue. advised is the number of
// images with advice.
func inventoryAdvice(b *bufio.Writer, images []inventory.Image, advised int, o Options) {
	fmt.Fprintf(b, "%s renamed, frozen or removed:\n", wording.Plural(advised, "1 image was", wording.Number(advised)+" images were"))
	shown := 0
	for i := range images {
		m := &images[i]
		if len(m.Advice) == 0 {
			continue
		}
		if shown++; shown > maxAdvised {
			fmt.Fprintf(b, "  and %d more (regmigrate images -o json lists all)\n", advised-maxAdvised)
			return
		}
		for _, a := range m.Advice {
			fmt.Fprintf(b, "  %s: %s\n", paint(o.Color, cyan, escape(m.Ref)), wrap(escape(a.Text), o.Width, 2+length(escape(m.Ref))+2, 4))
		}
	}
}
