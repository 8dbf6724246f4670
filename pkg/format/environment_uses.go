package format

import (
	"bytes"
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/envfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// composeVariables is how Compose files and environment files use variables.
// Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
var composeVariables = variableSyntax{{"${", "}"}, {"$", ""}}

// scriptVariables is how scripts and Makefiles use variables.
var scriptVariables = variableSyntax{{"${", "}"}, {"$(", ")"}, {"$", ""}}

// IsEnvironment reports whether the file at name is an environment file, which Compose
// files may use.
func IsEnvironment(name string) bool { return dialectOf(name) == envfile.Dotenv }

// addEnvironmentUses adds the images that Compose files in the folder of an environment file
// get from its variables. Compose reads .env there, or the file that its flag --env-file names.
func (d *detector) addEnvironmentUses(root *syntax.Node) {
	if !IsEnvironment(d.in.Path) {
		return
	}
	dir := path.Dir(d.in.Path)
	folder := d.in.Files.folder(dir)
	if folder.tooMany {
		d.keepEnvironment(root)
		return
	}
	files := folder.files
	v := d.newResolver(composeVariables)
	for _, name := range files {
		if IsCompose(name) {
			v.composeUses(name, d.in.Files.read(name), path.Base(d.in.Path))
		}
	}
	if len(v.uses) == 0 {
		return
	}
	v.each(&frame{node: root}, 0, func(f *frame) {
		v.declare(&declaredVariable{names: []string{f.key}, at: f})
		v.use(&variableUse{text: f.node.Value, at: f, place: f.field()})
	})
	v.scripts = func() {
		for _, name := range files {
			v.scriptUses(name, d.in.Files)
		}
	}
	v.resolve()
	d.replaceVariables([]*variableResolver{v})
}

// keepEnvironment adds the values of an environment file as conflicts, because what uses them
// is not read.
func (d *detector) keepEnvironment(root *syntax.Node) {
	v := d.newResolver(composeVariables)
	v.each(&frame{node: root}, 0, func(f *frame) {
		x := &declaredVariable{names: []string{f.key}, at: f}
		value := v.textOf(x)
		if text := value.text(); strings.ContainsAny(text, "/:@") && isReference(text) {
			v.addConflict(x, "the folder has too many environment and Compose files to see what uses this value: change it by hand")
		}
	})
	d.replaceVariables([]*variableResolver{v})
}

// composeUses records how the Compose file at name uses variables. env is the name of the
// environment file.
func (v *variableResolver) composeUses(name string, src []byte, env string) {
	file, err := syntax.ParseYAML(src, nil)
	if err != nil {
		return
	}
	d := newDetector(Input{Path: name, Src: src})
	for _, doc := range file.Docs {
		if doc.Root == nil {
			continue
		}
		walk := &variableResolver{d: d}
		walk.each(&frame{node: doc.Root}, 0, func(f *frame) {
			place := f.field() + " of " + path.Base(name)
			if k := f.effectiveKey(); (k == "env_file" || k == "path" && strings.Contains(f.field(), ".env_file")) && path.Base(f.node.Value) == env {
				v.given = place
			}
			u := &variableUse{text: f.node.Value, at: f, place: place, isForeign: true, kind: kindAt(d, f)}
			if f.item && f.up.key == "environment" && !strings.Contains(u.text, "=") {
				u.text = "$" + u.text // it has the value of the same name
			}
			v.use(u)
		})
	}
}

// scriptUses records how a file that is no Compose file uses variables.
func (v *variableResolver) scriptUses(name string, files *OtherFiles) {
	switch path.Ext(name) {
	case ".md", ".txt", ".rst", ".adoc", ".html":
		return
	}
	if IsCompose(name) || IsEnvironment(name) || IsDockerfile(name) {
		return
	}
	if src := files.read(name); len(src) <= maxMappingText && bytes.IndexByte(src, 0) < 0 {
		v.useIn(&variableUse{text: string(src), place: path.Base(name), isForeign: true}, scriptVariables)
	}
}
