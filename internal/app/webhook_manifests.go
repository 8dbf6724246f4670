package app

import (
	"fmt"
	"path"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/webhook"
)

// ManifestFlags are the flags of the command webhook manifests.
type ManifestFlags struct {
	Name, Namespace  string
	Image            string
	Cert             string
	CAFile           string
	DryRun           bool
	ExceptNamespaces []string
	ExceptOwners     []string

	Output string // the folder to write, or "" for standard output
	Check  bool   // write no file
	Force  bool   // replace files that were edited
}

// maxCA is the maximum number of bytes of the file of --ca-file.
const maxCA = 1 << 20

// WebhookManifests runs the command webhook manifests: it writes the objects to standard
// output, or to a folder.
func WebhookManifests(s session.Streams, f *session.Flags, m *ManifestFlags) error {
	o, err := m.options()
	if err != nil {
		return err
	}
	if o.Rules, o.Config, o.Command, err = headerOfCommand(f); err != nil {
		return err
	}
	if m.Output != "" {
		parts, err := webhook.Manifests(o)
		if err != nil {
			return fmt.Errorf("webhook manifests: %w", err)
		}
		return writePolicyFolder(s, &PolicyFlags{Check: m.Check, Force: m.Force}, policyFolder{"--output", m.Output}, parts)
	}
	text, err := webhook.Stream(o)
	if err != nil {
		return fmt.Errorf("webhook manifests: %w", err)
	}
	return writeAll(s, text)
}

// options validates the flags that do not depend on the rules.
func (m *ManifestFlags) options() (webhook.ManifestOptions, error) {
	o := webhook.ManifestOptions{Name: m.Name, Namespace: m.Namespace, Image: m.Image, Cert: m.Cert, DryRun: m.DryRun, ExceptNamespaces: m.ExceptNamespaces}
	for _, text := range m.ExceptOwners {
		k, err := policy.ParseKind(text)
		if err != nil {
			return o, fmt.Errorf("--except-owner %w", err)
		}
		o.ExceptOwners = append(o.ExceptOwners, k)
	}
	if m.CAFile == "" {
		return o, nil
	}
	var err error
	if o.CA, err = repofile.ReadFile(m.CAFile, maxCA); err != nil {
		return o, fmt.Errorf("--ca-file: reading %q: %w", m.CAFile, repofile.WithoutPath(err))
	}
	if len(o.CA) == 0 {
		return o, fmt.Errorf("--ca-file %q: the file is empty", m.CAFile)
	}
	return o, nil
}

// updatedManifests returns a part of the manifests of a webhook, made again
// with the command in its header.
func updatedManifests(set *session.Session, f *session.Flags, p *PolicyFlags, at headerOf) ([]byte, error) {
	_, m, err := p.ParseManifests(at.args)
	if err != nil {
		return nil, err
	}
	if m.CAFile != "" && !filepath.IsLocal(m.CAFile) {
		return nil, fmt.Errorf("--ca-file %q of the command is not in the repository", m.CAFile)
	}
	o, err := m.options()
	if err != nil {
		return nil, err
	}
	if o.Rules, o.Config, err = set.PolicyRules(f, at.args, at.rel, at.OwnPolicy); err != nil {
		return nil, err
	}
	o.Command = at.Command
	if m.Output == "" {
		return webhook.Stream(o)
	}
	parts, err := webhook.Manifests(o)
	if err != nil {
		return nil, err
	}
	return partOfPolicy(parts, path.Base(at.rel))
}
