// Package imageset collects the references of files, of an inventory or of
// standard input, each pair of an old and a new reference once, for commands that
// query registries.
package imageset
