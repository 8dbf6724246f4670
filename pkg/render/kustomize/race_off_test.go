//go:build !race

package kustomize

// outOfMemory is the reason when a child process has no memory.
const outOfMemory = "of memory"
