package helm

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
)

// How often a chart is rendered again to find out whether a difference is random.
// Random outputs can be equal several times by chance.
const (
	RetriesRandom = 12 // for a chart with a file for which MayBeRandom returns true
	RetriesStable = 2
)

// randomRE matches the functions of Helm and sprig whose output differs from one
// rendering to the next. The order of keys and values is random, too.
var randomRE = regexp.MustCompile(`\b(?:rand[A-Z]\w*|uuidv4|now|ago|gen[A-Z]\w+|keys|values|shuffle|htpasswd|bcrypt|encryptAES)\b`)

// retries returns how often c is rendered again after a difference.
func retries(c *Chart) int {
	for name, src := range c.Files {
		if MayBeRandom(name, src) {
			return RetriesRandom
		}
	}
	return RetriesStable
}

// MayBeRandom reports whether the output of the file name of a chart, with the
// content src, can differ from one rendering to the next.
func MayBeRandom(name string, src []byte) bool {
	return archive.IsPacked(name) || strings.Contains(name, "templates/") && randomRE.Match(src)
}
