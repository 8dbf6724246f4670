package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// writeInventoryTable writes one image per line, by registry: its number of
// uses, its new name, its first place.
func writeInventoryTable(w io.Writer, v *inventory.Inventory, images []inventory.Image, o Options) error {
	b := bufio.NewWriter(w)
	t := newInventoryTable(images, o)
	for i := 0; i < len(images); {
		j := i
		for j < len(images) && images[j].Registry == images[i].Registry {
			j++
		}
		if i > 0 {
			fmt.Fprintln(b)
		}
		t.registry(b, images[i:j])
		i = j
	}
	if len(images) > 0 {
		fmt.Fprintln(b)
	}
	inventorySummary(b, v, images, o)
	return b.Flush()
}

// An inventoryTable is the layout of the columns.
type inventoryTable struct {
	color bool
	width int // of a line; 0 means no limit
	name  int // columns of names, without those longer than maxAlignedName
	uses  int // columns of the number of uses
	now   int // columns of new names, without those longer than maxAlignedName
}

// maxAlignedName is the length of the longest name that determines the width of
// a column. A longer one misaligns its own line.
const maxAlignedName = 60

func newInventoryTable(images []inventory.Image, o Options) *inventoryTable {
	t := &inventoryTable{color: o.Color, width: max(o.Width, 0)}
	for i := range images {
		m := &images[i]
		if n := length(alignedName(m)); n <= maxAlignedName {
			t.name = max(t.name, n)
		}
		t.uses = max(t.uses, len(strconv.Itoa(len(m.Uses))))
		if n := length(newNameOf(m)); n <= maxAlignedName {
			t.now = max(t.now, n)
		}
	}
	return t
}

// registry writes the images of one registry.
func (t *inventoryTable) registry(b *bufio.Writer, images []inventory.Image) {
	uses, moving := 0, 0
	for i := range images {
		uses += len(images[i].Uses)
		if images[i].New != "" {
			moving++
		}
	}
	fmt.Fprintf(b, "%s  %s, %s", paint(t.color, bold, escape(images[0].Registry)), countKinds(images), wording.Count(uses, "use"))
	if words := movingWords(moving, len(images)); words != "" {
		fmt.Fprint(b, ", "+paint(t.color, red, words))
	}
	fmt.Fprintln(b)
	for i := range images {
		t.row(b, &images[i])
	}
}

// kindWords returns the name of k in a sentence.
func kindWords(k format.Kind) string { return strings.ReplaceAll(k.String(), "-", " ") }

// countKinds counts the references of each kind: "2 images, 1 chart".
func countKinds(images []inventory.Image) string {
	counts := make([]int, len(format.KindNames))
	for i := range images {
		counts[images[i].Kind]++
	}
	var out []string
	for k, n := range counts {
		if n > 0 {
			name := kindWords(format.Kind(k))
			if stem, ok := strings.CutSuffix(name, "y"); ok {
				name = stem + wording.Plural(n, "y", "ie")
			}
			out = append(out, wording.Count(n, name))
		}
	}
	return strings.Join(out, ", ")
}

// movingWords says how many of all images of a registry move, "" if none moves.
func movingWords(moving, all int) string {
	switch {
	case moving == 0:
		return ""
	case all == 1:
		return "to move"
	case moving == all:
		return "all to move"
	}
	return wording.Number(moving) + " to move"
}

// row writes one image. If its place does not fit the width, it is on a line of
// its own.
func (t *inventoryTable) row(b *bufio.Writer, m *inventory.Image) {
	name := alignedName(m)
	line := "  " + name + pad(t.name-length(name)) + fmt.Sprintf("  %*d", t.uses, len(m.Uses))
	column := 2 + max(t.name, length(name)) + 2 + t.uses
	if t.now > 0 {
		now := newNameOf(m)
		line += "  " + paint(t.color, green, now) + pad(t.now-length(now))
		column += 2 + max(t.now, length(now))
	}
	where := firstUse(m)
	if t.width > 0 && column+2+length(where) > t.width {
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		line, column = "     ", 5
	}
	fmt.Fprintln(b, strings.TrimRight(line+"  "+paint(t.color, dim, where), " "))
}

// alignedName returns the reference without the domain, if the heading has it,
// and with a shortened digest.
func alignedName(m *inventory.Image) string {
	name := m.Ref
	if m.Domain == m.Registry {
		name = strings.TrimPrefix(name, m.Domain+"/")
	}
	const most = len("sha256:") + 12
	if len(m.Digest) > most && strings.HasSuffix(name, m.Digest) {
		name = name[:len(name)-len(m.Digest)+most] + "…"
	}
	return escape(name)
}

// newNameOf returns the part of the new reference that differs from the old one,
// "" if no rule moves the image.
func newNameOf(m *inventory.Image) string {
	switch {
	case m.Keep != "":
		return "excluded by the rule"
	case m.New == "":
		return ""
	}
	own := strings.TrimPrefix(m.Ref, m.Domain+"/")
	if to, ok := strings.CutSuffix(m.New, "/"+own); ok && m.Domain != "" {
		return escape("-> " + to)
	}
	now := m.New
	if m.Digest != "" {
		now = strings.TrimSuffix(now, "@"+m.Digest)
	}
	if m.Tag != "" {
		now = strings.TrimSuffix(now, ":"+m.Tag)
	}
	return escape("-> " + now)
}

// firstUse returns the first place of the image, and the number of other places.
func firstUse(m *inventory.Image) string {
	if len(m.Uses) == 0 {
		return ""
	}
	u := &m.Uses[0]
	where := u.Path
	switch {
	case u.Origin == inventory.InObject:
		where, _, _ = strings.Cut(u.Object, " (")
		if where == "" {
			where = u.Path
		}
	case u.Line > 0:
		where += ":" + strconv.Itoa(u.Line)
	case u.Origin == inventory.InRendering:
		where += " (rendered)"
	}
	if n := len(m.Uses) - 1; n > 0 {
		where += " and " + wording.Number(n) + " more"
	}
	if m.Kind != format.Image {
		where = kindWords(m.Kind) + ", " + where
	}
	return escape(where)
}

// length returns the number of code points of s.
func length(s string) int { return utf8.RuneCountInString(s) }
