package cluster

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// Options select what is listed. The zero value lists pods and workloads of all
// namespaces.
type Options struct {
	Namespaces []string // empty: all
	CRDs       bool     // also all custom resources
	Nodes      bool     // also the images that nodes hold
	Helm       bool     // also the hooks of Helm releases; reads their secrets
	Labels     []string // labels of owners that Use.Labels has
	Watch      bool     // Report.WaitForChange will be called

	// Custom reads custom resources; required.
	Custom *inventory.Inventory

	// Progress, if not nil, is called after each page.
	Progress func(objects, pods int)
}

// A lister lists one cluster.
type lister struct {
	*Client
	o       Options
	report  *Report
	owners  owners
	pending []pendingUse // of workloads: their owners may be read later
	kinds   *kinds       // nil before the first use
	loaded  map[string]bool

	answered bool // the server answered a list

	arguments map[argumentKey]map[string]bool // the references in arguments that were read
	seed      maphash.Seed                    // of argumentKey.text
	text      []byte                          // the space of argumentText

	unread     map[string]error // namespaces that cannot be read
	hasObjects map[string]bool  // namespaces of which an object was listed
}

// A pendingUse is a use whose owner at the top is not known yet.
type pendingUse struct {
	of  *knownObject
	ref string
	use Use
}

// List adds the images of the cluster to the report. What cannot be listed is a Problem of
// the report; an error means that ctx is done, or that the server cannot be used at all.
func (c *Client) List(ctx context.Context, report *Report, o Options) error {
	l := &lister{Client: c, o: o, report: report, owners: owners{}, loaded: map[string]bool{}, unread: map[string]error{}, hasObjects: map[string]bool{},
		arguments: map[argumentKey]map[string]bool{}, seed: maphash.MakeSeed()}
	report.mu.Lock()
	report.Contexts = append(report.Contexts, c.Context)
	report.mu.Unlock()
	err := l.list(ctx)
	l.flush(ctx)
	if err != nil && ctx.Err() != nil {
		report.Interrupted = true
		return nil
	}
	return err
}

func (l *lister) list(ctx context.Context) error {
	if err := l.checkNamespaces(ctx); err != nil {
		return err
	}
	all := builtinKinds()
	for i, k := range all {
		if k.Kind != "Pod" {
			if err := l.eachNamespace(ctx, k.Resource, func(namespace string) error { return l.listBuiltin(ctx, k, namespace) }); err != nil {
				return l.unusable(i, err)
			}
			continue
		}
		if err := l.listCustom(ctx); err != nil {
			return err
		}
		l.flush(ctx)
		if err := l.eachNamespace(ctx, k.Resource, func(namespace string) error { return l.listBuiltin(ctx, k, namespace) }); err != nil {
			return err
		}
	}
	if l.o.Nodes {
		if err := l.listNodes(ctx); err != nil {
			return err
		}
	}
	if l.o.Helm {
		if err := l.listReleases(ctx); err != nil {
			return err
		}
	}
	l.checkUnread()
	return nil
}

// checkUnread records the namespaces that may not exist.
func (l *lister) checkUnread() {
	for _, n := range slices.Sorted(maps.Keys(l.unread)) {
		if !l.hasObjects[n] {
			l.report.fail(Problem{l.Context, "", n, fmt.Errorf("no object was listed, and the namespace cannot be read; it may not exist: %w; --rbac prints the role that may read it", l.unread[n])})
		}
	}
}

// checkNamespaces records namespaces that do not exist: a list of their objects is empty,
// as if nothing were left to move. A user that may not read a namespace may still list
// its objects: checkUnread decides about those.
func (l *lister) checkNamespaces(ctx context.Context) error {
	for _, n := range l.o.Namespaces {
		err := l.getJSON(ctx, "/api/v1/namespaces/"+n, "", func(io.Reader) error { return nil })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if apierrors.IsNotFound(err) {
			l.report.fail(Problem{l.Context, "", n, errors.New("the namespace does not exist")})
		} else if err != nil {
			l.unread[n] = err
		}
	}
	return nil
}

// unusable returns the error of the first list, which says that there is no cluster.
func (l *lister) unusable(i int, err error) error {
	if i > 0 {
		return err
	}
	return fmt.Errorf("context %q: %w", l.Context, err)
}

// eachNamespace lists a kind in all selected namespaces and records what cannot be listed.
// It returns an error only if no other list can succeed.
func (l *lister) eachNamespace(ctx context.Context, k podspec.Resource, list func(namespace string) error) error {
	namespaces := l.o.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	name := k.Resource
	if k.Group != "" {
		name += "." + k.Group
	}
	for _, n := range namespaces {
		err := list(n)
		switch {
		case err == nil || apierrors.IsNotFound(err) && isCustomGroup(k.Group): // its definition was deleted
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsUnauthorized(err):
			return fmt.Errorf("the server does not accept the credentials: %w", err)
		default:
			if status := apierrors.APIStatus(nil); !errors.As(err, &status) && !errors.Is(err, errForbidden) && !l.answered {
				return err
			}
			l.report.fail(Problem{l.Context, name, n, err})
		}
	}
	return nil
}

// listBuiltin lists a kind of Kubernetes.
func (l *lister) listBuiltin(ctx context.Context, k builtinKind, namespace string) error {
	seen := map[types.UID]bool{} // lists that begin again have objects twice
	path, isFirst := apiPath(k.Group, k.Version, k.Resource.Resource, namespace), true
	return l.eachPage(ctx, listRequest{path: path}, func(ctx context.Context, r *rest.Request) (string, error) {
		list := k.newList()
		if err := r.Do(ctx).Into(list); err != nil {
			return "", err
		}
		meta := list.(metav1.ListInterface)
		if meta.GetResourceVersion() == "" { // the decoder accepts {} as an empty list
			return "", errNotList
		}
		if isFirst && l.o.Watch {
			l.report.watched = append(l.report.watched, watchedList{l.Client, path, meta.GetResourceVersion()})
		}
		isFirst = false
		return meta.GetContinue(), l.addList(ctx, k, list, seen)
	}, l.resumed(k.Resource.Resource))
}

// resumed notes that the list of a kind was resumed.
func (l *lister) resumed(resource string) func(string) {
	return func(text string) { l.report.note(l.Context, resource+": "+text) }
}

// addList adds the images of a page.
func (l *lister) addList(ctx context.Context, k builtinKind, list runtime.Object, seen map[types.UID]bool) error {
	l.answered = true
	objects, pods := 0, 0
	if k.Kind == "Pod" {
		if err := l.loadOwners(ctx, list.(*corev1.PodList)); err != nil {
			return err
		}
	}
	apiVersion := strings.TrimPrefix(k.Group+"/"+k.Version, "/")
	eachWorkload(list, func(w workload) {
		if seen[w.meta.UID] {
			return
		}
		if w.meta.UID != "" {
			seen[w.meta.UID] = true
		}
		objects++
		l.hasObjects[w.meta.Namespace] = true
		object := Object{apiVersion, k.Kind, w.meta.Namespace, w.meta.Name}
		if k.Kind == "Pod" {
			pods++
			known := owners{}.add(object, w.meta, l.o.Labels)
			l.addWorkload(known, w, l.owners.follow(known))
			l.addArguments(known, w, k.Resource)
			return
		}
		known := l.owners.add(object, w.meta, l.o.Labels)
		l.pend(known, w)
		l.addArguments(known, w, k.Resource)
	})
	l.progress(objects, pods)
	return nil
}

func (l *lister) progress(objects, pods int) {
	l.report.count(objects, pods)
	if l.o.Progress != nil {
		l.o.Progress(l.report.Objects, l.report.Pods)
	}
}
