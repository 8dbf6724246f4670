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
		var all []*variableResolver
		top := (&frame{node: root}).below(services).withKey("services")
		built := map[string]bool{}
		for name := range BuiltImages(ComposeServices(root)) {
			built[defaultName(name)] = true
		}
		for i := 0; i+1 < len(services.Children); i += 2 {
			if v := d.serviceArgs(top.below(services.Children[i+1].Resolve()).withKey(services.Children[i].Value), built); v != nil {
				v.resolve()
				all = append(all, v)
			}
		}
		d.replaceVariables(all)
	}
}

// serviceArgs returns what finds the images from the arguments of the build of the service
// at f, nil if there are none. built are the images that services of the file build.
func (d *detector) serviceArgs(f *frame, built map[string]bool) *variableResolver {
	build := f.node.MergedField("build")
	args := build.MergedField("args")
	if build == nil || build.Kind != syntax.Mapping || args == nil {
		return nil
	}
	uses := d.in.Files.dockerfileUses(dockerfileOf(path.Dir(d.in.Path), build))
	if len(uses) == 0 {
		return nil
	}
	v := d.newResolver(composeVariables)
	isUsed := map[*variableUse]bool{}
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
		for _, use := range uses[x.names[0]] {
			if !isUsed[use] {
				isUsed[use] = true
				own := *use // another service may have another argument
				v.use(&own)
			}
		}
	})
	if len(v.uses) == 0 {
		return nil
	}
	v.keep = func(o *variableImage) {
		if built[defaultName(o.Text())] {
			o.Keep, o.Note = Built, "a service of this file builds the image"
		}
	}
	return v
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

// maxDockerfileUses bounds the uses of one variable in a Dockerfile.
const maxDockerfileUses = 64

// dockerfileUses returns the uses of variables in the Dockerfile at name, by the names of
// the variables. It reads each Dockerfile once.
func (o *OtherFiles) dockerfileUses(name string) map[string][]*variableUse {
	if o == nil || name == "" {
		return nil
	}
	if known, ok := o.dockerfiles.Load(name); ok {
		return known.(map[string][]*variableUse)
	}
	out := map[string][]*variableUse{}
	for _, u := range dockerfileUses(o.read(name)) {
		for _, r := range composeVariables.refs(u.text) {
			for _, name := range r.names {
				all := out[name]
				switch n := len(all); {
				case n > 0 && all[n-1] == u:
				case n < maxDockerfileUses:
					out[name] = append(all, u)
				case n == maxDockerfileUses: // one that needs the value as it is
					out[name] = append(all, &variableUse{text: "x$" + name, place: "one of very many lines of the Dockerfile", isForeign: true})
				}
			}
		}
	}
	o.dockerfiles.Store(name, out)
	return out
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
