// Package session contains the parts that all commands share: streams, the
// progress line, the configuration file, the baseline, clients of registries, and
// errors with an exit code.
package session
