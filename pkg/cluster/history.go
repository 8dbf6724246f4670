package cluster

import (
	"maps"
	"slices"
)

// A Point is the state of a migration at one time.
type Point struct {
	Time string `json:"time"` // RFC 3339
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
