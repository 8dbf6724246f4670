package helm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/internal/archive"
	"github.com/regmigrate/regmigrate/internal/chartutil"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A Program is the user's own helm, version 3 or newer.
type Program struct {
	Version string // v3.19.0

	path   string
	limits render.Limits

	// readsReferences says that this helm may read every document that a schema names,
	// also where no value needs it: its library for schemas is an old one.
	readsReferences bool
}

// firstStrict is the first minor version of helm 3 that reads only the documents that a
// schema needs.
// Source: https://github.com/helm/helm/releases/tag/v3.18.0
const firstStrict = 18

// versionTimeout bounds how long a program may need to print its version.
const versionTimeout = 30 * time.Second

var (
	helmVersionRE = regexp.MustCompile(`^(v([0-9]{1,4})\.([0-9]{1,4})\S*) go[0-9]`)
	oldVersionRE  = regexp.MustCompile(`(?m)^Client: (v2\.\S+)`)
)

// FindProgram returns the helm that is called name: a path, or a name that the system
// finds in PATH. limits are those of one rendering. It returns an error if the program
// cannot be run, or is not helm 3 or newer.
func FindProgram(ctx context.Context, name string, limits render.Limits) (*Program, error) {
	found, err := exec.LookPath(name)
	if err != nil {
		return nil, errors.New("the program cannot be run: " + lookupError(err))
	}
	if found, err = filepath.Abs(found); err != nil {
		return nil, err
	}
	p := &Program{path: found, limits: limits}
	text, err := p.version(ctx, "version", "--template", "{{.Version}} {{.GoVersion}}")
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if m := helmVersionRE.FindStringSubmatch(text); err == nil && m != nil {
		if major, _ := strconv.Atoi(m[2]); major < 3 {
			return nil, fmt.Errorf("the program is helm %s; expected helm 3 or newer", m[1])
		}
		minor, _ := strconv.Atoi(m[3])
		p.Version, p.readsReferences = m[1], m[2] == "3" && minor < firstStrict
		return p, nil
	}
	if render.IsBackstop(err) {
		return nil, fmt.Errorf("the program did not print its version within %v", min(versionTimeout, limits.Timeout))
	}
	if old, _ := p.version(ctx, "version", "--client", "--short"); oldVersionRE.MatchString(old) {
		return nil, fmt.Errorf("the program is helm %s; expected helm 3 or newer", oldVersionRE.FindStringSubmatch(old)[1])
	}
	if err != nil {
		return nil, fmt.Errorf("the program does not print the version of helm: %.120s", err.Error())
	}
	return nil, fmt.Errorf("the program does not print the version of helm: it prints %.80q", text)
}

// lookupError returns the cause of an error of exec.LookPath.
func lookupError(err error) string {
	if e := (*exec.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return err.Error()
}

// version runs a command that prints the version.
func (p *Program) version(ctx context.Context, args ...string) (string, error) {
	folder, err := newProgramFolder()
	if err != nil {
		return "", err
	}
	defer folder.remove()
	l := p.limits
	l.Timeout, l.MaxOutput = min(versionTimeout, l.Timeout), 1<<16
	out, err := render.RunProgram(ctx, p.command(folder, args), l)
	return strings.TrimSpace(string(out)), err
}

// command returns a command in an environment that has no configuration, no cache and no
// plugins of helm, no access to a cluster, and no proxy that leads to a network.
func (p *Program) command(folder programFolder, args []string) *exec.Cmd {
	cmd := exec.Command(p.path, args...)
	home := filepath.Join(string(folder), "home")
	cmd.Dir = string(folder)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C", "TMPDIR=" + home,
		"XDG_CACHE_HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home,
		"HELM_CACHE_HOME=" + home, "HELM_CONFIG_HOME=" + home, "HELM_DATA_HOME=" + home,
		"HELM_PLUGINS=" + filepath.Join(home, "plugins"), "HELM_NO_PLUGINS=1",
		"HTTP_PROXY=" + noProxy, "HTTPS_PROXY=" + noProxy, "NO_PROXY=",
	}
	if runtime.GOOS == "windows" {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"), "TEMP="+home, "TMP="+home)
	}
	return cmd
}

// noProxy is the address of a proxy on a port where nothing listens: discard of RFC 863.
const noProxy = "http://127.0.0.1:9"

// A programFolder is a temporary folder for one run of a program.
type programFolder string

func newProgramFolder() (programFolder, error) {
	dir, err := os.MkdirTemp("", "regmigrate-helm-")
	if err != nil {
		return "", fmt.Errorf("making a temporary folder: %w", err)
	}
	f := programFolder(dir)
	if err := os.Mkdir(filepath.Join(dir, "home"), 0o700); err != nil {
		f.remove()
		return "", fmt.Errorf("making a temporary folder: %w", err)
	}
	return f, nil
}

func (f programFolder) remove() { _ = os.RemoveAll(string(f)) }

// write writes a file of the folder. name is slash-separated.
func (f programFolder) write(name string, src []byte) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return &render.JobError{Text: fmt.Sprintf("the chart has a file called %q", name)}
	}
	full := filepath.Join(string(f), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return fmt.Errorf("writing a chart for helm: %w", err)
	}
	if err := os.WriteFile(full, src, 0o600); err != nil {
		return fmt.Errorf("writing a chart for helm: %w", err)
	}
	return nil
}

// render renders a chart with `helm template`. known is what the library renders, or nil
// if the library does not render the chart; then the result has no schemas and versions.
func (p *Program) render(ctx context.Context, q *renderRequest, known *Rendered) (*Rendered, error) {
	folder, err := newProgramFolder()
	if err != nil {
		return nil, err
	}
	defer folder.remove()
	files := q.Chart.Files
	if known != nil {
		files = withVersions(files, q.Chart.Name, q.UseVersions)
	}
	for name, src := range files {
		if path.Base(name) == SchemaFile {
			continue // the library validated the values
		}
		if err := folder.write(path.Join("chart", name), src); err != nil {
			return nil, err
		}
	}
	out := &Rendered{KubeVersion: DefaultKubeVersion}
	if q.As.KubeVersion != "" {
		out.KubeVersion = q.As.KubeVersion
	}
	if known != nil {
		*out = *known
		out.Texts = nil
	}
	args := []string{"template", "release-name", "chart", "--namespace", "default", "--include-crds", "--kube-version", out.KubeVersion}
	if q.As.IsUpgrade {
		args = append(args, "--is-upgrade")
	}
	for _, v := range q.As.APIVersions {
		args = append(args, "--api-versions", v)
	}
	for i, src := range q.Values.Files {
		name := fmt.Sprintf("values-%d.yaml", i)
		if err := folder.write(name, src); err != nil {
			return nil, err
		}
		args = append(args, "--values", name)
	}
	for _, v := range q.Values.Set {
		args = append(args, "--set", v)
	}
	text, err := render.RunProgram(ctx, p.command(folder, args), p.limits)
	if err != nil {
		return nil, err
	}
	if out.Texts, err = readTexts(splitTemplates(string(text)), false); err != nil {
		return nil, &render.JobError{Text: err.Error()}
	}
	return out, nil
}

// sourceRE matches the lines that helm writes before each object.
var sourceRE = regexp.MustCompile(`(?m)^---\n# Source: (\S.*)\n`)

// splitTemplates returns the output of `helm template` by template, whose names are paths
// in the folder of the chart. Objects of a template are in the order of the output.
func splitTemplates(text string) map[string]string {
	out := map[string]string{}
	all := sourceRE.FindAllStringSubmatchIndex(text, -1)
	if before := text; len(all) == 0 || all[0][0] > 0 {
		if len(all) > 0 {
			before = text[:all[0][0]]
		}
		if strings.TrimSpace(before) != "" {
			out["(output of helm)"] = before
		}
	}
	for i, m := range all {
		end := len(text)
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		name := text[m[2]:m[3]]
		if _, inChart, ok := strings.Cut(name, "/"); ok {
			name = inChart
		}
		if out[name] != "" {
			out[name] += "---\n"
		}
		out[name] += text[m[1]:end]
	}
	return out
}

// withVersions returns the files of the chart called name with other versions of the chart and
// of its unpacked sub-charts, so that a raised version does not appear in the output.
func withVersions(files map[string][]byte, name string, versions Versions) map[string][]byte {
	if len(versions) == 0 {
		return files
	}
	out := maps.Clone(files)
	for file, src := range files {
		if path.Base(file) != "Chart.yaml" {
			continue
		}
		version, ok := versions[path.Join(name, path.Dir(file))]
		v, err := chartutil.ReadValues(src)
		if !ok || err != nil || v["version"] == version {
			continue
		}
		v["version"] = version
		if text, err := json.Marshal(v); err == nil { // JSON is YAML
			out[file] = text
		}
	}
	return out
}

// mayReadOutside reports whether helm could read other documents than the chart: a schema
// can refer to them.
func mayReadOutside(c *Chart) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(c.Files)), func(name string) bool {
		return path.Base(name) == SchemaFile || archive.IsPacked(name)
	})
}

// renderOne renders a chart with the library and then, if there is one, with the
// program of the user. The library goes first: its limits of memory and of CPU time keep
// charts from the program that would exceed them, and so do schemas that refer to other
// documents.
func (x *verifier) renderOne(ctx context.Context, q *renderRequest) (*Rendered, error) {
	known, err := runRender(ctx, x.runner, q)
	p := x.options.Program
	if p == nil {
		return known, err
	}
	switch {
	case err != nil && (!render.IsJobError(err) || render.IsFatal(err) || render.IsBackstop(err) || mayReadOutside(q.Chart)):
		return nil, err
	case err != nil:
		known = nil
	case known.Library:
		return known, nil
	case len(known.Missing) > 0:
		return nil, &render.JobError{Text: missingError(known.Missing).Error()}
	case len(known.Schema.Unread) > 0:
		return nil, &render.JobError{Text: known.Schema.Unread[0] + ", which helm would read; it was not run"}
	}
	if p.readsReferences && hasPacked(q.Chart) {
		return nil, &render.JobError{Text: fmt.Sprintf("the chart has packed sub-charts, whose schemas could make helm %s read other documents; it was not run: use helm 3.%d or newer", p.Version, firstStrict)}
	}
	return p.render(ctx, q, known)
}

// hasPacked reports whether the chart has packed sub-charts.
func hasPacked(c *Chart) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(c.Files)), archive.IsPacked)
}
