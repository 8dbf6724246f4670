package inventory

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// isListed reports whether the occurrence o, whose reference is r, is listed; see
// AddFiles.
func (v *Inventory) isListed(o *format.Occurrence, r image.Ref) bool {
	last := o.Pieces[len(o.Pieces)-1]
	switch {
	case o.Kind != format.Image:
		return r.Domain != ""
	case last.Role == format.Registry, o.IsSelector && !o.LikelyImage:
		return false // a registry without a repository, a chart, a selector
	case strings.Contains(o.Place.Field, "kubectl.kubernetes.io/last-applied-configuration"):
		return false // a copy of the object
	case o.Unconfirmed, r.Domain == "":
		return account.ClassOf(o, v.opts.Rules) != account.Unknown
	case o.IsImage, o.LikelyImage:
		return true
	case sourceHosts[r.Domain]:
		return false
	}
	return r.Tag != "" || r.Digest != "" || v.servesImages(r.Domain) && (strings.Contains(r.Path, "/") || flatHosts[r.Domain])
}

// flatHosts are the hosts that serve images with a path of one component. On
// other hosts, such a path is the name of a user or organization.
var flatHosts = map[string]bool{"k8s.gcr.io": true, "registry.k8s.io": true}

// sourceHosts are hosts of source code. A path on these hosts is a module, a
// repository or a file, never an image.
var sourceHosts = map[string]bool{
	"github.com": true, "gitlab.com": true, "bitbucket.org": true, "golang.org": true, "gopkg.in": true, "go.uber.org": true,
	"k8s.io": true, "sigs.k8s.io": true, "google.golang.org": true, "codeberg.org": true, "raw.githubusercontent.com": true,
}

// imageHosts are public registries. imageSuffixes are the suffixes of the
// registry hosts that cloud providers create for their customers.
var (
	imageHosts = map[string]bool{
		"docker.io": true, "index.docker.io": true, "registry-1.docker.io": true, "gcr.io": true, "us.gcr.io": true, "eu.gcr.io": true, "asia.gcr.io": true,
		"k8s.gcr.io": true, "registry.k8s.io": true, "quay.io": true, "ghcr.io": true, "mcr.microsoft.com": true, "public.ecr.aws": true, "docker.elastic.co": true,
		"registry.gitlab.com": true, "registry.access.redhat.com": true, "registry.redhat.io": true, "nvcr.io": true, "cgr.dev": true, "dhi.io": true,
		"registry.istio.io": true, "docker.cloudsmith.io": true, "registry.opensource.zalan.do": true, "container-registry.oracle.com": true, "icr.io": true, "lscr.io": true,
	}
	imageSuffixes = []string{"-docker.pkg.dev", ".gcr.io", ".azurecr.io", ".icr.io", ".ocir.io", ".jfrog.io", ".cr.aws", ".scw.cloud"}
)

// servesImages reports whether host is a known registry or the host of a rule's
// from or to.
func (v *Inventory) servesImages(host string) bool {
	if imageHosts[host] || strings.HasPrefix(host, "registry.") || strings.Contains(host, ".dkr.ecr.") {
		return true
	}
	for _, s := range imageSuffixes {
		if strings.HasSuffix(host, s) {
			return true
		}
	}
	return v.ruleHosts[host]
}

// hostsOf returns the hosts of the prefixes of the rules.
func hostsOf(set *rules.Set) map[string]bool {
	out := map[string]bool{}
	for _, r := range set.Rules() {
		for _, prefix := range []string{r.From, r.To} {
			host, _, _ := strings.Cut(prefix, "/")
			out[host] = true
		}
	}
	return out
}
