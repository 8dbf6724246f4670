package cluster

import (
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// isRevision reports whether the owner of an object holds the same pod spec, and has been
// read with it. Nodes and most custom resources hold none.
func (l *lister) isRevision(known *knownObject) bool {
	if known.owner == nil {
		return false
	}
	owner := l.owners[known.owner.UID]
	return owner != nil && owner.hasSpec
}

// addArguments adds the images in commands, arguments and variables of a workload that a
// rule moves: operators start pods with them. The general reader finds them.
func (l *lister) addArguments(known *knownObject, w workload, r podspec.Resource) {
	if !l.report.rules.MayMatch(argumentText(w.spec)) {
		return
	}
	var value any = w.spec
	steps := podspec.Steps(r.Path)
	for i := len(steps) - 1; i >= 0; i-- {
		value = map[string]any{steps[i]: value}
	}
	o := value.(map[string]any)
	o["apiVersion"], o["kind"] = known.object.APIVersion, known.object.Kind
	o["metadata"] = map[string]string{"name": known.object.Name, "namespace": known.object.Namespace}
	src, err := json.Marshal(o)
	if err != nil {
		panic(err) // a pod spec that was JSON or Protobuf
	}
	images, err := l.o.Custom.ReadObject(src)
	if err != nil {
		l.report.fail(Problem{l.Context, known.object.String(), "", err})
	}
	inSpec := map[string]bool{}
	for _, i := range w.specImages() {
		inSpec[i.field] = true
	}
	for _, m := range images {
		u := m.Uses[0]
		if m.New == "" || inSpec[containerName(src, u.Field)] || isVolume(u.Field) {
			continue
		}
		use := Use{Context: l.Context, Object: known.object, Field: u.Field, State: w.state, IsLikely: u.IsLikely}
		c := l.owners.follow(known)
		c.addTo(&use)
		l.report.addImage(m, use)
	}
}

// isVolume reports whether a field is the reference of an image volume.
func isVolume(field string) bool { return strings.HasSuffix(field, ".image.reference") }

// argumentText returns the texts of a pod spec that may hold images, besides the fields of
// images.
func argumentText(spec *corev1.PodSpec) []byte {
	var out []byte
	add := func(command, args []string, env []corev1.EnvVar) {
		for _, list := range [][]string{command, args} {
			for _, s := range list {
				out = append(append(out, s...), '\n')
			}
		}
		for i := range env {
			out = append(append(out, env[i].Value...), '\n')
		}
	}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			add(list[i].Command, list[i].Args, list[i].Env)
		}
	}
	for i := range spec.EphemeralContainers {
		c := &spec.EphemeralContainers[i]
		add(c.Command, c.Args, c.Env)
	}
	return out
}
