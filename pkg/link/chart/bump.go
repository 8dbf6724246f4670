package chart

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A VersionBump is the part of a chart's version that a run raises.
type VersionBump uint8

// The parts of a version, and none.
const (
	BumpNone VersionBump = iota
	BumpPatch
	BumpMinor
)

// BumpNames are the names of the values of VersionBump, in order.
var BumpNames = []string{"none", "patch", "minor"}

// ParseBump returns the VersionBump called name.
func ParseBump(name string) (VersionBump, error) {
	for i, n := range BumpNames {
		if n == name {
			return VersionBump(i), nil
		}
	}
	return BumpNone, fmt.Errorf("%q: expected patch, minor or none", name)
}

// versionRE matches a semantic version: three numbers, a pre-release, build
// metadata. Helm allows a v before it. Source: https://semver.org
var versionRE = regexp.MustCompile(`^(v?)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// Next returns the version after old; false if b is BumpNone or old is not a
// semantic version. A pre-release becomes the release that it precedes. Build
// metadata does not change.
func (b VersionBump) Next(old string) (string, bool) {
	m := versionRE.FindStringSubmatch(old)
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
	preRelease := m[5] != ""
	switch {
	case b == BumpPatch && !preRelease:
		n[2]++
	case b == BumpMinor && (!preRelease || n[2] != 0):
		n[1], n[2] = n[1]+1, 0
	}
	return fmt.Sprintf("%s%d.%d.%d%s", m[1], n[0], n[1], n[2], m[6]), true
}

// accepts reports whether a version range that contains a version also contains
// the version after it. It returns false unless it recognises the range as open
// towards higher versions.
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
