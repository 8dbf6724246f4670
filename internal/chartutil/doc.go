// Package chartutil holds the part of Helm's package chartutil that renders charts: how
// values, dependencies and capabilities become the values that templates get.
//
// It is a copy, because Helm's package registers the types of all APIs of Kubernetes when a
// program starts, which every command would pay for: docs/performance.md has the figures.
// Its tests compare it with Helm's package.
//
// Changes: functions that regmigrate does not use are left out, long functions are divided,
// and the default capabilities are a function, with the API versions in a list. The
// package keeps its name, and [Values], [Capabilities] and [VersionSet] their methods:
// templates call them, and print the names of their types.
package chartutil
