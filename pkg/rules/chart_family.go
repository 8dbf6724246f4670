package rules

import (
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A ChartFamily describes charts of one publisher. For an image, their templates
// print the value of the key RegistryKey, and after a slash that of the key
// RepositoryKey of the same mapping. The value at the path GlobalRegistry, if it is
// not empty, comes in place of that of RegistryKey.
type ChartFamily struct {
	// Repositories are the URLs of the repositories that have the charts.
	Repositories []string

	RegistryKey, RepositoryKey string
	GlobalRegistry             string // a path of keys: global.imageRegistry
	Registry                   string // the default value of RegistryKey
	Source                     string // the URL of the template
}

var chartFamilyKeys = []string{"repositories", "registry", "repository", "global", "default", "source"}

// chartFamily reads an entry of charts.
func (s yamlReader) chartFamily(n *yaml.Node, keyPath string) (ChartFamily, error) {
	var f ChartFamily
	err := s.Mapping(n, keyPath, chartFamilyKeys, func(key, keyPath string, v *yaml.Node) (err error) {
		switch key {
		case "repositories":
			f.Repositories, err = s.TextList(v, keyPath, "https://charts.example.com")
		case "registry":
			f.RegistryKey, err = s.Text(v, keyPath, "registry")
		case "repository":
			f.RepositoryKey, err = s.Text(v, keyPath, "repository")
		case "global":
			f.GlobalRegistry, err = s.Text(v, keyPath, "global.imageRegistry")
		case "default":
			f.Registry, err = s.Text(v, keyPath, "docker.io")
		case "source":
			f.Source, err = s.Text(v, keyPath, "https://example.com/template")
		}
		return err
	})
	if err == nil && (len(f.Repositories) == 0 || slices.Contains([]string{f.RegistryKey, f.RepositoryKey, f.GlobalRegistry, f.Registry, f.Source}, "")) {
		err = s.Errorf(n, "%s: expected %s", keyPath, strings.Join(chartFamilyKeys, ", "))
	}
	return f, err
}

// chartFamilies returns the families of all presets.
var chartFamilies = sync.OnceValue(func() []ChartFamily {
	var out []ChartFamily
	for _, p := range Presets() {
		out = append(out, p.charts...)
	}
	return out
})

// ChartFamilyOf returns the family of the charts in the repository with a URL, which
// may continue with the name of a chart. It returns nil if no preset knows the
// repository. A URL without a scheme is that of a registry.
func ChartFamilyOf(url string) *ChartFamily {
	if url == "" {
		return nil
	}
	url = canonicalURL(url)
	for _, f := range chartFamilies() {
		for _, r := range f.Repositories {
			if rest, ok := strings.CutPrefix(url, canonicalURL(r)); ok && (rest == "" || rest[0] == '/') {
				return &f
			}
		}
	}
	return nil
}

// canonicalURL returns url with a scheme, with one name for each registry, and
// without a slash at its end.
func canonicalURL(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "oci", url
	}
	host, path, _ := strings.Cut(strings.TrimRight(rest, "/"), "/")
	host = strings.ToLower(host)
	if scheme == "oci" {
		host = image.CanonicalHost(host)
	}
	return scheme + "://" + host + "/" + path
}
