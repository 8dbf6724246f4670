package inventory

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A Registry is a host that a text may use as a registry.
type Registry struct {
	Host string // as written, with the port
	Path string // of the file
	Line int    // 1-based

	// IsSure reports that the host serves images for certain, or is the default of a
	// variable. Other hosts may be those of web pages or of charts.
	IsSure bool
}

// hostPattern matches a host with a dot, and its port. Repetitions are bounded, so that the
// search stays fast in hostile text.
const hostPattern = `([A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){1,8}(?::[0-9]{1,5})?)`

var (
	// defaultHost matches a host that a variable has by default, in a shell or a template:
	// ${REGISTRY:-quay.io}/x, {{ .Values.registry | default "quay.io" }}.
	defaultHost = regexp.MustCompile(`(?:\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=?]|\bdefault[ (]+["'])` + hostPattern + `["'/}]`)

	// apiVersionTail matches what follows the group of an API of Kubernetes.
	apiVersionTail = regexp.MustCompile(`^/v[0-9]{1,3}(?:(?:alpha|beta)[0-9]{1,3})?["'}]`)

	// keyedHost matches a host after a word that names a registry: imageRegistry: quay.io,
	// REGISTRY=quay.io, REG=quay.io. Other words, such as host and repo, also name web servers.
	keyedHost = regexp.MustCompile(`(?i)(?:registry|\breg)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:oci://|docker://)?` + hostPattern + `(?:["'\s/]|$)`)

	// pullLine matches a line that pulls an image, also in text for people.
	pullLine = regexp.MustCompile(`(?i)\b(?:docker|podman|nerdctl|crictl|crane|skopeo)\b|\bimage\b|^\s*FROM\s`)
)

// fileSuffixes are the last labels of names of files, which look like hosts.
var fileSuffixes = []string{"yaml", "yml", "json", "toml", "sh", "py", "md", "txt", "go", "js", "ts", "tpl", "html", "env", "conf", "cfg", "lock", "xml", "tgz", "gz", "zip", "png", "svg", "pem", "crt", "key", "service", "local", "svc"}

// findRegistries records the registries that src, the content of a file, may use. It
// searches the text, so that it also finds those that no reference spells out.
func (v *Inventory) findRegistries(path string, src []byte) {
	lines := edit.NewLines(src)
	var found []Registry
	add := func(host string, at int, isSure bool) {
		last := host[strings.LastIndexByte(host, '.')+1:]
		if sourceHosts[host] || !image.IsHost(host) || slices.Contains(fileSuffixes, strings.ToLower(last)) {
			return
		}
		line, _ := lines.Position(at)
		found = append(found, Registry{strings.Clone(host), strings.Clone(path), line, isSure})
	}
	for _, m := range defaultHost.FindAllSubmatchIndex(src, -1) {
		if apiVersionTail.Match(src[m[3]:]) {
			continue
		}
		add(string(src[m[2]:m[3]]), m[2], true)
	}
	for _, m := range keyedHost.FindAllSubmatchIndex(src, -1) {
		host := string(src[m[2]:m[3]])
		add(host, m[2], v.servesImages(host))
	}
	for _, s := range v.hostSpans(src) {
		host := string(src[s.Start:s.End])
		if v.servesImages(host) || pullLine.Match(lineAround(src, s.Start)) {
			add(host, s.Start, false)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range found {
		old, ok := v.registries[r.Host]
		if !ok || r.IsSure && !old.IsSure || r.IsSure == old.IsSure && comparePlaces(r, old) < 0 {
			v.registries[r.Host] = r
		}
	}
}

// maxLine is the number of bytes of a line that pullLine sees before a host.
const maxLine = 200

// lineAround returns the part of the line before the byte offset at.
func lineAround(src []byte, at int) []byte {
	before := src[max(0, at-maxLine):at]
	return before[bytes.LastIndexByte(before, '\n')+1:]
}

func comparePlaces(a, b Registry) int {
	if c := strings.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	return a.Line - b.Line
}

// findInArchive records the registries in a packed chart. One that cannot be read has
// none: the run that follows reports it.
func (v *Inventory) findInArchive(f walk.File) {
	data, err := repofile.ReadFile(f.Abs, v.opts.MaxSize)
	if err != nil || !archive.IsGzip(data) {
		return
	}
	_ = archive.NewBudget().Read(f.Path, data, func(name string, size int64, body io.Reader) error {
		var buf bytes.Buffer
		if size <= v.opts.MaxSize {
			if _, err := buf.ReadFrom(io.LimitReader(body, v.opts.MaxSize)); err == nil {
				v.findRegistries(name, buf.Bytes())
			}
		}
		return nil
	})
}

// Registries returns the registries that the files may use, in addition to those of
// Images, sorted by host. It is empty unless Options.FindRegistries is set.
func (v *Inventory) Registries() []Registry {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []Registry
	for _, r := range v.registries {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Registry) int { return strings.Compare(a.Host, b.Host) })
	return out
}

// AddText adds the references and the registries of a text that is not in a file. The name
// path determines the format.
func (v *Inventory) AddText(path string, src []byte) {
	s := v.scan(path, src, Use{Origin: InFile, Path: path, Line: 1})
	v.add(s.refs, s.unresolved)
	v.findRegistries(path, src)
}
