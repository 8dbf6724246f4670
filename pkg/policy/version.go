package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// A Version is a version of Kubernetes without its patch level.
type Version struct{ Major, Minor int }

// ParseVersion reads MAJOR.MINOR, with or without a leading v or a patch level.
func ParseVersion(text string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	if len(parts) == 2 || len(parts) == 3 {
		var n [3]int
		var err error
		for i, p := range parts {
			if n[i], err = strconv.Atoi(p); err != nil || n[i] < 0 {
				break
			}
		}
		if err == nil && n[0] >= 0 && n[1] >= 0 {
			return Version{n[0], n[1]}, nil
		}
	}
	return Version{}, fmt.Errorf("%q: expected a version of Kubernetes, such as 1.30", text)
}

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// before reports whether v is older than o.
func (v Version) before(o Version) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

// atLeast returns the version that a policy is made for: the one of the options, or
// oldest. It returns an error if the version of the options is older than oldest, which
// has the feature what.
func (o *Options) atLeast(oldest Version, what string) (Version, error) {
	switch {
	case o.Kubernetes == Version{}:
		return oldest, nil
	case o.Kubernetes.before(oldest):
		return Version{}, fmt.Errorf("--min-kubernetes %s: %s", o.Kubernetes, what)
	}
	return o.Kubernetes, nil
}
