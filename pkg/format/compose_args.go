package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/dockerfile"
	"github.com/regmigrate/regmigrate/internal/syntax"
)

// addBuildArgs adds the images that the Dockerfiles of services get from the arguments of
// their builds.
// Source: https://github.com/compose-spec/compose-spec/blob/main/build.md#args
func (d *detector) addBuildArgs() {
	if d.in.Files == nil || !IsCompose(d.in.Path) && d.in.As != ComposeName {
		return
	}
	for _, root := range d.roots {
		services := root.Field("services")
		if services == nil || services.Kind != syntax.Mapping {
			continue
		}
		top := (&frame{node: root}).below(services).withKey("services")
		built := map[string]bool{}
		for name := range BuiltImages(ComposeServices(root)) {
			built[defaultName(name)] = true
		}
		for i := 0; i+1 < len(services.Children); i += 2 {
			d.serviceArgs(top.below(services.Children[i+1].Resolve()).withKey(services.Children[i].Value), built)
		}
	}
}

// serviceArgs adds the images from the arguments of the build of the service at f. built are
// the images that services of the file build.
func (d *detector) serviceArgs(f *frame, built map[string]bool) {
	build := f.node.MergedField("build")
	args := build.MergedField("args")
	if build == nil || build.Kind != syntax.Mapping || args == nil {
		return
	}
	v := d.newResolver(composeVariables)
	for _, use := range dockerfileUses(d.in.Files.read(dockerfileOf(path.Dir(d.in.Path), build))) {
		v.use(use)
	}
	if len(v.uses) == 0 {
		return
	}
	at := f.below(build).withKey("build")
	v.each(at.below(args).withKey("args"), 0, func(g *frame) {
		x := &declaredVariable{names: []string{g.key}, at: g}
		if g.item {
			name, _, ok := strings.Cut(g.node.Value, "=")
			if !ok {
				return
			}
			x.names, x.from = []string{name}, len(name)+1
		}
		v.declare(x)
	})
	v.keep = func(o *variableImage) {
		if built[defaultName(o.Text())] {
			o.Keep, o.Note = Built, "a service of this file builds the image"
		}
	}
	v.resolve()
}

// dockerfileOf returns the path of the Dockerfile of build, in a Compose file in the folder
// dir. It is "" if it is not known.
func dockerfileOf(dir string, build *syntax.Node) string {
	text := func(key, value string) string {
		if n := build.MergedField(key); n != nil {
			value = n.Value
		}
		if strings.ContainsAny(value, "$:\\") || path.IsAbs(value) {
			return ""
		}
		return value
	}
	context, file := text("context", "."), text("dockerfile", "Dockerfile")
	if context == "" || file == "" || build.MergedField("dockerfile_inline") != nil {
		return ""
	}
	return path.Join(dir, context, file)
}

// dockerfileUses returns the uses of variables in the Dockerfile src. In a FROM, a variable
// that has only a default is replaced by it.
func dockerfileUses(src []byte) (out []*variableUse) {
	file, err := dockerfile.Parse(src)
	if err != nil || len(src) == 0 {
		return nil
	}
	stages, started := map[string]bool{}, false
	for i := range file.Instructions {
		in := &file.Instructions[i]
		if in.Cmd != "from" {
			if in.Cmd != "arg" || started {
				out = append(out, &variableUse{text: in.Text, place: strings.ToUpper(in.Cmd) + " of the Dockerfile", isForeign: true})
			}
			continue
		}
		started = true
		if word, ok := in.Image(); ok {
			out = append(out, &variableUse{text: in.Text[word.Start:word.End], place: "FROM of the Dockerfile", isForeign: true, kind: func(text string) fieldKind {
				if isNoImage(text, stages) {
					return unknownField
				}
				return imageField
			}})
		}
		if in.Stage != "" {
			stages[strings.ToLower(in.Stage)] = true
		}
	}
	return out
}
