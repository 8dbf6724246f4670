package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// eachItem calls add for each object of a list in JSON, which it reads one by one. An object
// for which add fails is a Problem, and the list goes on: to read the page again does not
// mend the object.
func (l *lister) eachItem(ctx context.Context, q listRequest, k podspec.Resource, add func(podspec.Resource, []byte) error) error {
	seen, isFirst := map[types.UID]bool{}, true
	return l.eachPage(ctx, q, func(ctx context.Context, r *rest.Request) (string, error) {
		body, err := r.Stream(ctx)
		if err != nil {
			return "", err
		}
		defer body.Close()
		n := 0
		meta, err := readList(body, func(item json.RawMessage) error {
			var o struct {
				Metadata struct {
					UID             types.UID
					Name, Namespace string
				}
			}
			if json.Unmarshal(item, &o) == nil && o.Metadata.UID != "" {
				if seen[o.Metadata.UID] {
					return nil
				}
				seen[o.Metadata.UID] = true
			}
			n++
			l.hasObjects[o.Metadata.Namespace] = true
			if err := add(k, item); err != nil {
				name := Object{k.Group + "/" + k.Version, k.Kind, o.Metadata.Namespace, o.Metadata.Name}.String()
				l.report.fail(Problem{l.Context, name, "", fmt.Errorf("reading the object: %w", err)})
			}
			return nil
		})
		l.answered = true
		l.progress(n, 0)
		if err == nil && isFirst && q.isWatched && meta.ResourceVersion != "" {
			l.report.watched = append(l.report.watched, watchedList{l.Client, q.path, meta.ResourceVersion})
		}
		isFirst = false
		return meta.Continue, err
	}, l.resumed(k.Resource+"."+k.Group))
}

// errNotList is the error of a response that is not a list.
var errNotList = errors.New("the response is not a list of objects")

// readList calls add for each item of a list in JSON, and returns the metadata of the
// list.
func readList(r io.Reader, add func(json.RawMessage) error) (meta metav1.ListMeta, err error) {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return meta, errors.Join(errNotList, err)
	}
	hasItems := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return meta, err
		}
		switch key {
		case "items":
			hasItems = true
			if err := readItems(d, add); err != nil {
				return meta, err
			}
		case "metadata":
			if err := d.Decode(&meta); err != nil {
				return meta, err
			}
		default:
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return meta, err
			}
		}
	}
	if _, err = d.Token(); err == nil && !hasItems {
		err = errNotList
	}
	return meta, err
}

func readItems(d *json.Decoder, add func(json.RawMessage) error) error {
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil: // null
		return nil
	case t != json.Delim('['):
		return errNotList
	}
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		if err := add(item); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}
