package app

import (
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/registry"
)

// The progress line contains sums once all manifests have been read, and the
// remaining time once bytes have been sent for more than 3 seconds.
func TestMirrorProgress(t *testing.T) {
	at := time.Unix(0, 0)
	line := mirrorProgress(3, func() time.Time { return at })
	for _, c := range []struct {
		after time.Duration
		p     registry.Progress
		want  string
	}{
		{0, registry.Progress{Planned: 2}, "2 of 3 references checked"},
		{time.Hour, registry.Progress{Planned: 3, TotalBlobs: 4, TotalBytes: 8 << 20}, "0 of 3 references, 0 bytes of 8 MiB, 0 of 4 blobs"},
		// 2 MiB were present and 2 MiB were sent in 10 s: 4 MiB need 20 s.
		{10 * time.Second, registry.Progress{Planned: 3, Images: 1, Blobs: 2, TotalBlobs: 4, Bytes: 4 << 20, SentBytes: 2 << 20, TotalBytes: 8 << 20}, "1 of 3 references, 4 MiB of 8 MiB, 2 of 4 blobs, about 20 s left"},
		{590 * time.Second, registry.Progress{Planned: 3, Images: 1, Blobs: 2, TotalBlobs: 4, Bytes: 4 << 20, SentBytes: 2 << 20, TotalBytes: 8 << 20}, "1 of 3 references, 4 MiB of 8 MiB, 2 of 4 blobs, about 20 min left"},
	} {
		at = at.Add(c.after)
		if got := line(c.p); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.p, got, c.want)
		}
	}
	// No bytes to send.
	if got, want := mirrorProgress(1, time.Now)(registry.Progress{Planned: 1, Images: 1}), "1 of 1 reference, 0 bytes of 0 bytes, 0 of 0 blobs"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
