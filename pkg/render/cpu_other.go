//go:build !unix && !windows

package render

import "time"

// cpuTime returns 0: the limit of time replaces that of CPU time.
func cpuTime() time.Duration { return 0 }
