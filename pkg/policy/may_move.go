package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A Condition is a condition of a webhook in CEL: the API server calls the webhook only
// if it is true.
type Condition struct{ Name, Expression string }

// WebhookConditions returns the conditions of a webhook that moves the images of pods. They
// need less than [rules.Table.Move]: they may be true for a pod in which nothing moves, and
// are never false for another one, unless an owner of the kinds except controls it. They
// have no error for any pod: with failurePolicy Ignore, the API server would not call the
// webhook. Its errors are those of usage: rules that an expression cannot hold.
func WebhookConditions(t *rules.Table, except []Kind) ([]Condition, error) {
	out := []Condition{{"an-image-may-move", mayMove(t)}}
	if len(except) > 0 {
		out = append(out, Condition{"owner-is-not-excepted", strings.ReplaceAll(
			"!"+ownersVariable.Expression+".exists(k, k in "+celList(kindNames(except))+")", "\n", "\n  ")})
	}
	var all []variable
	for _, c := range out {
		all = append(all, variable(c))
	}
	return out, checkLimits(t, all)
}

// mayMove returns an expression that is true if an image of a pod begins as one that moves.
func mayMove(t *rules.Table) string {
	prefixes, anyShort := movePrefixes(t)
	var hosts []string
	for _, host := range t.Hosts() {
		if host != "" && len(prefixes[host]) > 0 {
			hosts = append(hosts, "  "+strconv.Quote(host)+": "+celList(prefixes[host]))
		}
	}
	conditions := []string{`t[?i.split("/")[0]].orValue([]).exists(p, i.startsWith(p))`}
	switch {
	case anyShort: // the first component is not a registry
		conditions = append(conditions, `!i.contains("/") || !i.split("/")[0].contains(".") && !i.split("/")[0].contains(":") && !i.startsWith("localhost/")`)
	case len(prefixes[""]) > 0:
		conditions = append(conditions, celList(prefixes[""])+".exists(p, i.startsWith(p))")
	}
	var lists []string
	for _, l := range podspec.ContainerLists {
		lists = append(lists, `pod.?spec.?`+l.Key+`.orValue([]).map(c, string(c.?image.orValue("")))`)
	}
	lists = append(lists, `pod.?spec.?volumes.orValue([]).map(v, string(v.?image.?reference.orValue("")))`)
	return "[{\n" + strings.Join(hosts, ",\n") + "\n}].exists(t, [dyn(object)].exists(pod,\n  (" + strings.Join(lists, "\n  + ") + ").exists(i,\n    " +
		strings.Join(conditions, " ||\n    ") + ")))"
}

// movePrefixes returns, for each host of t, with what references begin that move. The
// references on the host "", short names, begin with its prefixes, or anyShort is true and
// all short names may move.
func movePrefixes(t *rules.Table) (prefixes map[string][]string, anyShort bool) {
	prefixes = map[string][]string{}
	for _, host := range t.Hosts() {
		for _, r := range t.Rows(host) {
			if r.To == "" {
				continue
			}
			from := []string{r.From}
			if slices.Contains(rules.HubHosts(), host) {
				switch name, ok := strings.CutPrefix(r.From, "library/"); {
				case ok: // docker.io/nginx is docker.io/library/nginx
					from = append(from, name)
				case r.From == "library":
					from = []string{""}
				}
			}
			for _, f := range from {
				anyShort = anyShort || host == "" && f == ""
				prefixes[host] = append(prefixes[host], strings.TrimPrefix(host+"/", "/")+f)
			}
		}
		slices.Sort(prefixes[host])
		prefixes[host] = withoutLonger(prefixes[host])
	}
	return prefixes, anyShort
}

// withoutLonger returns sorted texts without those that begin with another one.
func withoutLonger(sorted []string) []string {
	var out []string
	for _, s := range sorted {
		if len(out) == 0 || !strings.HasPrefix(s, out[len(out)-1]) {
			out = append(out, s)
		}
	}
	return out
}
