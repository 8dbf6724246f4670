package rules

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A Table is a [Set] as rows that other programs can evaluate: policies of clusters
// are generated from it. [Table.Move] decides as [Set.Match] does for every image
// reference without variables. A Table does not change and is safe for concurrent use.
type Table struct {
	hosts map[string][]Row
	tags  []Rule // rules that depend on tags, which have no rows; for the digest
}

// A Row says what happens to the references of one host whose path begins with From.
// The path is the one without the host, the tag and the digest. A path on Docker Hub
// with one component is in library.
type Row struct {
	// From is the beginning of a path, without a leading or final slash; "" is the
	// whole host. To replaces the host and From; "" means that the reference does
	// not move. If To has no registry, the result is a short name of Docker Hub.
	From, To string

	// Mode says which paths the row applies to.
	Mode RowMode

	Rule *Rule  // one of Set.Rules, or nil for a kept prefix; read-only
	Keep string // the keep entry as written, or ""
}

// A RowMode says which paths a row applies to.
type RowMode uint8

const (
	AtOrBelow  RowMode = iota // From, and all paths below it
	Exactly                   // From only
	Below                     // all paths below From
	ChildrenOf                // paths with one component more than From
)

// Hosts returns the hosts of t, sorted. A host is as it is written in references: the
// three hosts of Docker Hub are separate, and "" holds its short names.
func (t *Table) Hosts() []string { return slices.Sorted(maps.Keys(t.hosts)) }

// Rows returns the rows of a host. The first row that applies to a path decides. The
// caller must not change the slice.
func (t *Table) Rows(host string) []Row { return t.hosts[host] }

// HubHosts are the hosts of a Table on which a path with one component is in library.
func HubHosts() []string { return append([]string{""}, image.DockerHubHosts...) }

// Move returns the reference to which ref moves. It returns false if ref does not move.
// The reference ref has no variables.
func (t *Table) Move(ref string) (string, bool) {
	host, path, tail, ok := splitForTable(ref)
	if !ok {
		return "", false
	}
	for _, r := range t.hosts[host] {
		if !r.appliesTo(path) {
			continue
		}
		if r.To == "" {
			return "", false
		}
		moved := r.move(path) + tail
		return moved, moved != ref
	}
	return "", false
}

// appliesTo reports whether the row applies to path.
func (r Row) appliesTo(path string) bool {
	below, ok := strings.CutPrefix(withSlash(path), withSlash(r.From))
	if !ok {
		return false
	}
	switch r.Mode {
	case Exactly:
		return below == ""
	case Below:
		return below != ""
	case ChildrenOf:
		return strings.Count(below, "/") == 1
	}
	return true
}

// move returns path moved by the row, which applies to it.
func (r Row) move(path string) string {
	return strings.TrimSuffix(r.To+"/"+withSlash(path)[len(withSlash(r.From)):], "/")
}

// withSlash adds a final slash to a path that is not empty, so that prefixes end at
// the end of a component.
func withSlash(path string) string {
	if path == "" {
		return ""
	}
	return path + "/"
}

// splitForTable splits a reference into a host of a Table, a path, and the tag and
// digest with their separators. It returns false for a text that no rule matches; see
// splitShortForm.
func splitForTable(ref string) (host, path, tail string, ok bool) {
	rest := ref
	if first, after, slash := strings.Cut(ref, "/"); slash && hasDomain(first) {
		host, rest = first, after
	}
	path = rest
	if i := strings.IndexAny(rest, ":@"); i >= 0 {
		path, tail = rest[:i], rest[i:]
	}
	if path == "" {
		return "", "", "", false
	}
	if strings.Contains(path, "/") || !slices.Contains(HubHosts(), host) {
		return host, path, tail, true
	}
	if host == "" && (hasDomain(path) || path == "sha256" && strings.HasPrefix(tail, ":")) {
		return "", "", "", false
	}
	return host, library + "/" + path, tail, true
}

// Table returns the rules for images as a table. Rules for repositories of charts on
// web servers have no rows, and neither have rules that depend on tags: a reference that
// one of them may select does not move by the table.
func (s *Set) Table() *Table {
	t := &Table{hosts: map[string][]Row{}}
	for _, r := range s.rules {
		if r.DependsOnTag() {
			t.tags = append(t.tags, r)
		}
	}
	longest := 0
	for _, nodes := range s.hosts {
		for path := range nodes {
			longest = max(longest, len(path))
		}
	}
	other := strings.Repeat("x", longest+1)
	for host, nodes := range s.hosts {
		if nodes = withoutVariables(nodes); len(nodes) == 0 {
			continue
		}
		spellings := []string{host}
		switch {
		case strings.HasPrefix(host, urlScheme):
			continue
		case host == dockerHub:
			spellings = HubHosts()
		}
		for _, h := range spellings {
			b := tableBuilder{s, h, nodes, slices.Sorted(maps.Keys(nodes)), other, t}
			b.addNodes()
			b.addOfficial()
		}
	}
	return t
}

// withoutVariables returns the nodes whose paths have no variables. Clusters know none.
func withoutVariables(nodes map[string]prefixNode) map[string]prefixNode {
	out := maps.Clone(nodes)
	maps.DeleteFunc(out, func(path string, _ prefixNode) bool { return strings.Contains(path, "$") })
	return out
}

// A tableBuilder makes the rows of one host. It asks Set.Match about one reference of
// each kind that the rules can tell apart.
type tableBuilder struct {
	set   *Set
	host  string
	nodes map[string]prefixNode
	paths []string // the keys of nodes, sorted
	other string   // a path component that no rule contains
	table *Table
}

// add adds a row before the rows that are less specific.
func (b *tableBuilder) add(r Row) {
	rows := b.table.hosts[b.host]
	i, _ := slices.BinarySearchFunc(rows, r, compareRows)
	b.table.hosts[b.host] = slices.Insert(rows, i, r)
}

// compareRows sorts the most specific row first.
func compareRows(x, y Row) int {
	return cmp.Or(
		strings.Count(withSlash(y.From), "/")-strings.Count(withSlash(x.From), "/"),
		strings.Compare(x.From, y.From),
		slices.Index(rowModes, x.Mode)-slices.Index(rowModes, y.Mode))
}

// rowModes are the modes of rows with the same From, the most specific first.
var rowModes = []RowMode{Exactly, ChildrenOf, Below, AtOrBelow}

// ref returns the reference to a path on the host.
func (b *tableBuilder) ref(path string) string { return strings.TrimPrefix(b.host+"/"+path, "/") }

// row returns the row that moves the paths that mode selects as Match moves the path
// from/suffix.
func (b *tableBuilder) row(from, suffix string, mode RowMode) Row {
	ref := b.ref(strings.Trim(from+"/"+suffix, "/"))
	r := Row{From: from, Mode: mode}
	m, ok := b.set.Match(ref, ShortForm)
	switch {
	case !ok:
	case m.Keep != "":
		r.Keep = m.Keep
	default:
		r.Rule = m.Rule
		r.To = strings.TrimSuffix(strings.TrimSuffix(m.New+ref[m.Len:], suffix), "/")
	}
	return r
}

// addNodes adds one row for each rule and each kept prefix.
func (b *tableBuilder) addNodes() {
	var rows []Row
	for _, path := range b.paths {
		mode := AtOrBelow
		if n := b.nodes[path]; n.rule != nil && path != "" && n.to.path == "" {
			mode = Below
		}
		// With two components the result is not an official image of Docker Hub.
		rows = append(rows, b.row(path, b.other+"/"+b.other, mode))
	}
	slices.SortFunc(rows, compareRows)
	b.table.hosts[b.host] = rows
	for _, path := range b.paths {
		if len(b.nodes[path].images) > 0 {
			b.addIfDifferent(path, "", Exactly)
		}
	}
}

// addOfficial adds rows for references that become official images of Docker Hub. A
// rule from quay.io/x to docker.io moves quay.io/x/y to docker.io/y, which is in
// library: a rule on docker.io/library or docker.io/y applies to it.
func (b *tableBuilder) addOfficial() {
	official := b.set.officialNames()
	for _, path := range b.paths {
		n := b.nodes[path]
		if n.rule == nil || !n.to.isDockerHub() {
			continue
		}
		b.addIfDifferent(path, "", Exactly)
		var parents []string
		switch n.to.path {
		case "":
			b.addIfDifferent(path, b.other, ChildrenOf)
			parents = []string{path, path + "/" + library}
		case library:
			parents = []string{path}
		}
		for _, parent := range parents {
			for _, name := range official {
				b.addIfDifferent(strings.Trim(parent+"/"+name, "/"), "", Exactly)
			}
		}
	}
	if slices.Contains(HubHosts(), b.host) {
		for _, name := range official { // docker.io/nginx is docker.io/library/nginx
			b.addIfDifferent(library+"/"+name, "", Exactly)
		}
	}
}

// addIfDifferent adds a row for the path from/suffix if the rows so far decide
// otherwise than Match.
func (b *tableBuilder) addIfDifferent(from, suffix string, mode RowMode) {
	path := strings.Trim(from+"/"+suffix, "/")
	if path == "" {
		return // a host alone is not a reference
	}
	ref := b.ref(path)
	got, moved := b.table.Move(ref)
	want, wantMoved := b.set.moveImage(ref)
	if got != want || moved != wantMoved {
		b.add(b.row(from, suffix, mode))
	}
}

// moveImage returns the reference to which Match moves ref, as [Table.Move] does.
func (s *Set) moveImage(ref string) (string, bool) {
	m, ok := s.Match(ref, ShortForm)
	if !ok || m.Keep != "" {
		return "", false
	}
	moved := m.New + ref[m.Len:]
	return moved, moved != ref
}

// officialNames returns the names without a namespace on Docker Hub that a rule or a
// keep entry contains, sorted.
func (s *Set) officialNames() []string {
	var out []string
	for path := range s.hosts[dockerHub] {
		name := strings.TrimPrefix(path, library+"/")
		if name != "" && !strings.Contains(name, "/") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Digest returns a digest of all rows: two tables that have the same digest decide
// alike.
func (t *Table) Digest() string {
	h := sha256.New()
	for _, host := range t.Hosts() {
		for _, r := range t.hosts[host] {
			fmt.Fprintf(h, "%q %q %q %d\n", host, r.From, r.To, r.Mode)
		}
	}
	for _, r := range t.tags {
		fmt.Fprintf(h, "%q %q %q %q %q\n", r.From, r.To, r.Tags, r.OldTag, r.Tag)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil)[:16])
}
