package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// inventorySummary says in a few lines what was listed, what of it moves, and
// what is not in the list.
func inventorySummary(b *bufio.Writer, v *inventory.Inventory, images []inventory.Image, o Options) {
	uses, moving, movingUses := 0, 0, 0
	registries := map[string]bool{}
	to := map[string]bool{}
	for i := range images {
		m := &images[i]
		registries[m.Registry] = true
		uses += len(m.Uses)
		if m.New != "" {
			moving++
			movingUses += len(m.Uses)
			host, _, _ := strings.Cut(m.New, "/")
			to[host] = true
		}
	}
	where := scannedInputs(v)
	switch all := len(v.Images()); {
	case len(images) == 0 && all > 0: // with --old-only
		fmt.Fprintln(b, paint(o.Color, green, "no image comes from a registry that moves, of "+number(all)+" in "+where))
	case len(images) == 0:
		fmt.Fprintf(b, "no image in %s\n", where)
	default:
		line := fmt.Sprintf("%s, %s, %s; looked at %s", count(len(images), "image"), count(uses, "use"), some(len(registries), "1 registry", number(len(registries))+" registries"), where)
		fmt.Fprintln(b, line)
	}
	switch {
	case moving > 0:
		fmt.Fprintln(b, paint(o.Color, red, fmt.Sprintf("%s from a registry that moves   (%s)", some(moving, "1 image comes", number(moving)+" images come"), count(movingUses, "use"))))
	case len(images) > 0:
		fmt.Fprintln(b, paint(o.Color, green, "none comes from a registry that moves"))
	}
	advised := 0
	for i := range images {
		if m := &images[i]; len(m.Advice) > 0 {
			advised++
		}
	}
	if advised > 0 {
		inventoryAdvice(b, images, advised, o)
	}
	if v.Unresolved > 0 {
		hint := ""
		if v.ScannedRenderings == 0 && len(v.Unrendered) == 0 {
			hint = "; --render shows what charts print"
		}
		fmt.Fprintf(b, "%s not listed, since a template has still to say which%s\n", some(v.Unresolved, "1 reference is", number(v.Unresolved)+" references are"), hint)
	}
	WriteInventoryProblems(b, v)
}

// scannedInputs says what was looked at.
func scannedInputs(v *inventory.Inventory) string {
	var parts []string
	if v.ScannedFiles > 0 || !v.HasStream {
		parts = append(parts, count(v.ScannedFiles, "file"))
	}
	if v.ScannedRenderings > 0 {
		parts = append(parts, number(v.ScannedRenderings)+" rendered")
	}
	if v.HasStream {
		parts = append(parts, count(v.ScannedObjects, "object"))
	}
	return strings.Join(parts, ", ")
}

// WriteInventoryProblems writes a line for each thing that is not in the list and
// may hold a reference: what could not be read, what does not render.
func WriteInventoryProblems(b *bufio.Writer, v *inventory.Inventory) {
	for i, f := range v.Unrendered {
		if i == mostUnrendered && len(v.Unrendered) > mostUnrendered+1 {
			fmt.Fprintf(b, "%d more are not rendered whole: regmigrate images -o json says which\n", len(v.Unrendered)-i)
			break
		}
		fmt.Fprintf(b, "%s: not rendered whole: %s\n", escape(f.Path), escape(f.Err.Error()))
	}
	for _, s := range v.Skipped {
		if s.Reason == walk.Unreadable || s.Reason == walk.TooLarge || s.Reason == walk.UTF16 {
			line := fmt.Sprintf("%s: not looked at: %s", escape(s.Path), s.Reason)
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

// mostUnrendered is how many charts and kustomizations that do not render are
// named.
const mostUnrendered = 5

// mostAdvice is how many images of which the catalogue knows something are
// named; `regmigrate rules test` and the JSON have all.
const mostAdvice = 5

// inventoryAdvice says what the catalogue knows of the images.
func inventoryAdvice(b *bufio.Writer, images []inventory.Image, advised int, o Options) {
	fmt.Fprintf(b, "%s renamed, frozen or removed:\n", some(advised, "1 image was", number(advised)+" images were"))
	shown := 0
	for i := range images {
		m := &images[i]
		if len(m.Advice) == 0 {
			continue
		}
		if shown++; shown > mostAdvice {
			fmt.Fprintf(b, "  and %d more: regmigrate images -o json, or regmigrate rules test REFERENCE, says which\n", advised-mostAdvice)
			return
		}
		for _, a := range m.Advice {
			fmt.Fprintf(b, "  %s: %s\n", paint(o.Color, cyan, escape(m.Ref)), escape(a.Text))
		}
	}
}
