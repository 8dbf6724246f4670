//go:build race

package kustomize

// outOfMemory is the reason when a child process with the race detector has no memory: it
// has no standard error that could say so, and the detector ends it with this code.
const outOfMemory = "of memory|exit status 66"
