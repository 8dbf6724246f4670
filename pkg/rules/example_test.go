package rules_test

import (
	"fmt"
	"log"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// The rules of a preset and a rule of a user apply together: what the preset moves to
// registry.k8s.io moves on to the mirror.
func Example() {
	all, err := rules.Preset("k8s")
	if err != nil {
		log.Fatal(err)
	}
	mirror, err := rules.ParseRuleFlag("registry.k8s.io=mirror.example/k8s")
	if err != nil {
		log.Fatal(err)
	}
	set, err := rules.New(append(all, mirror))
	if err != nil {
		log.Fatal(err)
	}
	for _, ref := range []string{"k8s.gcr.io/pause:3.9", "staging-k8s.gcr.io/pause:3.9"} {
		if m, ok := set.Match(ref, rules.Reference); ok {
			fmt.Printf("%s moves to %s\n", ref, m.New+ref[m.Len:])
		} else {
			fmt.Printf("no rule matches %s\n", ref)
		}
	}
	// Output:
	// k8s.gcr.io/pause:3.9 moves to mirror.example/k8s/pause:3.9
	// no rule matches staging-k8s.gcr.io/pause:3.9
}
