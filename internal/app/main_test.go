package app

import (
	"os"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestMain lets the test binary serve as the child process that renders charts.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, prove.Handlers()))
	}
	os.Exit(m.Run())
}
