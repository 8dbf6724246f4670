package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// differs adds a difference at a node of the file before the change, nil for the first line.
func (c *comparer) differs(n *syntax.Node, field, why string) {
	c.out.differences = append(c.out.differences, c.diff(n, field, why))
}

// doubt adds why the file is not proven.
func (c *comparer) doubt(n *syntax.Node, field, why string) {
	c.out.doubts = append(c.out.doubts, c.diff(n, field, why))
}

func (c *comparer) diff(n *syntax.Node, field, why string) render.Diff {
	line := 1
	if n != nil {
		line = lineAt(c.lines, n.Span.Start)
	}
	return render.Diff{Template: fmt.Sprintf("%s:%d", c.name, line), Object: field, Why: why}
}

// lineAt returns the line that contains the offset at, 1-based.
func lineAt(lines []edit.Span, at int) int {
	i, exact := slices.BinarySearchFunc(lines, at, func(s edit.Span, at int) int { return s.Start - at })
	if exact {
		i++
	}
	return max(1, i)
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
