package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/strictyaml"
)

// newWebhookCommand returns `regmigrate webhook`, a group of subcommands. The parameter line
// holds the arguments that the user typed.
func newWebhookCommand(s session.Streams, line *[]string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "move the images of pods in a cluster by an admission webhook: the last resort",
		Long: `The subcommand serve is a mutating admission webhook for Kubernetes, manifests writes
the objects that install it, and rotate renews a self-signed certificate.

A webhook is the last resort. First change the manifests: regmigrate, regmigrate pr.
On Kubernetes 1.36 or newer use regmigrate policy map, on which no pod depends: the API
server evaluates it. Every new pod waits for a webhook. If it does not respond in time,
the pod starts with its old images.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			names := commandNames(cmd)
			return fmt.Errorf("webhook: unknown command %q; known are %s%s", args[0], strings.Join(names, ", "), strictyaml.DidYouMean(args[0], names))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return fmt.Errorf("webhook: expected %s\n  regmigrate webhook --help describes them", strings.Join(commandNames(cmd), " or "))
		},
	}
	setExits(cmd, "", "")
	cmd.AddCommand(newWebhookServeCommand(s), newWebhookManifestsCommand(s, line), newWebhookRotateCommand(s))
	return cmd
}

// newWebhookServeCommand returns `regmigrate webhook serve`.
func newWebhookServeCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	w := app.WebhookFlags{Version: version()}
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "serve the admission webhook",
		Long: `serve answers the admission reviews of Kubernetes on https://HOST/mutate. It moves the
images of pods when they are made, and of ephemeral containers when they are added, as
the rules do: containers, init containers, ephemeral containers, and image volumes.
Each move is a warning for the user, an annotation in the audit log, and a line in the
log. Mirror pods do not change. The decision depends on the pod only: serve queries no
registry and no cluster.

A webhook is the last resort: on Kubernetes 1.36 or newer use regmigrate policy map.

A new certificate is used when the content of its files changes, and with --watch-config
new rules when the configuration changes. Files that cannot be used are a line in the
log and a metric; the old content stays in use. /readyz fails while the certificate is
not valid.

After SIGTERM, /readyz fails, serve answers requests for the time of --drain, finishes
the requests that it has, and exits with 0. A second signal ends it at once. The log is
JSON on standard error.`,
		Example: `  regmigrate webhook serve --tls-cert tls.crt --tls-key tls.key
  regmigrate webhook serve --tls-cert tls.crt --tls-key tls.key --dry-run   # warn only
  regmigrate webhook serve --tls-cert tls.crt --tls-key tls.key --config rules.yaml --watch-config
  curl -s localhost:8080/metrics | grep regmigrate_webhook_images_moved_total`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("webhook serve: expected no argument, found %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.ServeWebhook(cmd.Context(), s, &f, &w)
		},
	}
	setExits(cmd, "", "the server failed, or requests did not end in time after a signal")
	x := cmd.Flags()
	x.SortFlags = false
	x.StringVar(&w.CertFile, "tls-cert", "", "certificate `file`, PEM, with the chain (required)")
	x.StringVar(&w.KeyFile, "tls-key", "", "key `file` of the certificate, PEM (required)")
	x.StringVar(&w.Listen, "listen", ":8443", "`address` of the webhook, with TLS; also /healthz and /readyz")
	x.StringVar(&w.Metrics, "metrics", ":8080", "`address` of /metrics, /healthz and /readyz, without TLS; "+app.NoMetrics+" serves none")
	x.BoolVarP(&w.DryRun, "dry-run", "n", false, "warn about images that would move, and change no pod")
	addRuleFlags(cmd, &f)
	if err := x.MarkHidden("scope"); err != nil {
		panic(err)
	}
	x.BoolVar(&w.WatchConfig, "watch-config", false, "use new rules when the configuration changes")
	x.DurationVar(&w.Drain, "drain", 5*time.Second, "`time` to answer requests after SIGTERM, so that the cluster stops sending them")
	return cmd
}
