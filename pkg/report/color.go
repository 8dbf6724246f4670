package report

// A style is the parameter of an ANSI sequence (ECMA-48, SGR).
type style string

// The styles.
const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "31"
	green style = "32"
	cyan  style = "36"
)

// Marks within a line: reverse video on and off, in any colour.
const (
	markOn  = "\x1b[7m"
	markOff = "\x1b[27m"
)

// paint returns text in style s if color is set. It does not escape.
func paint(color bool, s style, text string) string {
	if !color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[m"
}
