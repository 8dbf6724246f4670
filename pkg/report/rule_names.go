package report

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// ruleNames tells which rule moved a finding. A finding has the name of its rule
// only, and the rules of a preset share one.
type ruleNames struct{ rules []rulePrefixes }

// A rulePrefixes is what a report shows of a rule.
type rulePrefixes struct{ from, to string }

// newRuleNames returns the names of the rules of p, the most specific first.
func newRuleNames(p *rewrite.Plan) ruleNames {
	var n ruleNames
	if p.Rules != nil {
		for _, r := range p.Rules.Rules() {
			n.rules = append(n.rules, rulePrefixes{r.From, r.To})
		}
	}
	return n
}

// of returns from where and to where f, which is rewritten, moves, and whether
// it does so from a short form, in which the old name is not spelled out.
func (n ruleNames) of(f *rewrite.Finding) (m move, short bool) {
	for _, r := range n.rules {
		was, short := matchesPrefix(f.Old, r.from)
		if is, _ := matchesPrefix(f.New, r.to); was && is {
			return move{from: r.from, to: r.to}, short
		}
	}
	return move{from: host(f.Old), to: host(f.New)}, false
}

// matchesPrefix reports whether the reference ref is prefix or lies below it, and
// whether it does so in a short form of Docker Hub: bitnami/redis and
// index.docker.io/bitnami/redis lie below docker.io/bitnami.
func matchesPrefix(ref, prefix string) (ok, short bool) {
	if hasPrefix(ref, prefix) {
		return true, false
	}
	hub := host(prefix) == "docker.io" && (path(ref) == ref || strings.HasSuffix(host(ref), ".docker.io"))
	return hub && hasPrefix(path(ref), path(prefix)), true
}

// hasPrefix reports whether the reference ref is prefix or lies below it. Hosts
// are the same in any case of letters, and paths have no capital ones.
func hasPrefix(ref, prefix string) bool {
	if len(ref) < len(prefix) || !strings.EqualFold(ref[:len(prefix)], prefix) {
		return false
	}
	rest := ref[len(prefix):]
	return prefix == "" || rest == "" || strings.ContainsRune("/:@", rune(rest[0]))
}

// host returns ref up to its first slash.
func host(ref string) string {
	h, _, _ := strings.Cut(ref, "/")
	return h
}

// path returns ref without its domain: what stands before the first slash is
// one if it has a dot or a port in it.
func path(ref string) string {
	h, rest, ok := strings.Cut(ref, "/")
	if strings.ContainsAny(h, ".:") && (ok || !strings.Contains(h, ":")) {
		return rest
	}
	return ref
}
