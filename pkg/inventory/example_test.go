package inventory_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

func ExampleInventory_AddFiles() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM k8s.gcr.io/pause:3.9\nCOPY --from=alpine:3.20 /a /a\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	preset, err := rules.Preset("k8s")
	if err != nil {
		log.Fatal(err)
	}
	set, err := rules.New(preset)
	if err != nil {
		log.Fatal(err)
	}
	list := inventory.New(inventory.Options{Rules: set, Walk: walk.Options{Root: dir, Paths: []string{dir}}})
	if err := list.AddFiles(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, image := range list.Images() {
		fmt.Printf("%s in %s, new name %q\n", image.Ref, image.Registry, image.New)
	}
	// Output:
	// alpine:3.20 in docker.io, new name ""
	// k8s.gcr.io/pause:3.9 in k8s.gcr.io, new name "registry.k8s.io/pause:3.9"
}
