package helm_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// The program that calls Verify is its own child process: its main function runs
// render.Child if the first argument is render.ChildCommand.
func ExampleVerify() {
	set, err := rules.New([]rules.Rule{{From: "k8s.gcr.io", To: "registry.k8s.io"}})
	if err != nil {
		log.Fatal(err)
	}
	chart := func(image string) fstest.MapFS {
		return fstest.MapFS{
			"web/Chart.yaml":         {Data: []byte("{apiVersion: v2, name: web, version: 1.0.0}")},
			"web/values.yaml":        {Data: []byte("image: " + image)},
			"web/templates/pod.yaml": {Data: []byte("{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: '{{ .Values.image }}'}]}}")},
		}
	}
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	runner := &render.Runner{Self: []string{self, render.ChildCommand}}
	defer runner.Close()
	options := helm.Options{Rewrite: render.ByRules(set)}
	for _, after := range []string{"registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.10"} {
		verdicts, err := helm.Verify(context.Background(), runner, chart("k8s.gcr.io/pause:3.9"), chart(after), options)
		if err != nil {
			log.Fatal(err)
		}
		for _, v := range verdicts {
			fmt.Println(v.Dir, v.State)
		}
	}
	// Output:
	// web proven
	// web FAILED
}
