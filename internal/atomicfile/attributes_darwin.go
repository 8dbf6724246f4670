package atomicfile

import (
	"strings"

	"golang.org/x/sys/unix"
)

const errNoAttribute = unix.ENOATTR

// accessAttributes is empty: no attribute shows the access control lists of macOS.
var accessAttributes []string

// isOfSystem reports whether the system manages the attribute called name.
func isOfSystem(name string) bool { return strings.HasPrefix(name, "com.apple.") }

func controlsAccess(string) bool { return false }
