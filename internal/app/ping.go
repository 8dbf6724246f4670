package app

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// Ping runs the command registry ping.
func Ping(ctx context.Context, w io.Writer, o registry.PingOptions) error {
	p := registry.Ping(ctx, o)
	for _, step := range p.Steps {
		word := "ok    "
		if step.Failed {
			word = "FAILED"
		}
		fmt.Fprintf(w, "%s  %-8s  %s\n", word, step.Name, step.Result)
		if step.Failed {
			for _, line := range wrap(step.Advice, 70) {
				fmt.Fprintf(w, "        %s\n", line)
			}
		}
	}
	if o.Image == "" && p.OK() {
		fmt.Fprintln(w, "no image was pulled; to pull one, use --image NAME:TAG")
	}
	if len(p.Hosts) > 0 {
		fmt.Fprintf(w, "hosts contacted: %s\n", strings.Join(p.Hosts, ", "))
	}
	if allowed := registry.FirewallHosts(o.Host); len(allowed) > 0 {
		fmt.Fprintln(w, "a firewall must allow these hosts, port 443:")
		for _, a := range allowed {
			fmt.Fprintf(w, "    %s\n        %s\n", a.Host, a.Why)
		}
		if o.Host == "registry.k8s.io" {
			fmt.Fprintln(w, "these hosts may change at any time; to depend on fixed hosts only, use regmigrate registry mirror")
		}
	}
	if !p.OK() {
		return session.Left(nil)
	}
	return nil
}

// wrap breaks a text into lines of at most columns bytes.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > columns {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
