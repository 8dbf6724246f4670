package inventory

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// Uses name the containers of pod specs, in every style and below every key.
func TestContainers(t *testing.T) {
	set, err := rules.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := New(Options{Rules: set})
	v.AddRendered([]RenderedText{{"a", []byte(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{"image": "quay.io/a:1", name: first}]
      containers:
      - {name: app, image: quay.io/b:1}
      - name: "log"
        image: 'quay.io/c:1'
        args: [--image=quay.io/d:1]
      - image: quay.io/e:1
---
kind: Widget
metadata: {name: w}
spec: {pods: [{containers: [{name: deep, image: quay.io/f:1}]}], image: quay.io/g:1}
`)}})
	var got []string
	for _, m := range v.Images() {
		got = append(got, m.Ref+" "+m.Uses[0].Container)
	}
	want := []string{`quay.io/a:1 init container "first"`, `quay.io/b:1 container "app"`, `quay.io/c:1 container "log"`, "quay.io/d:1 ", "quay.io/e:1 ", `quay.io/f:1 container "deep"`, "quay.io/g:1 "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
