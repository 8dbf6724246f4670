package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// A watchedList is a list of a report, with the state of the cluster that it has.
type watchedList struct {
	client        *Client
	path, version string // of the API, and of the first page
}

// WaitForChange returns when an object of the report may have changed: one of a list was
// added, changed or deleted, or the server dropped the state of the list (410). It watches
// the lists of workloads, pods and custom resources that were made with Options.Watch. An
// error says that a list cannot be watched: then only another list shows a change.
func (r *Report) WaitForChange(ctx context.Context) error {
	if len(r.watched) == 0 {
		return errors.New("no list can be watched")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(r.watched))
	for _, w := range r.watched {
		go func() { ended <- w.wait(ctx) }()
	}
	err := <-ended
	cancel()
	for range len(r.watched) - 1 {
		<-ended
	}
	return err
}

// wait returns when an object of the list may have changed. A watch that the server ends
// goes on from the last state that the server named.
func (w watchedList) wait(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		before := w.version
		changed, err := w.read(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case changed, err == nil && attempt == maxAttempts:
			return nil
		case err != nil && (!isTransient(err) || errors.Is(err, errNotWatch) || attempt == maxAttempts):
			return fmt.Errorf("%s: %w", w.path, err)
		}
		if w.version != before {
			attempt = 0 // the server had something to say
			continue
		}
		w.client.wait(ctx, attempt)
	}
}

// errNotWatch is the error of a response that is not a stream of events.
var errNotWatch = errors.New("the response is not a watch")

// read reads the events of a watch until an object changes, or until the watch ends.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
func (w *watchedList) read(ctx context.Context) (changed bool, err error) {
	body, err := w.client.rest.Get().AbsPath(w.path).
		Param("watch", "1").Param("resourceVersion", w.version).Param("allowWatchBookmarks", "true").
		SetHeader("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json").Stream(ctx)
	if isExpired(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer body.Close()
	d := json.NewDecoder(body)
	for d.More() {
		var event struct {
			Type   string
			Object struct {
				Metadata struct{ ResourceVersion string }
			}
		}
		if err := d.Decode(&event); err != nil {
			return false, nil // the connection was cut
		}
		switch event.Type {
		case "ADDED", "MODIFIED", "DELETED", "ERROR":
			return true, nil
		case "BOOKMARK":
			w.version = event.Object.Metadata.ResourceVersion
		default:
			return false, errNotWatch
		}
	}
	return false, nil
}
