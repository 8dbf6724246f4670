package main

import (
	"runtime/debug"
	"strings"
)

// version returns the version for --version, with the commit that the program
// was built from. The go command records both when it builds a program: with go
// install, in a checkout, or for a release.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf returns the version in info. A version between two releases contains
// its commit, and says itself whether files were modified.
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
