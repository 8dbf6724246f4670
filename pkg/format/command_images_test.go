package format

import (
	"slices"
	"testing"
)

// TestImagesOfCommand checks the images without a registry in commands. An image that
// the command says to be one has a * before it.
func TestImagesOfCommand(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"kubectl set image", "kubectl -n x set image deploy/web web=acme/web:1 log=acme/log", []string{"*acme/web:1", "*acme/log"}},
		{"kubectl set, another field", "kubectl set env deploy/web IMAGE=acme/web:1", nil},
		{"kubectl run", "kubectl run web --image=nginx --restart=Never -- tool acme/x:1", []string{"*nginx"}},
		{"kubectl run, two words", "kubectl run web --image acme/web:1", []string{"*acme/web:1"}},
		{"kubectl create", "kubectl create deployment web --image=acme/web:1", []string{"*acme/web:1"}},
		{"kubectl get", "kubectl get deploy/web", nil},
		{"docker pull", "docker pull acme/web:1", []string{"acme/web:1"}},
		{"docker image pull", "sudo docker image pull --platform linux/amd64 acme/web:1", []string{"acme/web:1"}},
		{"docker run, flags with values", "docker run --rm -it -v /a:/b -e A=b --name web --network=host acme/web:1 sh acme/x:1", []string{"acme/web:1"}},
		{"docker run, a flag at the end", "docker run --name", nil},
		{"docker run, a variable first", "docker run ${ORG}/web:1", nil},
		{"docker run, a variable in the tag", "podman run acme/web:${TAG}", []string{"acme/web:${TAG}"}},
		{"docker run, a registry", "docker run quay.io/acme/web:1", nil},
		{"docker push and tag", "docker push acme/web:1 && docker tag acme/web:1 acme/web:2", nil},
		{"flag in one word", "tool --sidecar-image=acme/web:1", []string{"acme/web:1"}},
		{"flag in two words", "tool --image acme/web:1 --name acme/x:1", []string{"acme/web:1"}},
		{"flag in quotes", `tool --image "acme/web:1"`, []string{"acme/web:1"}},
		{"flag with a picture", "tool --image acme/web.png", nil},
		{"flag of another kind", "tool --image-pull-policy acme/web:1 --imagedir a/b", nil},
		{"the target of a copy", "az acr import --source quay.io/acme/web:1 --image acme/web:1", nil},
		{"list", `["run", "--image", "acme/web:1"]`, []string{"acme/web:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, words := range commandsOf(c.text) {
				for _, x := range imagesOfCommand(wordTexts(words)) {
					text := words[x.word].text[x.start:]
					if x.isField {
						text = "*" + text
					}
					got = append(got, text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: expected %q, got %q", c.text, c.want, got)
			}
		})
	}
}
