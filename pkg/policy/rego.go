package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// makeRego returns the policy in Rego, version 0, which all versions of Gatekeeper read.
// It decides as the expressions of judge do.
func makeRego(o *Options, kinds []podspec.Resource) (string, error) {
	var b strings.Builder
	b.WriteString("package regmigrate\n\n" + regoTable(o.Rules.Table()))
	b.WriteString("\n" + regoResources(kinds))
	b.WriteString(regoImages)
	b.WriteString(regoUserKinds(kinds))
	b.WriteString(regoMove(o.Rules.Table()))
	exempt, err := o.regoExemptions()
	if err != nil {
		return "", err
	}
	b.WriteString(exempt)
	list := "moved"
	if !o.DenyExisting {
		list = "judged"
		b.WriteString(regoExisting)
	}
	fmt.Fprintf(&b, regoViolation, list, maxMessage, maxMessage, maxMessage)
	return b.String(), nil
}

// regoTable returns the rows [prefix, target, mode] by host and by the first component
// of the prefix.
func regoTable(t *rules.Table) string {
	v := tableVariable(t)
	return "# " + strings.TrimPrefix(strings.Replace(v.Expression, "\n", "\ntable := ", 1), "// ") + "\n"
}

// regoResources returns the resource of the request, and where its pod spec is.
func regoResources(kinds []podspec.Resource) string {
	var names, paths []string
	for _, r := range kindResources(kinds) {
		names = append(names, fmt.Sprintf("\n  %q: %q", r.kind, r.resource))
	}
	for _, k := range kinds {
		if k.Kind != "" {
			paths = append(paths, fmt.Sprintf("\n  %q: %s", k.Group+"/"+k.Resource, celList(podspec.Steps(k.Path))))
		}
	}
	return `# Requests of audit and of gator have a kind and no resource.
resource := r {
  input.review.resource.resource != ""
  r := concat("/", [input.review.resource.group, input.review.resource.resource])
} else := r {
  r := resources[lower(concat("/", [input.review.kind.group, input.review.kind.kind]))]
} else := ""

resources := {` + strings.Join(names, ",") + `
}

paths := {` + strings.Join(paths, ",") + `
}
`
}

// regoImages returns the images of an object, as a list of [field, image].
const regoImages = `
images(root) := array.concat(
  [i | s := array.concat(known_specs(root), [v | v := user_values(root)[_][1]; is_object(v)])[_]; i := spec_images(s)[_]],
  [i | i := user_values(root)[_]; is_string(i[1])])

known_specs(root) := [s | s := object.get(root, paths[resource], null); is_object(s)]

spec_images(s) := array.concat(
  array.concat(items(s, "initContainers", "init container"), items(s, "containers", "container")),
  array.concat(items(s, "ephemeralContainers", "ephemeral container"),
    [[sprintf("volume \"%s\"", [v.name]), v.image.reference] | v := object.get(s, "volumes", [])[_]]))

items(s, key, item) := [[sprintf("%s \"%s\"", [item, object.get(c, "name", "")]), object.get(c, "image", "")] | c := object.get(s, key, [])[_]]
`

// regoUserKinds returns the values at the paths that a user named, as a list of
// [path, value].
func regoUserKinds(kinds []podspec.Resource) string {
	out := "[]"
	for _, k := range kinds {
		if k.Kind != "" {
			continue
		}
		ref := "root"
		for _, step := range podspec.Steps(k.Path) {
			if step == "*" {
				ref += "[_]"
			} else {
				ref += fmt.Sprintf("[%q]", step)
			}
		}
		out = fmt.Sprintf("array.concat(%s,\n  [[%q, v] | resource == %q; v := %s])", out, k.Path, k.Group+"/"+k.Resource, ref)
	}
	return "\nuser_values(root) := " + out + "\n"
}

// regoMove returns the functions that apply the table to an image.
func regoMove(t *rules.Table) string {
	short := `
usable(host, path, rest) {
  host != ""
  path != ""
}
`
	if slices.Contains(t.Hosts(), "") {
		short += `
# A name on Docker Hub
usable(host, path, rest) {
  host == ""
  contains(path, "/")
}

usable(host, path, rest) {
  host == ""
  path != ""
  not contains(path, ".")
  path != "localhost"
  not is_digest(path, rest)
}

is_digest(path, rest) {
  path == "sha256"
  startswith(rest, "sha256:")
}
`
	}
	return `
# [field, image, new image]
moved := [[i[0], i[1], to] | i := images(input.review.object)[_]; to := move(i[1]); to != i[1]]

# The first row decides, and a row without a target keeps the image.
move(image) := to {
  host := host_of(image)
  table[host]
  rest := rest_of(image, host)
  path := split(split(rest, "@")[0], ":")[0]
  usable(host, path, rest)
  p := concat("", ["/", namespace(host, path), path, "/"])
  rows := array.concat(object.get(table[host], split(p, "/")[1], []), object.get(table[host], "", []))
  row := [r | r := rows[_]; applies(r, p)][0]
  row[1] != ""
  to := concat("", [row[1], substring(p, count(row[0]) - 1, count(p) - count(row[0])), substring(rest, count(path), -1)])
}

host_of(image) := host {
  contains(image, "/")
  host := split(image, "/")[0]
  is_host(host)
} else := ""

is_host(host) {
  contains(host, ".")
} else {
  contains(host, ":")
} else {
  host == "localhost"
} else {
  regex.match("[A-Z]", host)
}

rest_of(image, host) := image {
  host == ""
} else := substring(image, count(host) + 1, -1)
` + short + `
namespace(host, path) := "library/" {
  not contains(path, "/")
  ` + celList(rules.HubHosts()) + `[_] == host
} else := ""

applies(r, p) {
  startswith(p, r[0])
  in_mode(r[2], substring(p, count(r[0]), -1))
}

# The path below the prefix is empty, or ends with a slash.
in_mode(mode, below) {
  mode == ""
} else {
  mode == "="
  below == ""
} else {
  mode == ">"
  below != ""
} else {
  mode == "1"
  below != ""
  indexof(below, "/") == count(below) - 1
}
`
}

const regoExisting = `
judged := [m | m := moved[_]; not unchanged(m)]

unchanged(m) {
  input.review.operation == "UPDATE"
  old_images[_] == [m[0], m[1]]
}

old_images := images(input.review.oldObject)
`

// regoExemptions returns the conditions under which an object passes.
func (o *Options) regoExemptions() (string, error) {
	out := `
# The mirror pod of a static pod, if a node makes it
exempt {
  resource == "/pods"
  input.review.userInfo.groups[_] == "system:nodes"
  _ := input.review.object.metadata.annotations["kubernetes.io/config.mirror"]
}

owners := [owner |
  o := input.review.object.metadata.ownerReferences[_]
  o.controller == true
  owner := concat("/", [group_of(o.apiVersion), o.kind])
]

group_of(version) := split(version, "/")[0] {
  contains(version, "/")
} else := ""
`
	if len(o.ExceptOwners) > 0 {
		out += `
exempt {
  ` + celList(kindNames(o.ExceptOwners)) + `[_] == owners[_]
}
`
	}
	if !o.DenyExisting {
		controllers, err := o.controllers()
		if err != nil {
			return "", err
		}
		out += `
exempt {
  controllers[owners[_]][_] == input.review.userInfo.username
}

controllers := ` + controllers.Expression + "\n"
	}
	return out, nil
}

const regoViolation = `
violation[{"msg": cut(text)}] {
  not exempt
  texts := [t | m := %s[_]; t := sprintf("%%s: %%s must be %%s", m)]
  count(texts) > 0
  text := replace(concat("; ", texts), "\n", " ")
}

cut(text) := text {
  count(text) <= %d
} else := concat("", [substring(text, 0, %d), " ..."]) {
  count(text) > %d
}
`
