package helm

import (
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
)

// How often a chart is rendered again before a difference counts. Random output
// may be equal several times by chance.
const (
	RetriesRandom = 12 // when MayBeRandom
	RetriesStable = 2
)

// randomRE finds the functions of Helm and sprig whose output differs from one
// rendering to the next; the order of keys and values is random, too.
var randomRE = regexp.MustCompile(`\b(?:rand[A-Z]\w*|uuidv4|now|ago|gen[A-Z]\w+|keys|values|shuffle|htpasswd|bcrypt|encryptAES)\b`)

// retries returns how often c is rendered again before a difference counts.
func retries(c *Chart) int {
	for name, src := range c.Files {
		if MayBeRandom(name, src) {
			return RetriesRandom
		}
	}
	return RetriesStable
}

// MayBeRandom reports whether the file name of a chart, with the content src,
// may print something else in each rendering.
func MayBeRandom(name string, src []byte) bool {
	return archive.IsPacked(name) || strings.Contains(name, "templates/") && randomRE.Match(src)
}
