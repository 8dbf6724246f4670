// Copyright The Helm Authors.
// Licensed under the Apache License, Version 2.0: see THIRD_PARTY_LICENSES.
// Copied from helm.sh/helm/v3 v3.22.0, pkg/chartutil, with the changes that doc.go lists.

package chartutil

import (
	"runtime"
	"slices"
	"strconv"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/util/version"
)

// Capabilities are what templates get as .Capabilities.
type Capabilities struct {
	KubeVersion KubeVersion
	APIVersions VersionSet
	HelmVersion BuildInfo
}

// DefaultCapabilities returns the capabilities of Helm without a cluster.
func DefaultCapabilities() *Capabilities {
	return &Capabilities{
		KubeVersion: KubeVersion{"v1.20.0", "1", "20"},
		APIVersions: slices.Clone(defaultVersions),
		HelmVersion: BuildInfo{Version: "v3.22", GoVersion: runtime.Version()},
	}
}

// A BuildInfo is a version of Helm.
type BuildInfo struct {
	Version      string `json:"version,omitempty"`
	GitCommit    string `json:"git_commit,omitempty"`
	GitTreeState string `json:"git_tree_state,omitempty"`
	GoVersion    string `json:"go_version,omitempty"`
}

// A KubeVersion is a version of Kubernetes.
type KubeVersion struct {
	Version string // such as v1.31.0
	Major   string
	Minor   string
}

// String returns the version.
func (kv *KubeVersion) String() string { return kv.Version }

// GitVersion returns the version. Templates of older charts call it.
func (kv *KubeVersion) GitVersion() string { return kv.Version }

// ParseKubeVersion reads a version such as 1.31 or v1.31.0.
func ParseKubeVersion(text string) (*KubeVersion, error) {
	sv, err := version.ParseGeneric(text)
	if err != nil {
		return nil, err
	}
	return &KubeVersion{
		Version: "v" + sv.String(),
		Major:   strconv.FormatUint(uint64(sv.Major()), 10),
		Minor:   strconv.FormatUint(uint64(sv.Minor()), 10),
	}, nil
}

// IsCompatibleRange reports whether a version meets a constraint.
func IsCompatibleRange(constraint, ver string) bool {
	sv, err := semver.NewVersion(ver)
	if err != nil {
		return false
	}
	c, err := semver.NewConstraint(constraint)
	if err != nil {
		return false
	}
	return c.Check(sv)
}

// A VersionSet is a list of API versions, such as apps/v1.
type VersionSet []string

// Has reports whether the list has an API version.
func (v VersionSet) Has(apiVersion string) bool { return slices.Contains(v, apiVersion) }
