package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A variable is a named expression of the Common Expression Language (CEL). Later
// expressions refer to it as variables.NAME. Kubernetes evaluates a variable once, when
// an expression needs it.
type variable struct {
	Name       string `yaml:"name"`
	Expression string `yaml:"expression"`
}

// maxExpression is the maximum number of characters of an expression.
// Source: github.com/google/cel-go, parser/options.go, expressionSizeCodePointLimit.
const maxExpression = 100_000

// checkLimits returns an error if an expression is larger than Kubernetes accepts, or may
// cost more.
func checkLimits(t *rules.Table, variables []variable) error {
	if err := checkCost(t); err != nil {
		return err
	}
	for _, v := range variables {
		if n := len(v.Expression); n > maxExpression {
			return fmt.Errorf("the expression %q has %d characters, and Kubernetes accepts at most %d; use fewer rules, or several policies", v.Name, n, maxExpression)
		}
	}
	return nil
}

// maxCost is the maximum cost of one expression with the variables that it needs.
// Source: k8s.io/apiserver/pkg/apis/cel/config.go, PerCallLimit.
const maxCost = 1_000_000

// EstimateCost returns an upper bound of the cost of a policy in CEL for an object with
// 100 containers with images of 200 characters. test/engines compares it with the cost
// that Kubernetes computes.
func EstimateCost(t *rules.Table) int {
	most := 0 // rows that may apply to one image
	for _, host := range t.Hosts() {
		counts := map[string]int{}
		for _, r := range t.Rows(host) {
			counts[firstComponent(r)]++
			most = max(most, counts[firstComponent(r)]+counts[""])
		}
	}
	return 100 * (800 + 20*most)
}

// checkCost returns an error if the cost may be higher than what Kubernetes accepts.
func checkCost(t *rules.Table) error {
	if cost := EstimateCost(t); cost > maxCost {
		return fmt.Errorf("the rules are too many for CEL: an object with 100 containers may cost %d, and Kubernetes accepts at most %d; use fewer rules on one registry", cost, maxCost)
	}
	return nil
}

// celList returns a list of text literals.
func celList(items []string) string {
	var quoted []string
	for _, s := range items {
		quoted = append(quoted, strconv.Quote(s))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// celModes are the texts for the modes of rows, and the conditions that they need in
// addition to the prefix. The path i[4] and the prefix r[0] begin and end with a slash.
var celModes = []struct {
	mode            rules.RowMode
	text, condition string
}{
	{rules.AtOrBelow, "", `r[2] == ""`},
	{rules.Exactly, "=", `r[2] == "=" && i[4] == r[0]`},
	{rules.Below, ">", `r[2] == ">" && i[4] != r[0]`},
	{rules.ChildrenOf, "1", `r[2] == "1" && i[4].indexOf("/", size(r[0])) == size(i[4]) - 1`},
}

// tableVariable returns the rows [from, to, mode] by host and by the first component of
// from, so that the cost of a policy does not grow with the number of rules.
func tableVariable(t *rules.Table) variable {
	var b strings.Builder
	b.WriteString("// host: {first component of the path: [[prefix, target, mode]]}\n{")
	for i, host := range t.Hosts() {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  %q: {", host)
		for j, first := range firstComponents(t.Rows(host)) {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n    %q: [", first)
			separator := ""
			for _, r := range t.Rows(host) {
				if firstComponent(r) != first {
					continue
				}
				from := "/"
				if r.From != "" {
					from = "/" + r.From + "/"
				}
				fmt.Fprintf(&b, "%s[%q, %q, %q]", separator, from, r.To, celModes[r.Mode].text)
				separator = ",\n      "
			}
			b.WriteString("]")
		}
		b.WriteString("\n  }")
	}
	b.WriteString("\n}")
	return variable{"table", b.String()}
}

func firstComponent(r rules.Row) string {
	first, _, _ := strings.Cut(r.From, "/")
	return first
}

// firstComponents returns the distinct first components of rows, sorted.
func firstComponents(rows []rules.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, firstComponent(r))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lookup returns the variables that apply the table to variables.images, a list of lists
// of [field, image]. The last variable, moved, has the same form with
// [field, image, new image], for the images that move.
//
// The expressions use lists, since Kubernetes counts a map as three lists.
func lookup(t *rules.Table) []variable {
	// An object of a custom kind may have no image, and some other text in its place.
	usable := `
  .filter(i, i[3] != "")`
	if slices.Contains(t.Hosts(), "") {
		usable = `
  .filter(i, i[3] != "" && (i[2] != "" || i[3].contains("/") ||
    !(i[3].contains(".") || i[3] == "localhost" || i[3] == "sha256" && i[1].startsWith("sha256:"))))`
	}
	references := `// [field, image, host]; an image without a host is on Docker Hub
variables.images.map(l, l
  .map(i, [i[0], i[1], i[1].split("/", 2)[0]])
  .map(i, [i[0], i[1], i[1].contains("/") &&
    (i[2].contains(".") || i[2].contains(":") || i[2] == "localhost" || i[2] != i[2].lowerAscii()) ? i[2] : ""])
  .filter(i, i[2] in variables.table)
  // [field, image, host, path]
  .map(i, [i[0], i[1], i[2], (i[2] == "" ? i[1] : i[1].substring(size(i[2]) + 1)).split("@", 2)[0].split(":", 2)[0]])` + usable + `
  // [field, image, host, tag and digest, /path/]
  .map(i, [i[0], i[1], i[2], i[1].substring(size(i[2]) + (i[2] == "" ? 0 : 1) + size(i[3])),
    "/" + (!i[3].contains("/") && i[2] in ` + celList(rules.HubHosts()) + ` ? "library/" : "") + i[3] + "/"]))`
	moved := `// [field, image, new image]; the first row decides, and a row without a target keeps the image
variables.references.map(l, l
  .map(i, (variables.table[i[2]][?i[4].split("/", 3)[1]].orValue([]) + variables.table[i[2]][?""].orValue([]))
    .filter(r, i[4].startsWith(r[0])` + modeCondition(t) + `)
    .map(r, [i[0], i[1], r[1] == "" ? i[1] : r[1] + i[4].substring(size(r[0]) - 1, size(i[4]) - 1) + i[3]]))
  .filter(m, size(m) > 0 && m[0][1] != m[0][2])
  .map(m, m[0]))`
	return []variable{tableVariable(t), {"references", references}, {"moved", moved}}
}

// modeCondition returns the condition on the mode of a row, for the modes that t has.
func modeCondition(t *rules.Table) string {
	var parts []string
	for _, m := range celModes {
		for _, host := range t.Hosts() {
			if slices.ContainsFunc(t.Rows(host), func(r rules.Row) bool { return r.Mode == m.mode }) {
				parts = append(parts, m.condition)
				break
			}
		}
	}
	if len(parts) == 1 && parts[0] == celModes[0].condition {
		return ""
	}
	return " &&\n      (" + strings.Join(parts, " ||\n       ") + ")"
}

// resourceVariable holds GROUP/RESOURCE of a request; the core group is empty.
var resourceVariable = variable{"resource", `request.resource.group + "/" + request.resource.resource`}

// specsAndFields returns the pod specs of root, object or oldObject, as a list, and the
// other images as a list of [field, image]. The second one is empty
// if no kind has such images.
func specsAndFields(root string, kinds []podspec.Resource) (specs, fields string, err error) {
	var byPath []string // the known paths, in order
	resources := map[string][]string{}
	var users []podspec.Resource
	for _, k := range kinds {
		if k.Kind == "" {
			users = append(users, k)
			continue
		}
		if resources[k.Path] == nil {
			byPath = append(byPath, k.Path)
		}
		resources[k.Path] = append(resources[k.Path], k.Group+"/"+k.Resource)
	}
	specs = "("
	for _, path := range byPath {
		specs += fmt.Sprintf("\n  variables.resource in %s ? [dyn(%s)%s] :", celList(resources[path]), root, optionalSteps(podspec.Steps(path)))
	}
	specs += " [])\n  .filter(v, v.hasValue()).map(v, v.value())"
	for _, k := range users {
		values, err := userValues(root, k)
		if err != nil {
			return "", "", err
		}
		specs += fmt.Sprintf("\n  + %s.filter(v, type(v) == map)", values)
		if fields != "" {
			fields += "\n  + "
		}
		fields += fmt.Sprintf(`%s.filter(v, type(v) == string).map(v, [%q, string(v)])`, values, k.Path)
	}
	return specs, fields, nil
}

// optionalSteps selects nested fields; the result is an optional value.
func optionalSteps(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "[?%q]", s)
	}
	return b.String()
}

// userValues returns the values at the path of a kind that a user named, as a list.
func userValues(root string, k podspec.Resource) (string, error) {
	steps := podspec.Steps(k.Path)
	star := slices.Index(steps, "*")
	condition := fmt.Sprintf("variables.resource == %q", k.Group+"/"+k.Resource)
	if star < 0 {
		return fmt.Sprintf("(%s ? [dyn(%s)%s] : []).filter(v, v.hasValue()).map(v, v.value())", condition, root, optionalSteps(steps)), nil
	}
	if slices.Contains(steps[star+1:], "*") {
		return "", fmt.Errorf("--kind: %s: the path has more than one *, and CEL cannot join lists of lists\n  use one path per item, such as %s", k.Path, strings.Replace(k.Path, "*", "0", 1))
	}
	items := fmt.Sprintf("(%s ? dyn(%s)%s.orValue([]) : [])", condition, root, optionalSteps(steps[:star]))
	if star == len(steps)-1 {
		return items, nil
	}
	return fmt.Sprintf("%s.map(v, v%s).filter(v, v.hasValue()).map(v, v.value())", items, optionalSteps(steps[star+1:])), nil
}

// imagesOf returns the images of a list of pod specs, as lookup expects them.
func imagesOf(specs, fields string) string {
	var lists []string
	for _, l := range podspec.ContainerLists {
		lists = append(lists, fmt.Sprintf(`s.?%s.orValue([]).map(c, ["%s \"" + string(c.?name.orValue("")) + "\"", string(c.?image.orValue(""))])`, l.Key, l.Item))
	}
	lists = append(lists, `s.?volumes.orValue([]).filter(v, v.?image.?reference.hasValue()).map(v, ["volume \"" + string(v.name) + "\"", string(v.image.reference)])`)
	out := specs + ".map(s,\n    " + strings.Join(lists, "\n  + ") + ")"
	if fields != "" {
		out += "\n  + [" + fields + "]"
	}
	return out
}
