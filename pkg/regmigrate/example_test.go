package regmigrate_test

import (
	"fmt"
	"log"

	"github.com/regmigrate/regmigrate/pkg/regmigrate"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

func ExampleRewrite() {
	preset, err := rules.Preset("k8s")
	if err != nil {
		log.Fatal(err)
	}
	set, err := rules.New(preset)
	if err != nil {
		log.Fatal(err)
	}
	src := []byte("# was k8s.gcr.io/pause:3.8\nimage: 'k8s.gcr.io/pause:3.9'  # pinned\n")
	result, err := regmigrate.Rewrite("deploy/pod.yaml", src, set)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", result.Content)
	for _, f := range result.Findings {
		if f.Moves() {
			fmt.Printf("%d:%d: %s moves to %s\n", f.Line, f.Column, f.Old, f.New)
		} else {
			fmt.Printf("%d:%d: %s does not move: %s\n", f.Line, f.Column, f.Old, f.Reason)
		}
	}
	// Output:
	// # was k8s.gcr.io/pause:3.8
	// image: 'registry.k8s.io/pause:3.9'  # pinned
	// 1:7: k8s.gcr.io/pause:3.8 does not move: comment
	// 2:9: k8s.gcr.io/pause:3.9 moves to registry.k8s.io/pause:3.9
}

// Rules of flags, of a preset, and both together.
func ExampleRewrite_rules() {
	rule, err := rules.ParseRuleFlag("docker.io=mirror.example/hub")
	if err != nil {
		log.Fatal(err)
	}
	rule.Keep = []string{"docker.io/acme"}
	set, err := rules.New([]rules.Rule{rule})
	if err != nil {
		log.Fatal(err)
	}
	src := []byte("FROM alpine:3.20 AS build\nFROM acme/base:1\nCOPY --from=build /a /a\n")
	result, err := regmigrate.Rewrite("Dockerfile", src, set)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", result.Content)
	// Output:
	// FROM mirror.example/hub/library/alpine:3.20 AS build
	// FROM acme/base:1
	// COPY --from=build /a /a
}
