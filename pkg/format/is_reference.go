package format

import "github.com/regmigrate/regmigrate/pkg/image"

// isReference reports whether all of text is a reference.
func isReference(text string) bool {
	_, err := image.Parse(text)
	return err == nil
}

// isName reports whether s is a reference without a domain, and not a host.
func isName(s string) bool { return isReference(s) && !hasDomain(s) && !image.IsHost(s) }

// hasDomain reports whether s is a reference with a domain, with or without a
// transport before it.
func hasDomain(s string) bool {
	s, _ = image.TrimTransport(s)
	r, err := image.Parse(s)
	return err == nil && r.Domain != ""
}

// transportLen returns the length of the transport at the start of s in bytes.
func transportLen(s string) int {
	_, n := image.TrimTransport(s)
	return n
}
