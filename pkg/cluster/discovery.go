package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// A customKind is a kind that is not part of Kubernetes.
type customKind struct {
	podspec.Resource
	namespaced bool
}

// kinds are the kinds that the server says it has.
type kinds struct {
	custom []customKind // the preferred version of each, sorted by group and resource
}

// A discovery is the response of the server about its kinds.
// Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
type discovery struct {
	Kind  string
	Items []struct {
		Metadata struct{ Name string }
		Versions []struct {
			Version   string
			Freshness string
			Resources []struct {
				Resource     string
				ResponseKind struct{ Kind string }
				Scope        string
				Verbs        []string
			}
		}
	}
	Groups []metav1.APIGroup // of a server without aggregated discovery
}

const acceptDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// customKinds returns the kinds that are not part of Kubernetes and that can be listed.
func (l *lister) customKinds(ctx context.Context) ([]customKind, error) {
	if l.kinds != nil {
		return l.kinds.custom, nil
	}
	var d discovery
	err := l.getJSON(ctx, "/apis", acceptDiscovery, func(r io.Reader) error {
		d = discovery{}
		if err := json.NewDecoder(r).Decode(&d); err != nil {
			return err
		}
		return expectKind(d.Kind, "APIGroupDiscoveryList", "APIGroupList")
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.report.fail(Problem{l.Context, "", "", fmt.Errorf("reading the kinds of the server: %w", err)})
		l.kinds = &kinds{}
		return nil, nil
	}
	out := &kinds{}
	for _, g := range d.Items {
		if !isCustomGroup(g.Metadata.Name) {
			continue
		}
		done := map[string]bool{}
		for _, v := range g.Versions { // the preferred one first
			if v.Freshness == "Stale" {
				l.report.fail(Problem{l.Context, g.Metadata.Name + "/" + v.Version, "", errors.New("the server that has this group does not answer")})
			}
			for _, r := range v.Resources {
				if slices.Contains(r.Verbs, "list") && !done[r.Resource] {
					done[r.Resource] = true
					out.add(g.Metadata.Name, v.Version, r.Resource, r.ResponseKind.Kind, r.Scope == "Namespaced")
				}
			}
		}
	}
	for _, g := range d.Groups {
		if isCustomGroup(g.Name) {
			if err := l.addGroup(ctx, out, &g); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out.custom, func(a, b customKind) int {
		return strings.Compare(a.Group+" "+a.Resource.Resource, b.Group+" "+b.Resource.Resource)
	})
	l.kinds = out
	return out.custom, nil
}

// expectKind returns an error for a response that has none of the kinds: {} decodes as a
// server without kinds.
func expectKind(kind string, want ...string) error {
	if slices.Contains(want, kind) {
		return nil
	}
	return fmt.Errorf("the response has the kind %q, expected %s", kind, strings.Join(want, " or "))
}

func (k *kinds) add(group, version, resource, kind string, namespaced bool) {
	k.custom = append(k.custom, customKind{podspec.Resource{Group: group, Version: version, Resource: resource, Kind: kind}, namespaced})
}

// addGroup adds the kinds of a group, from a server without aggregated discovery.
func (l *lister) addGroup(ctx context.Context, out *kinds, g *metav1.APIGroup) error {
	done := map[string]bool{}
	versions := append([]metav1.GroupVersionForDiscovery{g.PreferredVersion}, g.Versions...)
	for _, v := range versions {
		var list metav1.APIResourceList
		err := l.getJSON(ctx, "/apis/"+v.GroupVersion, "", func(r io.Reader) error {
			list = metav1.APIResourceList{}
			if err := json.NewDecoder(r).Decode(&list); err != nil {
				return err
			}
			return expectKind(list.Kind, "APIResourceList")
		})
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			l.report.fail(Problem{l.Context, v.GroupVersion, "", err})
			continue
		}
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "list") && !strings.Contains(r.Name, "/") && !done[r.Name] {
				done[r.Name] = true
				out.add(g.Name, v.Version, r.Name, r.Kind, r.Namespaced)
			}
		}
	}
	return nil
}
