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
// commands build or push: docker build -t $IMAGE, docker push $IMAGE. They are not pulled. A variable that another
// command uses, such as docker pull or docker build --build-arg, is not one of them.
func builtVariables(commands [][]commandWord) map[string]bool {
	built, other := map[string]bool{}, map[string]bool{}
	for _, words := range commands {
		texts := wordTexts(words)
		names := builtNames(texts)
		isPush := len(texts) > 1 && slices.Contains(texts[:len(texts)-1], "push") && !slices.Contains(texts, "build")
		for _, text := range texts {
			isName := slices.Contains(names, text) || slices.ContainsFunc(names, func(n string) bool { return n != "" && strings.HasSuffix(text, "="+n) })
			eachVariable(text, func(start, end int) {
				name, _, ok := variableName(text[start:end])
				switch {
				case !ok || isPush && end-start < len(text):
				case isPush:
					built[name] = true
				case isName && (start == 0 && end == len(text) || strings.HasSuffix(text, "="+text[start:end])):
					built[name] = true
				case !isName:
					other[name] = true
				}
			})
		}
	}
	maps.DeleteFunc(built, func(name string, _ bool) bool { return other[name] })
	return built
}

// holdsOptions reports whether word is one variable whose name says that it holds options
// of a command: $OPTS, "${DOCKER_ARGS[@]}", $(RUN_FLAGS).
func holdsOptions(word string) bool {
	if n := shellVariable(word); n == 0 || n != len(word) {
		return false
	}
	name, _, _ := variableName(word)
	if name == "" || !dockerfile.IsNameByte(name[0]) || namesImageFlag(name) {
		return false
	}
	k := fold(name)
	return slices.ContainsFunc([]string{"opt", "opts", "option", "options", "arg", "args", "arguments", "flag", "flags", "params", "extra"}, func(s string) bool { return strings.HasSuffix(k, s) })
}
