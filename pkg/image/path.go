package image

// isPath reports whether s matches
//
//	[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*
//
// as a whole, which the grammar of references calls a path. It is called for
// every text that may be an image, and is faster than a regular expression.
func isPath(s string) bool {
	var sep byte = '/' // the separator before the next byte, 0 for none
	run := 0           // how often it is repeated
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			sep, run = 0, 0
		case c != '/' && c != '.' && c != '_' && c != '-', sep == '/':
			return false // not a character of a path, or a component begins with a separator
		case sep == 0:
			sep, run = c, 1
		case sep == c && (c == '-' || c == '_' && run == 1):
			run++
		default:
			return false
		}
	}
	return len(s) > 0 && sep == 0
}

// isTag reports whether s matches \w[\w.-]{0,127} as a whole.
func isTag(s string) bool {
	if len(s) == 0 || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case i > 0 && (c == '.' || c == '-'):
		default:
			return false
		}
	}
	return true
}
