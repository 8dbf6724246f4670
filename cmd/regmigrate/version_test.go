package main

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct {
		name, version, revision, modified string
		want                              string
	}{
		{"release, built in a checkout", "v1.2.3", commit, "false", "v1.2.3 (0123456789ab)"},
		{"release with changed files", "v1.2.3+dirty", commit, "true", "v1.2.3+dirty (0123456789ab)"},
		{"release, by go install", "v1.2.3", "", "", "v1.2.3"},
		{"commit after a release", "v1.2.4-0.20260102030405-0123456789ab", commit, "false", "v1.2.4-0.20260102030405-0123456789ab"},
		{"go run", "(devel)", "", "", "development"},
		{"go build without versions of modules", "(devel)", commit, "true", "development (0123456789ab, modified)"},
		{"test", "", "", "", "development"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info := &debug.BuildInfo{Main: debug.Module{Version: tt.version}}
			if tt.revision != "" {
				info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: tt.revision}, {Key: "vcs.modified", Value: tt.modified}}
			}
			if got := versionOf(info); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
