package atomicfile

import (
	"strings"

	"golang.org/x/sys/unix"
)

const errNoAttribute = unix.ENODATA

// accessAttributes have the access control lists of POSIX and of NFS version 4.
// Source: acl(5) and nfs4_acl(5).
var accessAttributes = []string{"system.posix_acl_access", "system.nfs4_acl"}

// isOfSystem reports whether the system manages the attribute called name: security
// modules, capabilities and overlay file systems. Source: xattr(7).
func isOfSystem(name string) bool {
	return strings.HasPrefix(name, "security.") || strings.HasPrefix(name, "trusted.")
}

// controlsAccess reports whether the attribute called name decides who may access
// the file. File systems store lists of their own kinds as system attributes, such as
// system.cifs_acl.
func controlsAccess(name string) bool { return strings.HasPrefix(name, "system.") }
