package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// stateWords returns the state of a use and the number of its pods.
func stateWords(u *cluster.Use) string {
	out := string(u.State)
	if u.Pods > 0 {
		out = wording.Count(u.Pods, "pod")
	}
	if u.Waiting > 0 {
		reason, _, _ := strings.Cut(u.Reason, ":")
		out += fmt.Sprintf(", %s without the image (%s)", wording.Number(u.Waiting), escape(reason))
	}
	return out
}

// managerWords returns what put the owner of a use into the cluster.
func managerWords(u *cluster.Use) string {
	var out []string
	for _, m := range u.Managers {
		out = append(out, m.Kind+" "+m.Name)
	}
	return strings.Join(out, ", ")
}

func labelWords(u *cluster.Use) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(u.Labels)) {
		out = append(out, name+"="+u.Labels[name])
	}
	return strings.Join(out, ",")
}

// sourceWords returns the places of a use.
func sourceWords(u *cluster.Use) []string {
	var out []string
	for _, s := range u.Sources {
		place := location(s.Path, s.Line)
		if s.Repository != "" && s.Repository != "." {
			place = strings.TrimSuffix(s.Repository, "/") + "/" + place
		}
		if s.Line == 0 {
			place += " (rendered)"
		}
		if s.Ref != "" {
			place += " has " + s.Ref
		}
		out = append(out, place)
	}
	return out
}
