package policy

import (
	"bytes"
	"strings"
)

// A File is a file of a folder. Name has no folder.
type File struct {
	Name string
	Text []byte
}

type kustomization struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Resources  []string `yaml:"resources"`
}

// Kustomization returns the policy for the engine called name as a kustomization and a
// file for each object. Its errors are those of [Write]. Only files that depend on the
// rules have the digest of the rules.
func Kustomization(name string, o Options) ([]File, error) {
	out, err := makeOutput(name, &o)
	if err != nil {
		return nil, err
	}
	files := []File{{Name: "kustomization.yaml"}}
	k := kustomization{"kustomize.config.k8s.io/v1beta1", "Kustomization", nil}
	for i, x := range out.objects {
		part := output{objects: []object{x}}
		digest := ""
		if i == 0 {
			part.notes, digest = out.notes, o.Rules.Table().Digest()
		}
		body, err := part.body()
		if err != nil {
			return nil, err
		}
		file := strings.ToLower(x.Kind) + ".yaml"
		k.Resources = append(k.Resources, file)
		files = append(files, File{file, withHeader(&o, digest, body)})
	}
	var b bytes.Buffer
	b.WriteString("---\n")
	if err := encodeYAML(&b, k); err != nil {
		return nil, err
	}
	files[0].Text = withHeader(&o, "", b.Bytes())
	return files, nil
}
