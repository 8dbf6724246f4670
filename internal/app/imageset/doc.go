// Package imageset collects the references of a plan or an inventory, each pair
// of an old and a new name once, for commands that query registries.
package imageset
