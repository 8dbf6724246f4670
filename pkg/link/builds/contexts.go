package builds

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// isContextConfig reports whether the file at name may give names to the contexts of builds.
// Sources: https://docs.docker.com/reference/compose-file/build/#additional_contexts,
// https://github.com/docker/build-push-action#inputs,
// https://docs.docker.com/build/bake/contexts/,
// https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
func isContextConfig(name string) bool {
	base := path.Base(name)
	switch path.Ext(base) {
	case ".yaml", ".yml":
		stem := strings.TrimSuffix(base, path.Ext(base))
		dir := path.Dir(name)
		return strings.HasPrefix(stem, "compose") || strings.HasPrefix(stem, "docker-compose") || stem == "Taskfile" ||
			dir == ".github/workflows" || strings.HasSuffix(dir, "/.github/workflows")
	case ".hcl", ".json":
		return strings.Contains(base, "bake")
	case ".sh", ".bash", ".mk":
		return true
	}
	switch base {
	case "Makefile", "makefile", "GNUmakefile", "GNUMakefile", "justfile":
		return true
	}
	return false
}

var (
	contextFlag = regexp.MustCompile(`--build-context[= \t]+["']?([A-Za-z0-9][\w./:-]*)=`)
	contextKey  = regexp.MustCompile(`(?m)^([ \t]*)(?:- )?["']?(?:additional_contexts|build-contexts|contexts)["']?[ \t]*[:=](.*)$`)
	contextName = regexp.MustCompile(`^[\s{,-]*["']?([A-Za-z0-9][\w./:-]*?)["']?[ \t]*[=:][ \t]*["']?[\w.$/]`)
)

// contextNames returns the names that src, a file for which isContextConfig is true, gives to
// contexts of builds: alpine in additional_contexts: {alpine: docker-image://alpine:3}.
func contextNames(src string) []string {
	var names []string
	for _, m := range contextFlag.FindAllStringSubmatch(src, -1) {
		names = append(names, m[1])
	}
	for _, m := range contextKey.FindAllStringSubmatchIndex(src, -1) {
		indent, rest := m[3]-m[2], src[m[4]:m[5]]
		lines := strings.Split(rest, ",")
		for at := m[5] + 1; at < len(src) && !strings.Contains(rest, "}"); {
			line, _, _ := strings.Cut(src[at:], "\n")
			at += len(line) + 1
			text := strings.TrimLeft(line, " \t")
			isItem := strings.HasPrefix(text, "- ") && len(line)-len(text) == indent
			if text != "" && len(line)-len(text) <= indent && !isItem {
				break
			}
			lines = append(lines, strings.Split(line, ",")...)
		}
		for _, line := range lines {
			if x := contextName.FindStringSubmatch(line); x != nil {
				names = append(names, x[1])
			}
		}
	}
	return names
}

// linkContexts keeps the names in Dockerfiles that builds replace by other contexts: nothing
// pulls them. The Dockerfiles are in the folder of the file that names the contexts or
// below, and anywhere for a workflow.
func linkContexts(t *link.Tree, move link.MoveFunc) []link.Group {
	dockerfiles := map[string][]format.Occurrence{} // the names that may be contexts, by path
	for _, f := range t.FilesUnder(".") {
		if !format.IsDockerfile(f.Path) {
			continue
		}
		for _, o := range f.Scanned.Occurrences {
			if r, err := image.Parse(o.Text()); err == nil && r.Domain == "" && o.Keep == "" && move.Moves(&o) {
				dockerfiles[f.Path] = append(dockerfiles[f.Path], o)
			}
		}
	}
	if len(dockerfiles) == 0 {
		return nil
	}
	var groups []link.Group
	seen := map[link.PieceID]bool{}
	for _, config := range t.Names {
		if !isContextConfig(config) {
			continue
		}
		src := t.ReadFile(config)
		isContext := map[string]bool{}
		for _, x := range contextNames(string(src)) {
			isContext[familiarName(x)] = true
		}
		if len(isContext) == 0 {
			continue
		}
		for _, f := range filesOf(t, strings.Replace(config, ".github/workflows/", "", 1), src) {
			for _, o := range dockerfiles[f.Path] {
				id := link.IDOf(&o.Pieces[0])
				if !seen[id] && isContext[familiarName(o.Text())] {
					seen[id] = true
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{o}, Keep: format.Built, Why: config + " gives a context of the build this name"})
				}
			}
		}
	}
	return groups
}

// familiarName returns a name as builds compare it with the names of contexts.
// Source: https://docs.docker.com/reference/cli/docker/buildx/build/#build-context
func familiarName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, ":latest"))
	return strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
}
