package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// inventoryColumns are the columns of the CSV. New columns are appended.
var inventoryColumns = []string{"reference", "registry", "repository", "domain", "path", "tag", "digest", "new", "rule", "keep", "origin", "file", "line", "column", "field", "object", "runningDigest", "kind", "class"}

// writeInventoryCSV writes a header and one row per use.
func writeInventoryCSV(w io.Writer, _ *inventory.Inventory, images []inventory.Image, _ Options) error {
	c := csv.NewWriter(w)
	if err := c.Write(inventoryColumns); err != nil {
		return err
	}
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			row := []string{m.Ref, m.Registry, m.Repository, m.Domain, m.Path, m.Tag, m.Digest, m.New, m.Rule, m.Keep,
				u.Origin.String(), u.Path, csvPosition(u.Line), csvPosition(u.Column), u.Field, u.Object, u.RunningDigest, m.Kind.String(), classOf(u)}
			for j := range row {
				row[j] = csvCell(row[j])
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// classOf returns how certain it is that the text of u is a reference.
func classOf(u *inventory.Use) string {
	if u.IsLikely {
		return "likely"
	}
	return "certain"
}

// csvPosition returns a line or column number as text, "" for 0.
func csvPosition(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// csvCell returns s, with an apostrophe before it if a spreadsheet would evaluate
// it as a formula. A single dash, which means standard input, is not a formula.
// Source: https://owasp.org/www-community/attacks/CSV_Injection
func csvCell(s string) string {
	s = utf8Text(s)
	if len(s) > 1 && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
