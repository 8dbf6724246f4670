package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/webhook"
)

// newWebhookManifestsCommand returns `regmigrate webhook manifests`.
func newWebhookManifestsCommand(s session.Streams, line *[]string) *cobra.Command {
	var f session.Flags
	var m app.ManifestFlags
	cmd := &cobra.Command{
		Use:   "manifests --image IMAGE --cert METHOD [flags]",
		Short: "write the manifests that install the admission webhook",
		Long: `manifests writes the objects that install the webhook in a cluster (Kubernetes 1.30 or
newer) to standard output, or to a folder for kubectl apply -k. The same command writes
the same bytes. The rules are in a ConfigMap.

A webhook is the last resort: on Kubernetes 1.36 or newer use regmigrate policy map.

Two replicas run with a PodDisruptionBudget, anti-affinity, a NetworkPolicy and the
restricted security profile; they have no access to the API server. failurePolicy is
Ignore and timeoutSeconds is 2: if no replica responds, pods start with their old images.
kube-system and the namespace of the webhook are excepted. Conditions in CEL keep other
pods from the webhook: those in which no image begins as one that moves.

METHOD says where the certificate comes from. cert-manager: cert-manager makes and renews
it. files: you make the Secret NAME-tls, with the keys tls.crt and tls.key; --ca-file has
the authority that signed it. self-signed: a CronJob that runs regmigrate webhook rotate
makes and renews it; it may change the Secret and the webhook configuration.

regmigrate policy --update makes the files again when the rules change.`,
		Example: `  regmigrate webhook manifests --image ghcr.io/regmigrate/regmigrate:1.2.3 --cert cert-manager -o deploy/webhook
  kubectl apply -k deploy/webhook
  regmigrate webhook manifests --image registry.example.com/regmigrate:1.2.3 --cert files --ca-file ca.crt > webhook.yaml
  regmigrate webhook manifests --image ghcr.io/regmigrate/regmigrate:1.2.3 --cert cert-manager --dry-run --except-owner postgresql.cnpg.io/Cluster`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("webhook manifests: expected no argument, found %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			f.Args = *line
			if err := checkManifests(&m); err != nil {
				return err
			}
			return app.WebhookManifests(s, &f, &m)
		},
	}
	setExits(cmd, "--check: a file would change", "a file or standard output could not be written")
	addManifestFlags(cmd, &f, &m)
	return cmd
}

func checkManifests(m *app.ManifestFlags) error {
	switch {
	case m.Image == "":
		return errors.New("webhook manifests: expected --image\n  for example: --image ghcr.io/regmigrate/regmigrate:1.2.3")
	case m.Cert == "":
		return fmt.Errorf("webhook manifests: expected --cert %s", strings.Join(webhook.Certs, "|"))
	case m.Output == "" && (m.Check || m.Force):
		return errors.New("webhook manifests: --check and --force: expected with --output")
	}
	return nil
}

func addManifestFlags(cmd *cobra.Command, f *session.Flags, m *app.ManifestFlags) {
	x := cmd.Flags()
	x.SortFlags = false
	x.StringVar(&m.Image, "image", "", "the `image` of regmigrate that runs the webhook (required)")
	x.StringVar(&m.Cert, "cert", "", "`method` by which the webhook gets its certificate: "+strings.Join(webhook.Certs, ", ")+" (required)")
	x.StringVar(&m.CAFile, "ca-file", "", "with --cert files: PEM `file` with the authority of the certificate, for the webhook configuration (default: the authorities of the API server's system)")
	x.StringVar(&m.Namespace, "namespace", "regmigrate", "`name` of the namespace, which the manifests contain: for the webhook alone")
	x.StringVar(&m.Name, "name", "regmigrate-webhook", "`name` of the objects")
	addRuleFlags(cmd, f)
	if err := x.MarkHidden("scope"); err != nil {
		panic(err)
	}
	x.StringArrayVar(&m.ExceptNamespaces, "except-namespace", nil, "do not change pods in the namespace `name`, in addition to kube-system and the webhook's own (repeatable)")
	x.StringArrayVar(&m.ExceptOwners, "except-owner", nil, "do not change pods that an owner of this `GROUP/KIND` controls (repeatable)")
	x.BoolVarP(&m.DryRun, "dry-run", "n", false, "the webhook warns about images that would move, and changes no pod")
	x.StringVarP(&m.Output, "output", "o", "", "write a kustomization to this `folder` instead of standard output")
	x.BoolVar(&m.Check, "check", false, "with --output: write no file; exit 1 if a file would change")
	x.BoolVar(&m.Force, "force", false, "with --output: also replace files that were edited by hand")
	complete(cmd, "cert", webhook.Certs)
}

// parseManifests reads the arguments of the command webhook manifests, with its name. They
// come from the header of a file.
func parseManifests(args []string) (*session.Flags, *app.ManifestFlags, error) {
	var f session.Flags
	var m app.ManifestFlags
	cmd := &cobra.Command{}
	addManifestFlags(cmd, &f, &m)
	err := cmd.ParseFlags(args[2:])
	if err == nil {
		err = checkManifests(&m)
	}
	if err == nil && cmd.Flags().NArg() > 0 {
		err = fmt.Errorf("expected no argument, found %q", cmd.Flags().Arg(0))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the command in the header: %w", err)
	}
	return &f, &m, nil
}
