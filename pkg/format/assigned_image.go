package format

import (
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// An assignedImage is a short name that a script gives to a variable whose name says that
// its value is an image: IMAGE=acme/app:1, IMAGE ?= acme/app:1, ${IMAGE:-acme/app:1}.
type assignedImage struct {
	assignedValue
	isBuilt bool // the script builds or pushes the image of the variable
}

// assignedImages returns such names in text, which has the given commands, in order.
func assignedImages(text string, commands [][]commandWord) []assignedImage {
	if !strings.Contains(text, "=") && !strings.Contains(text, "for ") {
		return nil
	}
	known := newAssignments(text, commands)
	var out []assignedImage
	seen := map[edit.Span]bool{}
	var built map[string]bool
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !namesImageFlag(name) || keptListReason(fold(name)) != "" || hasPrefix(fold(name), formerKeys) {
			continue
		}
		for _, d := range known[name] {
			for _, v := range d.values {
				if seen[v.span] || !isShortName(v.text) || text[v.span.Start:v.span.End] != v.text || inComment(text, v.span.Start) {
					continue
				}
				seen[v.span] = true
				if built == nil {
					built = builtVariables(commands)
				}
				out = append(out, assignedImage{v, built[name]})
			}
		}
	}
	slices.SortFunc(out, func(a, b assignedImage) int { return a.span.Start - b.span.Start })
	return out
}

// builtVariables returns the names of the variables that hold names of images which the
// commands build or push. They are not pulled, or they are pulled from where the script
// pushes them.
func builtVariables(commands [][]commandWord) map[string]bool {
	out := map[string]bool{}
	add := func(text string) {
		eachVariable(text, func(start, end int) {
			if name, _, ok := variableName(text[start:end]); ok {
				out[name] = true
			}
		})
	}
	for _, words := range commands {
		for _, name := range builtNames(wordTexts(words)) {
			add(name)
		}
	}
	for _, words := range pushCommands(commands) {
		for _, w := range words {
			add(w.text)
		}
	}
	return out
}

// holdsOptions reports whether word is one variable whose name says that it holds options
// of a command: $OPTS, "${DOCKER_ARGS[@]}", $(RUN_FLAGS).
func holdsOptions(word string) bool {
	if n := shellVariable(word); n == 0 || n != len(word) {
		return false
	}
	name, _, _ := variableName(word)
	if name == "" || !dockerfile.IsNameByte(name[0]) {
		return false
	}
	k := fold(name)
	return slices.ContainsFunc([]string{"opt", "opts", "option", "options", "arg", "args", "arguments", "flag", "flags", "params", "extra"}, func(s string) bool { return strings.HasSuffix(k, s) })
}
