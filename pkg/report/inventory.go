package report

import (
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// An InventoryWriter writes an inventory in one format. Of the Options it
// uses Color and Width, and what the JSON says about the run.
type InventoryWriter struct {
	Name string // the value of --output

	// Write writes images, which are all images of v or some of them. It
	// returns the errors of w.
	Write func(w io.Writer, v *inventory.Inventory, images []inventory.Image, o Options) error
}

// inventoryWriters are all inventory writers, the default first.
var inventoryWriters = []InventoryWriter{
	{"table", writeInventoryTable},
	{"plain", writeInventoryPlain},
	{"csv", writeInventoryCSV},
	{"json", writeInventoryJSON},
}

// InventoryNames returns the names of all inventory writers, the default first.
func InventoryNames() []string {
	var out []string
	for _, w := range inventoryWriters {
		out = append(out, w.Name)
	}
	return out
}

// FindInventory returns the inventory writer called name. The error for an
// unknown name lists the known ones.
func FindInventory(name string) (InventoryWriter, error) {
	for _, w := range inventoryWriters {
		if w.Name == name {
			return w, nil
		}
	}
	return InventoryWriter{}, unknownFormat(name, InventoryNames())
}

// writeInventoryPlain writes one reference per line, each once. It omits
// references that the reader of the lines could not use: those with a variable,
// registries and repositories of charts, and charts without a version.
func writeInventoryPlain(w io.Writer, _ *inventory.Inventory, images []inventory.Image, _ Options) error {
	last := ""
	for i := range images {
		m := &images[i]
		if m.HasVariable || m.IsSource || m.Kind == format.ChartRepository || m.Kind == format.Chart && m.Tag == "" || m.Ref == last {
			continue
		}
		last = m.Ref
		if _, err := fmt.Fprintln(w, escape(m.Ref)); err != nil {
			return err
		}
	}
	return nil
}
