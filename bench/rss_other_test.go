//go:build !linux

package bench

import "os"

// maxRSS returns 0: each system needs its own code to measure it.
func maxRSS(*os.ProcessState) int64 { return 0 }
