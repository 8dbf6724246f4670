package chart

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// textFunctions matches the functions of templates that compare a text or change it, so that
// the template may print something else than the value.
// Source: https://helm.sh/docs/chart_template_guide/function_list/
var textFunctions = regexp.MustCompile(`\b(?:replace|splitList|splitn?|(?:must)?[rR]egex\w+|trim(?:All|Prefix|Suffix)|trunc|substr|hasPrefix|hasSuffix|contains|has|eq|ne|upper|lower|title|(?:kebab|snake|camel)case|base|dir|nospace|index|get|dig|toYaml|toJson|b64enc|sha\d+sum)\b`)

var (
	// nameAction matches an action about the names of objects, in which most charts cut texts.
	nameAction = regexp.MustCompile(`\.(?:Chart|Release|Template|Capabilities)\b|(?i:nameOverride|fullname)`)

	// anyText matches an action that uses the dot or a variable as a text.
	anyText = regexp.MustCompile(`(?:^|[\s(])(?:\.|\$\w+)(?:$|[\s)|])`)

	valueKey = regexp.MustCompile(`\.([A-Za-z_]\w*)`)
)

// MayChangeText reports whether a template of the chart in the folder dir may compare one of
// its values, or change it, where it does not print an image: the value is at one of fields,
// such as .web.image. It does not read packed sub-charts.
func MayChangeText(t *link.Tree, dir string, fields []string) bool {
	if t.ReadFile == nil {
		return false
	}
	keys := map[string]bool{}
	for _, f := range fields {
		for _, m := range valueKey.FindAllStringSubmatch(f, -1) {
			keys[m[1]] = true
		}
	}
	for _, name := range t.NamesUnder(dir) {
		if isTemplate(name) && strings.Contains("/"+path.Dir(name)+"/", "/templates/") && changesText(string(t.ReadFile(name)), keys) {
			return true
		}
	}
	return false
}

// changesText reports whether an action in src may change or compare a value with one of keys.
func changesText(src string, keys map[string]bool) bool {
	if !textFunctions.MatchString(src) {
		return false
	}
	for _, m := range templateAction.FindAllStringSubmatchIndex(src, -1) {
		body := src[m[2]:m[3]]
		if !textFunctions.MatchString(body) {
			continue
		}
		isAboutImages := imageWord.MatchString(body)
		if nameAction.MatchString(body) && !isAboutImages {
			continue
		}
		isHelper := strings.Contains(body, "include ") || strings.Contains(body, "tpl ") || strings.Contains(body, "toYaml")
		if isAboutImages || !isHelper && anyText.MatchString(body) {
			return true
		}
		for _, k := range valueKey.FindAllStringSubmatch(body, -1) {
			if keys[k[1]] {
				return true
			}
		}
	}
	return false
}
