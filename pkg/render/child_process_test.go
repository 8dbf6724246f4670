package render

import "testing"

func TestOutOfMemory(t *testing.T) {
	for _, tt := range []struct {
		stderr string
		want   bool
	}{
		{"fatal error: runtime: out of memory\n", true},
		{"runtime/cgo: pthread_create failed: Resource temporarily unavailable\n", true},
		{"SIGSEGV: segmentation violation\nPC=0x43c3bd m=3 sigcode=1 addr=0x0\n", true},
		{"SIGSEGV: segmentation violation\nPC=0x43c3bd m=3 sigcode=1 addr=0x7f0010\n", false},
		{"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x43c3bd]\n", false},
		{"", false},
	} {
		if got := outOfMemoryRE.MatchString(tt.stderr); got != tt.want {
			t.Errorf("%q: expected %v, got %v", tt.stderr, tt.want, got)
		}
	}
}
