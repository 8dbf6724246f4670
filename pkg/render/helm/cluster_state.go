package helm

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

var (
	// clusterState matches what a template reads of a cluster, a clock or a network, which a
	// rendering without them cannot have.
	clusterState = regexp.MustCompile(`\b(?:lookup|getHostByName|now|date|rand\w+|uuidv4|shuffle)\b|\.Capabilities\b|\.Release\.Service\b`)

	// textComparison matches a function that compares a text.
	textComparison = regexp.MustCompile(`\b(?:eq|ne|has|contains|hasPrefix|hasSuffix|(?:must)?[rR]egex\w+|ternary|replace|trimPrefix|trimSuffix|splitList)\b`)

	imageValue = regexp.MustCompile(`(?i)image|repository|registry`)

	actionText = regexp.MustCompile(`(?s)\{\{-?(.*?)-?\}\}`)
)

// addStateComparison makes the verdict about a change unproven if the chart may compare images
// under a condition that no rendering without a cluster can try.
func (c *chartVerdict) addStateComparison(before, after *Chart) {
	if c.verdict.Unchanged || c.unproven != "" {
		return
	}
	if at := cmp.Or(stateComparison(before), stateComparison(after)); at != "" {
		c.unproven = at + " compares the text of an image and reads the state of a cluster, which the rendering does not have"
	}
}

// stateComparison returns the place of an action that compares a text of an image and reads the
// state of a cluster, such as if and (lookup …) (hasPrefix "docker.io/" .Values.image): the
// chart may print something else in a cluster than in a rendering. It returns "" if no template
// has one. Packed sub-charts are not read.
func stateComparison(c *Chart) string {
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		src := c.Files[name]
		if !strings.Contains("/"+name, "/templates/") || !clusterState.Match(src) {
			continue
		}
		for _, m := range actionText.FindAllSubmatchIndex(src, -1) {
			body := src[m[2]:m[3]]
			if clusterState.Match(body) && textComparison.Match(body) && imageValue.Match(body) {
				line, _ := edit.NewLines(src).Position(m[0])
				return name + ":" + strconv.Itoa(line)
			}
		}
	}
	return ""
}
