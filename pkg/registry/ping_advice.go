package registry

import (
	"cmp"
	"strings"
)

// advice returns what a fault at a host means, and what to do about it.
func (p *pingRun) advice(f Fault, host string) string {
	redirected := ""
	if host != p.o.Host {
		redirected = p.o.Host + " redirects its clients to " + host + ". "
	}
	switch f {
	case FaultDNS:
		return redirected + "The DNS servers of this machine do not resolve the name. Ask their administrator, or set a proxy in HTTPS_PROXY."
	case FaultProxyRefused:
		return redirected + "Ask the administrator of the proxy to allow CONNECT " + host + ":443, or add the host to NO_PROXY if it needs no proxy."
	case FaultProxyUnreachable:
		return "The proxy in HTTPS_PROXY does not exist, or a firewall blocks it."
	case FaultConnection, FaultTimeout:
		if !strings.Contains(host, ":") {
			host += ", port 443"
		}
		return redirected + "A firewall rejects or drops the connection, or the host is down. Allow " + host + ", or set a proxy in HTTPS_PROXY."
	case FaultUnknownAuthority:
		return redirected + "A program between this machine and the registry intercepts TLS, often a company proxy, or the registry uses its own certificate authority. Save the certificate of that authority to a file, set SSL_CERT_FILE to the file, and add the authority to the container runtime of the nodes too."
	case FaultCertificate, FaultTLS:
		if !strings.Contains(host, ":") {
			host += ":443"
		}
		return redirected + "Something else responds in place of the registry, or the clock of this machine is wrong. Check the output of `openssl s_client -connect " + host + "`."
	case FaultAuth:
		return redirected + "Log in with docker login " + host + ", or ask for permission to pull."
	case FaultMissing:
		return redirected + "The registry responds, but does not have " + cmp.Or(p.o.Image, "it") + ". Name an existing image with --image."
	case FaultBusy:
		return redirected + "The registry is busy or has an internal error. Try again later. Registries limit the pulls from one address; credentials or a mirror raise or avoid the limit."
	}
	return redirected + "Try again. If the error persists, check proxies and firewalls first."
}

// A FirewallHost is a host that a firewall must allow.
type FirewallHost struct{ Host, Why string }

// FirewallHosts returns the known hosts that a registry redirects its clients to.
// The Kubernetes project says that those of registry.k8s.io may change at any
// time.
// Source: https://github.com/kubernetes/registry.k8s.io, request-handling.md
// and buckets.go in cmd/archeio, as of 2025.
func FirewallHosts(host string) []FirewallHost {
	switch host {
	case "registry.k8s.io":
		return []FirewallHost{
			{"registry.k8s.io", "first host of every request"},
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
