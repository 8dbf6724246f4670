package registry

import (
	"fmt"
	"slices"
	"strings"
)

// MirrorFormats are the formats of MirrorConfig.
var MirrorFormats = [...]string{"containerd", "k3s", "openshift"}

// Split reads a reference as a container runtime does: the registry's host,
// with docker.io for Docker Hub, and what comes after it, with the tag that is
// meant when there is none.
func Split(reference string) (host, rest string, err error) {
	ref, err := parse(reference)
	if err != nil {
		return "", "", err
	}
	sep := ":"
	if strings.Contains(ref.Identifier(), ":") {
		sep = "@"
	}
	return shown(ref.Context().Registry), ref.Context().RepositoryStr() + sep + ref.Identifier(), nil
}

// MirrorConfig writes the settings of nodes that pull what is below sources,
// hosts with or without a path, from the mirror at to instead.
func MirrorConfig(format, to string, sources []string) (string, error) {
	if !slices.Contains(MirrorFormats[:], format) {
		return "", fmt.Errorf("%q: expected %s", format, strings.Join(MirrorFormats[:], ", "))
	}
	host, path, _ := strings.Cut(to, "/")
	hosts := map[string][]string{} // with the paths that are mirrored; "" for all
	var names []string
	for _, s := range sources {
		h, p, _ := strings.Cut(s, "/")
		if h == host {
			continue
		}
		if hosts[h] == nil {
			names = append(names, h)
		}
		hosts[h] = append(hosts[h], p)
	}
	var b strings.Builder
	switch format {
	case "containerd":
		containerd(&b, host, path, names, hosts)
	case "k3s":
		k3s(&b, host, path, names, hosts)
	case "openshift":
		openshift(&b, host, to, sources)
	}
	return b.String(), nil
}

// server is where a registry answers: that of Docker Hub has another name.
func server(host string) string {
	if host == "docker.io" {
		return "registry-1.docker.io"
	}
	return host
}

// containerd writes a hosts.toml for each registry. Source:
// https://github.com/containerd/containerd/blob/main/docs/hosts.md
func containerd(b *strings.Builder, host, path string, names []string, hosts map[string][]string) {
	var parts []string
	for _, h := range names {
		if !slices.Contains(hosts[h], "") {
			for _, p := range hosts[h] {
				parts = append(parts, h+"/"+p)
			}
			continue
		}
		fmt.Fprintf(b, "# /etc/containerd/certs.d/%s/hosts.toml\n", h)
		fmt.Fprintf(b, "server = \"https://%s\"\n\n", server(h))
		if path == "" {
			fmt.Fprintf(b, "[host.\"https://%s\"]\n", host)
		} else {
			fmt.Fprintf(b, "[host.\"https://%s/v2/%s\"]\n", host, path)
		}
		b.WriteString("  capabilities = [\"pull\", \"resolve\"]\n")
		if path != "" {
			b.WriteString("  override_path = true\n")
		}
		b.WriteString("\n")
	}
	if len(parts) > 0 {
		b.WriteString("# containerd has no mirror of a part of a registry; the files have to move for:\n")
		for _, p := range parts {
			fmt.Fprintf(b, "#   %s\n", p)
		}
	}
}

// k3s writes a registries.yaml. Source:
// https://docs.k3s.io/installation/private-registry
func k3s(b *strings.Builder, host, path string, names []string, hosts map[string][]string) {
	b.WriteString("# /etc/rancher/k3s/registries.yaml\nmirrors:\n")
	for _, h := range names {
		fmt.Fprintf(b, "  %s:\n    endpoint:\n    - \"https://%s\"\n", h, host)
		if path == "" && slices.Equal(hosts[h], []string{""}) {
			continue
		}
		b.WriteString("    rewrite:\n")
		for _, below := range hosts[h] {
			from, to := "^(.*)$", "$1"
			if below != "" {
				from = "^" + below + "/(.*)$"
			}
			if path != "" {
				to = path + "/$1"
			}
			fmt.Fprintf(b, "      %q: %q\n", from, to)
		}
	}
}

// openshift writes the two sets: one for references by digest, one for those
// by tag. Source: https://docs.openshift.com/container-platform/latest/rest_api/config_apis/imagedigestmirrorset-config-openshift-io-v1.html
func openshift(b *strings.Builder, host, to string, sources []string) {
	for i, kind := range []string{"Digest", "Tag"} {
		if i > 0 {
			b.WriteString("---\n")
		}
		fmt.Fprintf(b, "apiVersion: config.openshift.io/v1\nkind: Image%sMirrorSet\nmetadata:\n  name: regmigrate\nspec:\n  image%sMirrors:\n", kind, kind)
		for _, s := range sources {
			if h, _, _ := strings.Cut(s, "/"); h == host {
				continue
			}
			fmt.Fprintf(b, "  - source: %s\n    mirrors:\n    - %s\n", s, to)
		}
	}
}
