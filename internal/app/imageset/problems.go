package imageset

import (
	"bufio"
	"slices"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// PrintProblems says on standard error what of an inventory could not be read.
func PrintProblems(s session.Streams, v *inventory.Inventory) error {
	problems := bufio.NewWriter(s.Err)
	report.WriteInventoryProblems(problems, v)
	return problems.Flush()
}

func NewInventory(set *session.Session, bar *session.Progress) *inventory.Inventory {
	o := &set.Rewrite
	return inventory.New(inventory.Options{Rules: o.Rules, Walk: o.Walk, Fields: o.Fields, Scopes: o.Scopes, Progress: bar.FilesScanned})
}

// HasFailures reports whether something that may hold a reference could not be
// read.
func HasFailures(v *inventory.Inventory) bool {
	return len(v.Failures) > 0 || slices.ContainsFunc(v.Skipped, func(s walk.Skip) bool { return s.Reason == walk.Unreadable })
}
