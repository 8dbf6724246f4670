// Package cluster lists the images of Kubernetes clusters: those that run, and those
// that workloads only declare.
//
// [Connect] reads a kubeconfig and returns a [Client]. [Client.List] reads the objects
// of the cluster page by page and adds a [Use] for each image to a [Report], with the
// owner at the top, the Helm release, the application of Argo CD or the object of Flux.
// [Report.Images] returns the images.
//
// The package only sends GET requests. It reads no secrets, except those of Helm if
// [Options].Helm is set.
package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// pageSize is the number of objects that one response has at most. It is halved
	// when a response does not arrive whole.
	pageSize    = 500
	minPageSize = 25

	// maxAttempts is the number of times that a request is sent at most.
	maxAttempts = 5

	defaultTimeout = time.Minute // of one request
)

// A Client reads the objects of one cluster.
type Client struct {
	Context string // the name of the context in the kubeconfig; "" in a pod of the cluster

	rest    *rest.RESTClient
	timeout time.Duration
	wait    func(ctx context.Context, attempt int) // between two attempts
}

// ConnectOptions select a cluster. The zero value is the current context.
type ConnectOptions struct {
	Kubeconfig string // a file; "": $KUBECONFIG, then ~/.kube/config, then the pod's own cluster
	Context    string
	Timeout    time.Duration // of one request; 0: one minute
	UserAgent  string
}

// Connect returns the client of a cluster. It sends no request.
func Connect(o ConnectOptions) (*Client, error) {
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	loading.ExplicitPath = o.Kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, &clientcmd.ConfigOverrides{CurrentContext: o.Context})
	config, err := loader.ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err):
		return nil, errors.New("no kubeconfig: neither $KUBECONFIG nor ~/.kube/config names a cluster\n  use --kubeconfig FILE")
	case clientcmd.IsContextNotFound(err):
		return nil, fmt.Errorf("reading the kubeconfig: %w\n  kubectl config get-contexts lists the contexts", err)
	case err != nil:
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	name := o.Context
	if name == "" {
		if raw, err := loader.RawConfig(); err == nil {
			name = raw.CurrentContext
		}
	}
	config.UserAgent = o.UserAgent
	return NewClient(name, config, o.Timeout)
}

// NewClient returns the client of the cluster that config describes. A timeout of 0 is
// one minute.
func NewClient(name string, config *rest.Config, timeout time.Duration) (*Client, error) {
	c := rest.CopyConfig(config)
	c.QPS = -1 // the server has a limit of its own, and requests are sent one by one
	c.GroupVersion = &schema.GroupVersion{}
	c.APIPath = "/"
	c.NegotiatedSerializer = codecs()
	c.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	c.ContentType = runtime.ContentTypeJSON
	r, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("context %q: %w", name, err)
	}
	return &Client{Context: name, rest: r, timeout: cmp.Or(timeout, defaultTimeout), wait: backOff}, nil
}

// backOff waits 0.2 s before the second attempt, and twice as long before each next one.
func backOff(ctx context.Context, attempt int) {
	t := time.NewTimer(100 * time.Millisecond << attempt)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// errForbidden is the reason for a kind that the user may not list.
var errForbidden = errors.New("the user may not list it")

// isTransient reports whether the same request may succeed later. Errors without a
// status come from the connection: a refused, slow or cut response.
func isTransient(err error) bool {
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		code := int(status.Status().Code)
		return code == http.StatusTooManyRequests || code >= 500 && code != http.StatusNotImplemented || code == 0
	}
	return !errors.As(err, new(*tls.CertificateVerificationError)) && !errors.As(err, new(x509.UnknownAuthorityError)) &&
		!errors.As(err, new(x509.HostnameError)) && !errors.Is(err, context.Canceled)
}

// retry calls send until it succeeds, at most maxAttempts times.
func (c *Client) retry(ctx context.Context, send func(ctx context.Context) error) error {
	for attempt := 1; ; attempt++ {
		within, cancel := context.WithTimeout(logr.NewContext(ctx, logr.Discard()), c.timeout) // client-go logs what this function handles
		err := send(within)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !isTransient(err):
			return err
		case attempt == maxAttempts:
			return fmt.Errorf("after %d attempts: %w", attempt, err)
		}
		c.wait(ctx, attempt)
	}
}

// A listRequest is a list of objects of one kind.
type listRequest struct {
	path     string // of the API, such as /apis/apps/v1/deployments
	accept   string // "" for protobuf or JSON
	selector string // of labels
	fields   string // a selector of fields
	size     int    // of a page; 0 for pageSize

	isWatched bool // see Report.WaitForChange
}

// eachPage calls read for each page of a list. The function read returns the token of the
// next page, "" after the last one. It may be called again for a page that did not
// arrive whole.
//
// If the server has dropped the state that the list began with, eachPage goes on with the
// state of now, or lists again from the beginning: then read gets objects twice. It
// reports both to resumed.
func (c *Client) eachPage(ctx context.Context, q listRequest, read func(ctx context.Context, r *rest.Request) (next string, err error), resumed func(text string)) error {
	size, next, restarts := cmp.Or(q.size, pageSize), "", 0
	for {
		token := next
		err := c.retry(ctx, func(ctx context.Context) error {
			r := c.rest.Get().AbsPath(q.path).Param("limit", fmt.Sprint(size)).MaxRetries(maxAttempts - 1)
			for name, value := range map[string]string{"continue": token, "labelSelector": q.selector, "fieldSelector": q.fields} {
				if value != "" {
					r.Param(name, value)
				}
			}
			if q.accept != "" {
				r.SetHeader("Accept", q.accept)
			}
			var err error
			next, err = read(ctx, r)
			if err != nil && isTransient(err) {
				size = max(size/2, min(size, minPageSize))
			}
			return err
		})
		switch {
		case err == nil && next == "":
			return nil
		case err == nil:
		case token != "" && isExpired(err) && restarts < maxAttempts:
			restarts++
			next = continueToken(err)
			if next != "" {
				resumed("the server dropped the state that the list began with; the rest is of a later state")
			} else {
				resumed("the server dropped the state that the list began with; it was listed again")
			}
		case apierrors.IsForbidden(err):
			return fmt.Errorf("%w: %s", errForbidden, statusMessage(err))
		default:
			return err
		}
	}
}

// isExpired reports whether the server has dropped the state of a continue token.
func isExpired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// continueToken returns the token with which a list goes on after its state was dropped,
// or "". Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
func continueToken(err error) string {
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		return status.Status().Continue
	}
	return ""
}

func statusMessage(err error) string {
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		return status.Status().Message
	}
	return err.Error()
}

// getJSON returns the response to a GET request, read by the function read.
func (c *Client) getJSON(ctx context.Context, path, accept string, read func(io.Reader) error) error {
	return c.retry(ctx, func(ctx context.Context) error {
		body, err := c.rest.Get().AbsPath(path).SetHeader("Accept", cmp.Or(accept, runtime.ContentTypeJSON)).Stream(ctx)
		if err != nil {
			return err
		}
		defer body.Close()
		return read(body)
	})
}
