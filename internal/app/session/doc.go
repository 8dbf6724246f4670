// Package session holds what all commands share: streams, the line of progress,
// the configuration file, the baseline, connections to registries, and errors
// that carry an exit code.
package session
