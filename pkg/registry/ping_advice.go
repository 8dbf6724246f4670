package registry

import (
	"cmp"
	"strings"
)

// advice says what a fault means and what to do about it.
func (p *pingRun) advice(f Fault, host string) string {
	redirected := ""
	if host != p.o.Host {
		redirected = p.o.Host + " sends its clients on to " + host + ". "
	}
	switch f {
	case FaultDNS:
		return redirected + "The name servers of this machine do not know the name. Ask whoever runs them, or name a proxy in HTTPS_PROXY."
	case FaultProxyRefused:
		return redirected + "Whoever runs the proxy has to allow CONNECT " + host + ":443; a host that needs no proxy goes into NO_PROXY."
	case FaultProxyUnreachable:
		return "HTTPS_PROXY names a proxy that is not there, or that a firewall keeps away."
	case FaultConnection, FaultTimeout:
		if !strings.Contains(host, ":") {
			host += ", port 443"
		}
		return redirected + "A firewall on the way refuses or drops it, or the host is down. Allow " + host + ", or name a proxy in HTTPS_PROXY."
	case FaultUnknownAuthority:
		return redirected + "Something on the way opens TLS, often a proxy of the company, or the registry has an authority of its own. Put that authority into a file, name that in SSL_CERT_FILE, and give it to the container runtime of the nodes too."
	case FaultCertificate, FaultTLS:
		if !strings.Contains(host, ":") {
			host += ":443"
		}
		return redirected + "Something else answers in its place, or the clock of this machine is wrong. Look at what `openssl s_client -connect " + host + "` shows."
	case FaultAuth:
		return redirected + "Log in with docker login " + host + ", or ask for the right to pull."
	case FaultMissing:
		return redirected + "The registry answers, but does not have " + cmp.Or(p.o.Image, "it") + "; name an image that it has with --image."
	case FaultBusy:
		return redirected + "It is busy or broken. Try again later; many pulls from one address are limited, and credentials or a mirror help."
	}
	return redirected + "Try again; if it stays, a proxy or firewall on the way is the first thing to look at."
}

// An FirewallHost is a host that a firewall has to let through.
type FirewallHost struct{ Host, Why string }

// FirewallHosts are the hosts that a registry is known to send its clients to.
// Those of registry.k8s.io may change at any time, which its makers say.
// Source: https://github.com/kubernetes/registry.k8s.io, request-handling.md
// and buckets.go in cmd/archeio, as of 2025.
func FirewallHosts(host string) []FirewallHost {
	switch host {
	case "registry.k8s.io":
		return []FirewallHost{
			{"registry.k8s.io", "every request begins here"},
			{"*-docker.pkg.dev", "manifests, and blobs for clients outside of AWS: us-west1-docker.pkg.dev, europe-west1-docker.pkg.dev, …"},
			{"prod-registry-k8s-io-REGION.s3.dualstack.REGION.amazonaws.com", "blobs for clients in AWS, from the nearest region"},
			{"767373bbdcb8270361b96548387bf2a9ad0d48758c35-eu-west-2.s3.dualstack.eu-west-2.amazonaws.com", "the same in eu-west-2"},
			{"storage.googleapis.com", "blobs of Google's registries"},
		}
	case "docker.io":
		return []FirewallHost{
			{"registry-1.docker.io", "manifests"},
			{"auth.docker.io", "tokens"},
			{"production.cloudflare.docker.com", "blobs"},
		}
	}
	return nil
}
