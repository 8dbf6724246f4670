package cluster

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

const (
	maxRelease = 64 << 20 // the size of a decompressed release at most, in bytes
	maxHooks   = 4 << 20  // the size of all hooks of a release at most, in bytes
)

// listReleases adds the images of the hooks of Helm releases, which are no objects until
// they run. Helm stores a release in a secret.
// Source: https://github.com/helm/helm/blob/v3.22.0/pkg/storage/driver/util.go
func (l *lister) listReleases(ctx context.Context) error {
	secrets := podspec.Resource{Version: "v1", Resource: "secrets", Kind: "Secret"}
	return l.eachNamespace(ctx, secrets, func(namespace string) error {
		// Secrets are up to 1 MiB each.
		q := listRequest{path: apiPath("", "v1", "secrets", namespace), selector: "owner=helm,status=deployed", fields: "type=helm.sh/release.v1", size: 20}
		return l.eachPage(ctx, q, func(ctx context.Context, r *rest.Request) (string, error) {
			var list corev1.SecretList
			if err := r.Do(ctx).Into(&list); err != nil {
				return "", err
			}
			if list.ResourceVersion == "" {
				return "", errNotList
			}
			for i := range list.Items {
				s := &list.Items[i]
				l.hasObjects[s.Namespace] = true
				if err := l.addRelease(s); err != nil {
					l.report.fail(Problem{l.Context, "Secret " + s.Namespace + "/" + s.Name, "", fmt.Errorf("reading the Helm release: %w", err)})
				}
			}
			l.progress(len(list.Items), 0)
			return list.Continue, nil
		}, l.resumed("secrets"))
	})
}

// A release is a release of Helm, as far as a report needs it.
type release struct {
	Name      string
	Namespace string
	Hooks     []struct {
		Path     string
		Manifest string
	}
}

// addRelease adds the images of the hooks of a release.
func (l *lister) addRelease(s *corev1.Secret) error {
	r, err := decodeRelease(s.Data["release"])
	if err != nil {
		return err
	}
	size := 0
	for _, h := range r.Hooks {
		if size += len(h.Manifest); size > maxHooks {
			return fmt.Errorf("the hook %s: the hooks of the release are larger than %d MiB", h.Path, maxHooks>>20)
		}
		src, err := yaml.YAMLToJSON([]byte(h.Manifest))
		if err != nil {
			return fmt.Errorf("the hook %s: %w", h.Path, err)
		}
		images, err := l.o.Custom.ReadObject(src)
		if err != nil {
			return fmt.Errorf("the hook %s: %w", h.Path, err)
		}
		var o customObject
		_ = json.Unmarshal(src, &o) // what has another type is empty
		object := Object{o.APIVersion, o.Kind, r.Namespace, o.Metadata.Name}
		for _, m := range images {
			use := Use{Context: l.Context, Owner: object, Object: object, Field: fieldOf(&m), State: Hook, IsLikely: m.Uses[0].IsLikely,
				Managers: []Manager{{HelmRelease, r.Namespace + "/" + r.Name}}}
			l.report.addImage(m, use)
		}
	}
	return nil
}

// decodeRelease reads a release: Base64 of JSON that may be packed by gzip.
func decodeRelease(data []byte) (*release, error) {
	text, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b, 0x08}) {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if text, err = io.ReadAll(io.LimitReader(z, maxRelease+1)); err != nil {
			return nil, err
		}
		if len(text) > maxRelease {
			return nil, fmt.Errorf("larger than %d MiB", maxRelease>>20)
		}
	}
	var r release
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	if strings.TrimSpace(r.Name) == "" {
		return nil, errors.New("the release has no name")
	}
	return &r, nil
}
