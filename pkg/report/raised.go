package report

import (
	"cmp"
	"strings"
)

// raised writes the charts whose version is raised.
func (t *textReport) raised() {
	if items := t.raises(); len(items) > 0 {
		t.wrapped(plain, items, "  ", 0, 4)
	}
}

// raises says which charts' versions are raised, nothing when none is.
func (t *textReport) raises() []string {
	all := t.p.VersionChanges()
	if len(all) == 0 {
		return nil
	}
	shown := all
	if len(shown) > maxAllFiles && !t.o.Verbose {
		shown = shown[:maxAllFiles]
	}
	items := []string{count(len(all), "chart") + " raised:"}
	for _, r := range shown {
		folder, _ := strings.CutSuffix(r.Path, "Chart.yaml")
		items = append(items, cmp.Or(strings.TrimSuffix(folder, "/"), ".")+" "+r.Old+" -> "+r.New)
	}
	if rest := len(all) - len(shown); rest > 0 {
		items = append(items, t.more(rest))
	}
	return items
}
