//go:build !linux

package render

// limitData does nothing: only Linux has a limit on mapped memory that leaves
// out the address space that Go reserves in advance.
func limitData(uint64) {}
