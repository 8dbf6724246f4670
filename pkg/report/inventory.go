package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// An InventoryWriter is one form of an inventory. Besides Color and Width it
// does not depend on Options.
type InventoryWriter struct {
	Name string // as given to --output
	Doc  string // a phrase for a person

	// Write writes images, which are all of v or some of them. Its error is
	// that of w.
	Write func(w io.Writer, v *inventory.Inventory, images []inventory.Image, o Options) error
}

// inventoryWriters are all forms of an inventory, the default first.
var inventoryWriters = []InventoryWriter{
	{"table", "a table for people", writeInventoryTable},
	{"plain", "one reference a line, for xargs", writeInventoryPlain},
	{"csv", "a row for each use, for spreadsheets", writeInventoryCSV},
	{"json", "everything, for programs", writeInventoryJSON},
}

// InventoryNames returns the names of all forms of an inventory, the default
// first.
func InventoryNames() []string {
	var out []string
	for _, w := range inventoryWriters {
		out = append(out, w.Name)
	}
	return out
}

// FindInventory returns the form of an inventory called name. The error for an
// unknown name lists the known ones.
func FindInventory(name string) (InventoryWriter, error) {
	for _, w := range inventoryWriters {
		if w.Name == name {
			return w, nil
		}
	}
	return InventoryWriter{}, fmt.Errorf("unknown format %q; known are %s", name, strings.Join(InventoryNames(), ", "))
}

// writeInventoryPlain writes each reference once. Those that are not known in
// full are left out: what reads the lines could not use them.
func writeInventoryPlain(w io.Writer, _ *inventory.Inventory, images []inventory.Image, _ Options) error {
	last := ""
	for i := range images {
		m := &images[i]
		if m.HasVariable || m.Ref == last {
			continue
		}
		last = m.Ref
		if _, err := fmt.Fprintln(w, escape(m.Ref)); err != nil {
			return err
		}
	}
	return nil
}
