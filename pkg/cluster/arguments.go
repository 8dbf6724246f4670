package cluster

import (
	"encoding/json"
	"hash/maphash"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// An argumentKey identifies arguments that objects of one owner have in common.
type argumentKey struct {
	owner types.UID
	text  uint64 // a hash of argumentText
	state State
}

// addArguments adds the images in commands, arguments and variables of a workload that a
// rule moves: operators start pods with them. The general reader finds them. Images that
// the arguments of its owner have too are those of the owner: a pod adds what an injected
// container has, or an earlier version of the owner.
func (l *lister) addArguments(known *knownObject, w workload, r podspec.Resource) {
	l.text = argumentText(l.text[:0], w.spec)
	if !l.report.rules.MayMatch(l.text) {
		return
	}
	known.arguments = maphash.Bytes(l.seed, l.text)
	var owner *knownObject
	if known.owner != nil {
		owner = l.owners[known.owner.UID]
		if owner != nil && owner.arguments == known.arguments {
			known.argumentRefs = owner.argumentRefs
			return
		}
		key := argumentKey{known.owner.UID, known.arguments, w.state}
		if refs, ok := l.arguments[key]; ok {
			known.argumentRefs = refs
			return
		}
		defer func() { l.arguments[key] = known.argumentRefs }()
	}
	images, err := l.o.Custom.ReadObject(objectWithSpec(known.object, w.spec, r))
	if err != nil {
		l.report.fail(Problem{l.Context, known.object.String(), "", err})
	}
	inSpec := map[string]bool{}
	for _, i := range w.specImages() {
		inSpec[i.field] = true
	}
	c := l.owners.follow(known)
	for _, m := range images {
		u := m.Uses[0]
		if m.New == "" || inSpec[u.Container] || isVolume(u.Field) {
			continue
		}
		known.addArgument(m.Ref)
		if owner != nil && owner.argumentRefs[m.Ref] {
			continue
		}
		use := Use{Context: l.Context, Object: known.object, Field: u.Field, State: w.state, IsLikely: u.IsLikely}
		c.addTo(&use)
		l.report.addImage(m, use)
	}
}

func (k *knownObject) addArgument(ref string) {
	if k.argumentRefs == nil {
		k.argumentRefs = map[string]bool{}
	}
	k.argumentRefs[ref] = true
}

// objectWithSpec returns an object with nothing but a pod spec, as JSON.
func objectWithSpec(o Object, spec *corev1.PodSpec, r podspec.Resource) []byte {
	var value any = spec
	steps := podspec.Steps(r.Path)
	for i := len(steps) - 1; i >= 0; i-- {
		value = map[string]any{steps[i]: value}
	}
	all := value.(map[string]any)
	all["apiVersion"], all["kind"] = o.APIVersion, o.Kind
	all["metadata"] = map[string]string{"name": o.Name, "namespace": o.Namespace}
	src, err := json.Marshal(all)
	if err != nil {
		panic(err) // a pod spec that was JSON or Protobuf
	}
	return src
}

// isVolume reports whether a field is the reference of an image volume.
func isVolume(field string) bool { return strings.HasSuffix(field, ".image.reference") }

// argumentText appends the texts of a pod spec that may hold images, besides the fields of
// images.
func argumentText(out []byte, spec *corev1.PodSpec) []byte {
	add := func(command, args []string, env []corev1.EnvVar) {
		for _, list := range [][]string{command, args} {
			for _, s := range list {
				out = append(append(out, s...), '\n')
			}
			out = append(out, 0)
		}
		for i := range env {
			out = append(append(out, env[i].Value...), '\n')
		}
		out = append(out, 0)
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
