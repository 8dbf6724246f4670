package main

import (
	"runtime/debug"
	"strings"
)

// version is what --version prints: the version, and the commit that it was
// built from. Both are what the go command notes in every program that it
// builds, whether by `go install`, in a checkout, or for a release.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf is the version that info tells. A version between two releases
// has its commit in it, and says itself when files were changed.
func versionOf(info *debug.BuildInfo) string {
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "development"
	}
	var commit, modified string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true" && !strings.HasSuffix(v, "+dirty"):
			modified = ", modified"
		}
	}
	if commit == "" || strings.Contains(v, commit) {
		return v
	}
	return v + " (" + commit + modified + ")"
}
