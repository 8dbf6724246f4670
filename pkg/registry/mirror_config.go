package registry

import (
	"fmt"
	"slices"
	"strings"
)

// MirrorFormats are the valid formats of MirrorConfig.
var MirrorFormats = [...]string{"containerd", "k3s", "openshift"}

// SplitHost parses a reference as a container runtime does, and splits it into the
// host of the registry, docker.io for Docker Hub, and the rest. A missing tag
// becomes latest.
func SplitHost(reference string) (host, rest string, err error) {
	ref, err := parse(reference)
	if err != nil {
		return "", "", err
	}
	sep := ":"
	if strings.Contains(ref.Identifier(), ":") {
		sep = "@"
	}
	return displayName(ref.Context().Registry), ref.Context().RepositoryStr() + sep + ref.Identifier(), nil
}

// A Source is a registry that nodes pull from. Mirror is where a mirror has the
// images of From. Both are a host with or without a path.
type Source struct{ From, Mirror string }

// A ConfigFile is a configuration file. Its text starts with a comment that names
// its place on a node. Path is relative to the output folder.
type ConfigFile struct{ Path, Text string }

// MirrorConfig returns the configuration of nodes that pull the images of sources
// from a mirror. unsupported lists the sources that the format cannot express.
// Sources on the host of their mirror need no configuration and are skipped.
func MirrorConfig(format string, sources []Source) (files []ConfigFile, unsupported []string, err error) {
	if !slices.Contains(MirrorFormats[:], format) {
		return nil, nil, fmt.Errorf("%q: expected %s", format, strings.Join(MirrorFormats[:], ", "))
	}
	hosts := map[string][]Source{}
	var names []string
	for _, s := range sources {
		h := hostPart(s.From)
		if h == hostPart(s.Mirror) {
			continue
		}
		if hosts[h] == nil {
			names = append(names, h)
		}
		hosts[h] = append(hosts[h], s)
	}
	switch format {
	case "containerd":
		for _, h := range names {
			f, rest := containerdFiles(h, hosts[h])
			files, unsupported = append(files, f...), append(unsupported, rest...)
		}
	case "k3s":
		files = []ConfigFile{k3sRegistries(names, hosts)}
	case "openshift":
		files = []ConfigFile{openshiftFile(names, hosts)}
	}
	return files, unsupported, nil
}

func hostPart(s string) string { host, _, _ := strings.Cut(s, "/"); return host }

func pathPart(s string) string { _, path, _ := strings.Cut(s, "/"); return path }

// apiHost returns the host of a registry's API, which differs for Docker Hub.
func apiHost(host string) string {
	if host == "docker.io" {
		return "registry-1.docker.io"
	}
	return host
}

// containerdFiles returns the hosts.toml of a registry. containerd keeps the whole
// path of an image and can only add a path before it. Source:
// https://github.com/containerd/containerd/blob/main/docs/hosts.md
func containerdFiles(host string, sources []Source) (files []ConfigFile, unsupported []string) {
	var at []string
	for _, s := range sources {
		base, ok := s.Mirror, true
		if p := pathPart(s.From); p != "" {
			base, ok = strings.CutSuffix(s.Mirror, "/"+p)
		}
		switch {
		case !ok:
			unsupported = append(unsupported, s.From)
		case !slices.Contains(at, base):
			at = append(at, base)
		}
	}
	if len(at) == 0 {
		return nil, unsupported
	}
	var b strings.Builder
	name := host + "/hosts.toml"
	fmt.Fprintf(&b, "# /etc/containerd/certs.d/%s\nserver = \"https://%s\"\n", name, apiHost(host))
	for _, base := range at {
		path := pathPart(base)
		if path == "" {
			fmt.Fprintf(&b, "\n[host.\"https://%s\"]\n", base)
		} else {
			fmt.Fprintf(&b, "\n[host.\"https://%s/v2/%s\"]\n", hostPart(base), path)
		}
		b.WriteString("  capabilities = [\"pull\", \"resolve\"]\n")
		if path != "" {
			b.WriteString("  override_path = true\n")
		}
	}
	return []ConfigFile{{name, b.String()}}, unsupported
}

// k3sRegistries returns a registries.yaml. Source:
// https://docs.k3s.io/installation/private-registry
func k3sRegistries(names []string, hosts map[string][]Source) ConfigFile {
	var b strings.Builder
	b.WriteString("# /etc/rancher/k3s/registries.yaml\nmirrors:\n")
	for _, h := range names {
		fmt.Fprintf(&b, "  %q:\n    endpoint:\n", h)
		var ends []string
		rewrite := ""
		for _, s := range hosts[h] {
			if end := hostPart(s.Mirror); !slices.Contains(ends, end) {
				ends = append(ends, end)
			}
			from, to := "^(.*)$", "$1"
			if p := pathPart(s.From); p != "" {
				from = "^" + p + "/(.*)$"
			}
			if p := pathPart(s.Mirror); p != "" {
				to = p + "/$1"
			}
			if from != "^(.*)$" || to != "$1" {
				rewrite += fmt.Sprintf("      %q: %q\n", from, to)
			}
		}
		for _, end := range ends {
			fmt.Fprintf(&b, "    - %q\n", "https://"+end)
		}
		if rewrite != "" {
			b.WriteString("    rewrite:\n" + rewrite)
		}
	}
	return ConfigFile{"registries.yaml", b.String()}
}

// openshiftFile returns two objects: one for references by digest, and one for
// references by tag. Source: config/v1 of https://github.com/openshift/api
func openshiftFile(names []string, hosts map[string][]Source) ConfigFile {
	var b strings.Builder
	b.WriteString("# oc apply -f mirrors.yaml\n")
	for i, kind := range []string{"Digest", "Tag"} {
		if i > 0 {
			b.WriteString("---\n")
		}
		fmt.Fprintf(&b, "apiVersion: config.openshift.io/v1\nkind: Image%sMirrorSet\nmetadata:\n  name: regmigrate\nspec:\n  image%sMirrors:\n", kind, kind)
		for _, h := range names {
			for _, s := range hosts[h] {
				fmt.Fprintf(&b, "  - source: %s\n    mirrors:\n    - %s\n", s.From, s.Mirror)
			}
		}
	}
	return ConfigFile{"mirrors.yaml", b.String()}
}
