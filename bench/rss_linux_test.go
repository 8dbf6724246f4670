package bench

import (
	"os"
	"syscall"
)

// maxRSS returns the maximum resident set size of an exited process in bytes. Linux
// reports it in KiB. Source: getrusage(2).
func maxRSS(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return int64(u.Maxrss) << 10
	}
	return 0
}
