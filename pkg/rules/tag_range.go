package rules

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/Masterminds/semver/v3"
)

// boundRE matches a version in a range, in which a part may be missing.
var boundRE = regexp.MustCompile(`(\d+)(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[\w.-]+)?`)

// meetsAny reports whether a version is in the range c, which is written as text. If one
// is, so is a version at a bound of the range or next to it.
func meetsAny(c *semver.Constraints, text string) bool {
	near := []string{"0.0.0", "0.0.1"}
	for _, m := range boundRE.FindAllStringSubmatch(text, -1) {
		var n [3]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(m[i+1], 10, 63) // 0 for x, and for a part that is missing
		}
		for i := range n {
			up, down := n, n
			up[i]++
			clear(up[i+1:])
			near = append(near, fmt.Sprintf("%d.%d.%d", up[0], up[1], up[2]))
			if n[i] > 0 {
				down[i]--
				for k := i + 1; k < 3; k++ {
					down[k] = math.MaxInt32
				}
				near = append(near, fmt.Sprintf("%d.%d.%d", down[0], down[1], down[2]))
			}
		}
		at := fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2])
		near = append(near, at, at+"-0", at+m[4], at+m[4]+".0")
	}
	return slices.ContainsFunc(near, func(text string) bool {
		v, err := semver.NewVersion(text)
		return err == nil && c.Check(v)
	})
}
