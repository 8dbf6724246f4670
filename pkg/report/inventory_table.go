package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// writeInventoryTable writes the images by registry, one a line: how often,
// what a rule makes of it, where it is named.
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

// A inventoryTable is how the columns are laid out.
type inventoryTable struct {
	color bool
	width int // of a line; 0 for lines without an end
	name  int // of the longest name that is not out of the ordinary
	uses  int // of the highest number of uses
	now   int // of the longest New
}

// maxAlignedName is the longest name that is aligned with the others.
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
	fmt.Fprintf(b, "%s  %s, %s", paint(t.color, bold, escape(images[0].Registry)), count(len(images), "image"), count(uses, "use"))
	switch {
	case moving == len(images) && moving > 1:
		fmt.Fprint(b, ", "+paint(t.color, red, "all move"))
	case moving == 1 && len(images) == 1:
		fmt.Fprint(b, ", "+paint(t.color, red, "moves"))
	case moving > 0:
		fmt.Fprint(b, ", "+paint(t.color, red, some(moving, "1 of them moves", number(moving)+" of them move")))
	}
	fmt.Fprintln(b)
	for i := range images {
		t.row(b, &images[i])
	}
}

// row writes one image. What does not fit the width begins a line of its own.
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

// alignedName is the image as it is written, without a domain that the heading has,
// its digest cut short.
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

// newNameOf says what a rule makes of the image: of its name all that changes.
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

// firstUse is the first place of the image, and how many there are besides.
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
		where += " and " + number(n) + " more"
	}
	return escape(where)
}

func length(s string) int { return utf8.RuneCountInString(s) }

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }
