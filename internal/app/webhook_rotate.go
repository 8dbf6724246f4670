package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/webhook"
)

// RotateFlags are the flags of the command webhook rotate.
type RotateFlags struct {
	Name, Namespace string
	Kubeconfig      string
	Version         string
}

// RotateWebhook runs the command webhook rotate: the steps of a rotation that are due.
func RotateWebhook(ctx context.Context, s session.Streams, r *RotateFlags) error {
	names, err := webhook.ServiceNames(r.Name, r.Namespace)
	if err != nil {
		return err
	}
	store := webhook.ClusterStore{Namespace: r.Namespace, Name: r.Name}
	if err := store.Connect(r.Kubeconfig, r.Version); err != nil {
		return fmt.Errorf("webhook rotate: %w\n  run it in a pod of the cluster, or name a kubeconfig with --kubeconfig", err)
	}
	rotation := webhook.Rotation{Store: &store, Names: names, Now: time.Now()}
	notes, err := rotation.Run(ctx)
	for _, note := range notes {
		if _, err := fmt.Fprintln(s.Out, report.EscapeText(note)); err != nil {
			return session.Failed(fmt.Errorf("writing to standard output: %w", err))
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return session.Failed(errors.New("interrupted; the next run continues"))
	case err != nil:
		return session.Failed(fmt.Errorf("webhook rotate: %w\n  the next run continues", err))
	case len(notes) == 0:
		fmt.Fprintln(s.Out, "nothing to do")
	}
	return nil
}
