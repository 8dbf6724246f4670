package chart

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A VersionBump is the part of a version that is raised.
type VersionBump uint8

// The bumps.
const (
	BumpNone VersionBump = iota
	BumpPatch
	BumpMinor
)

// BumpNames are the names of the bumps.
var BumpNames = []string{"none", "patch", "minor"}

func (b VersionBump) String() string { return BumpNames[b] }

// ParseBump reads the name of a bump.
func ParseBump(name string) (VersionBump, error) {
	for i, n := range BumpNames {
		if n == name {
			return VersionBump(i), nil
		}
	}
	return BumpNone, fmt.Errorf("%q: expected patch, minor or none", name)
}

// version is a semantic version: three numbers, a pre-release, build metadata.
// Source: semver.org, and Helm, which takes a v before it.
var version = regexp.MustCompile(`^(v?)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// Next returns the version above old, false when there is nothing to raise or
// old is no semantic version. A pre-release becomes the version that it is
// before; build metadata stays.
func (b VersionBump) Next(old string) (string, bool) {
	m := version.FindStringSubmatch(old)
	if m == nil || b == BumpNone {
		return "", false
	}
	var n [3]uint64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(m[2+i], 10, 63); err != nil {
			return "", false
		}
	}
	before := m[5] != ""
	switch {
	case b == BumpPatch && !before:
		n[2]++
	case b == BumpMinor && (!before || n[2] != 0):
		n[1], n[2] = n[1]+1, 0
	}
	return fmt.Sprintf("%s%d.%d.%d%s", m[1], n[0], n[1], n[2], m[6]), true
}

// accepts reports whether a dependency on the range of versions takes a
// version that is raised by b as well as the one before. It knows the ranges
// that are open to the top; of any other it says no.
func (b VersionBump) accepts(versions string) bool {
	v := strings.TrimSpace(versions)
	open := strings.TrimRight(v, ".xX*")
	switch parts := strings.Count(open, ".") + 1; {
	case v == "", open == "":
		return true
	case strings.ContainsAny(strings.TrimPrefix(v, ">= "), "<|, "):
		return false
	case strings.HasPrefix(v, ">"):
		return true
	case strings.HasPrefix(v, "^0.0"):
		return false
	case strings.HasPrefix(v, "^0"):
		return b == BumpPatch
	case strings.HasPrefix(v, "^"):
		return true
	case strings.HasPrefix(v, "~"), parts == 2 && open != v:
		return b == BumpPatch
	default:
		return parts == 1 && open != v
	}
}
