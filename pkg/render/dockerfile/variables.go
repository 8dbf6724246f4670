package dockerfile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A variableUse tells where instructions use a variable.
type variableUse struct {
	expanded int // the line of the first instruction with $NAME, or 0
	named    int // the line of the last instruction that has the name in any form
}

var (
	nameRE = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

	// windowsRE matches a variable of a shell of Windows, which ignores the case of names.
	windowsRE = regexp.MustCompile(`%([A-Za-z_][A-Za-z0-9_]*)%|\$(?i:\{?env):([A-Za-z_][A-Za-z0-9_]*)`)
)

// checkVariables doubts the changes of variables of stages that another instruction reads:
// the new value may change more than an image.
func (c *comparer) checkVariables() {
	if len(c.changedVariables) == 0 {
		return
	}
	uses, windows := c.before.variableUses()
	for _, name := range slices.Sorted(maps.Keys(c.changedVariables)) {
		line, use := c.changedVariables[name], uses[name]
		at := use.expanded
		if at == 0 && use.named > line {
			at = use.named
		}
		if x := windows[strings.ToLower(name)]; at == 0 && x > line {
			at = x
		}
		if at > 0 {
			c.doubt(at, "$"+name, fmt.Sprintf("this instruction reads the variable that changed in line %d", line))
		}
	}
}

// variableUses returns the uses of variables in all instructions after the first FROM, and
// the last lines of variables of Windows, by their names in lower case.
func (f *file) variableUses() (uses map[string]variableUse, windows map[string]int) {
	uses, windows = map[string]variableUse{}, map[string]int{}
	note := func(text string, line int) {
		for _, m := range variableRE.FindAllStringSubmatch(text, -1) {
			if use := uses[m[1]]; use.expanded == 0 {
				use.expanded = line
				uses[m[1]] = use
			}
		}
		for _, name := range nameRE.FindAllString(text, -1) { // printenv NAME, ${!NAME}, ${#NAME}
			use := uses[name]
			use.named = line
			uses[name] = use
		}
		for _, m := range windowsRE.FindAllStringSubmatch(text, -1) {
			windows[strings.ToLower(m[1]+m[2])] = line
		}
	}
	for _, n := range f.nodes[f.firstStage:] {
		if strings.EqualFold(n.Value, "from") {
			continue // reads the arguments before the first FROM only
		}
		note(n.Original, n.StartLine)
		for _, h := range n.Heredocs {
			note(h.Content, n.StartLine)
		}
	}
	return uses, windows
}
