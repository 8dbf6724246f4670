package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// Limits of the table. The JSON has everything.
const (
	maxClusterUses    = 10 // uses of one image
	maxClusterSources = 5  // sources of one use
	maxClusterAdvice  = 10
)

// writeClusterPlain writes one reference per line.
func writeClusterPlain(w io.Writer, _ *cluster.Report, images []cluster.Image, _ ClusterOptions) error {
	b := bufio.NewWriter(w)
	for i := range images {
		fmt.Fprintln(b, escape(images[i].Ref))
	}
	return b.Flush()
}

// writeClusterTable writes the images by registry, and below each image that moves its
// uses, with what manages them and the files that they come from.
func writeClusterTable(w io.Writer, r *cluster.Report, images []cluster.Image, o ClusterOptions) error {
	b := bufio.NewWriter(w)
	t := &clusterTable{b, r, o}
	for i := 0; i < len(images); {
		j := i
		for j < len(images) && images[j].Registry == images[i].Registry {
			j++
		}
		if i > 0 {
			fmt.Fprintln(b)
		}
		t.registry(images[i:j])
		i = j
	}
	if len(images) > 0 {
		fmt.Fprintln(b)
	}
	t.summary(images)
	return b.Flush()
}

type clusterTable struct {
	b *bufio.Writer
	r *cluster.Report
	o ClusterOptions
}

// registry writes the images of one registry.
func (t *clusterTable) registry(images []cluster.Image) {
	s := clusterTotalsOf(images)
	fmt.Fprintf(t.b, "%s  %s, %s", paint(t.o.Color, bold, escape(images[0].Registry)), wording.Count(len(images), "image"), wording.Count(s.uses, "use"))
	if words := movingWords(s.moving, len(images)); words != "" {
		fmt.Fprint(t.b, ", "+paint(t.o.Color, red, words))
	}
	fmt.Fprintln(t.b)
	name := 0
	for i := range images {
		if n := length(alignedName(&images[i].Image)); n <= maxAlignedName {
			name = max(name, n)
		}
	}
	for i := range images {
		m := &images[i]
		line := "  " + alignedName(&m.Image) + pad(name-length(alignedName(&m.Image)))
		switch {
		case m.New != "":
			line += "  -> " + paint(t.o.Color, green, escape(m.New))
		case m.Keep != "":
			line += "  excluded by the rule"
		}
		if n := runningPods(m); m.New == "" || t.o.Quiet {
			line += "  " + wording.Count(len(m.Uses), "use") + ", " + wording.Count(n, "pod")
		}
		fmt.Fprintln(t.b, strings.TrimRight(line, " "))
		if m.New != "" || t.o.Verbose || hasSources(m) {
			t.uses(m)
		}
	}
}

func runningPods(m *cluster.Image) int {
	n := 0
	for k := range m.Uses {
		n += m.Uses[k].Pods
	}
	return n
}

func hasSources(m *cluster.Image) bool {
	return slices.ContainsFunc(m.Uses, func(u cluster.Use) bool { return u.SourceStatus != "" })
}

// uses writes the uses of an image.
func (t *clusterTable) uses(m *cluster.Image) {
	shown := len(m.Uses)
	if !t.o.Verbose && shown > maxClusterUses+1 {
		shown = maxClusterUses
	}
	for k := range m.Uses[:shown] {
		u := &m.Uses[k]
		parts := []string{escape(u.Owner.String())}
		if len(t.r.Contexts) > 1 {
			parts[0] = escape(u.Context) + ": " + parts[0]
		}
		if u.IsStatic {
			parts = append(parts, "static "+escape(u.Object.String()))
		}
		parts = append(parts, escape(u.Field), stateWords(u))
		if w := managerWords(u); w != "" {
			parts = append(parts, escape(w))
		}
		fmt.Fprintln(t.b, "    "+strings.Join(parts, "  "))
		t.sources(u)
	}
	if n := len(m.Uses) - shown; n > 0 {
		fmt.Fprintf(t.b, "    and %s (--verbose lists all)\n", wording.Count(n, "more use"))
	}
}

func (t *clusterTable) sources(u *cluster.Use) {
	if u.SourceStatus == "" {
		return
	}
	words := sourceWords(u)
	if len(words) == 0 {
		fmt.Fprintln(t.b, "        "+paint(t.o.Color, dim, string(u.SourceStatus)))
	}
	hidden := 0
	if !t.o.Verbose && len(words) > maxClusterSources+1 {
		hidden, words = len(words)-maxClusterSources, words[:maxClusterSources]
	}
	for _, w := range words {
		if u.SourceStatus != cluster.Exact {
			w += ", " + string(u.SourceStatus)
		}
		fmt.Fprintln(t.b, "        "+paint(t.o.Color, cyan, escape(w)))
	}
	if hidden > 0 {
		fmt.Fprintf(t.b, "        and %s (--verbose lists all)\n", wording.Count(hidden, "more place"))
	}
}

// summary writes the totals, the advice, and what is not listed.
func (t *clusterTable) summary(images []cluster.Image) {
	s := clusterTotalsOf(images)
	where := "the cluster"
	switch n := len(t.r.Contexts); {
	case n > 1:
		where = wording.Number(n) + " clusters (" + escape(wording.List(t.r.Contexts, "and")) + ")"
	case n == 1 && t.r.Contexts[0] != "":
		where = escape(t.r.Contexts[0])
	}
	read := wording.Count(t.r.Objects, "object") + " (" + wording.Count(t.r.Pods, "pod") + ") of " + where
	if len(images) == 0 {
		fmt.Fprintf(t.b, "no image in %s\n", read)
	} else {
		fmt.Fprintf(t.b, "%s, %s, %s in %s\n", wording.Count(len(images), "image"), wording.Count(s.uses, "use"), wording.Plural(s.registries, "1 registry", wording.Number(s.registries)+" registries"), read)
	}
	switch {
	case s.moving > 0:
		words := wording.Count(s.moving, "image") + " to move (" + wording.Count(s.movingUses, "use") + ", " + wording.Count(s.movingPods, "container") + " running)"
		if n := s.movingUses - s.gatingUses; n > 0 {
			words += "; " + wording.Count(n, "use") + " cannot run again: finished or old"
		}
		fmt.Fprintln(t.b, paint(t.o.Color, red, words))
	case len(images) > 0:
		fmt.Fprintln(t.b, paint(t.o.Color, green, "no image to move"))
	}
	t.matches(images)
	t.advice()
	WriteClusterProblems(t.b, t.r)
}

// matches counts the matches of the uses that move.
func (t *clusterTable) matches(images []cluster.Image) {
	counts, all := map[cluster.Match]int{}, 0
	for i := range images {
		for k := range images[i].Uses {
			if m := images[i].Uses[k].SourceStatus; m != "" {
				counts[m]++
				all++
			}
		}
	}
	if all == 0 {
		return
	}
	var parts []string
	for _, m := range cluster.Matches {
		if counts[m] > 0 {
			parts = append(parts, wording.Number(counts[m])+" "+string(m))
		}
	}
	fmt.Fprintf(t.b, "sources of %s: %s\n", wording.Count(all, "use"), strings.Join(parts, ", "))
}

func (t *clusterTable) advice() {
	for i, a := range t.o.Advice {
		if i == maxClusterAdvice && !t.o.Verbose {
			fmt.Fprintf(t.b, "and %s (--verbose lists all)\n", wording.Count(len(t.o.Advice)-i, "more piece")+" of advice")
			return
		}
		text := a.Text
		if a.Object != "" {
			text = a.Object + ": " + text
		}
		if a.Kind == cluster.ActionRequired {
			text = wording.Action(text)
		} else {
			text = "note: " + text
		}
		fmt.Fprintln(t.b, wrap(escape(text), t.o.Width, 0, 2))
	}
}

// WriteClusterProblems writes what is not listed, and the notes about lists.
func WriteClusterProblems(b *bufio.Writer, r *cluster.Report) {
	for _, n := range r.Notes {
		fmt.Fprintln(b, "note: "+escape(strings.TrimPrefix(n.Context+": "+n.Text, ": ")))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(b, "%s: not listed: %s\n", escape(problemPlace(p)), escape(p.Err.Error()))
	}
	if r.Interrupted {
		fmt.Fprintln(b, "interrupted: the list is not complete")
	}
}
