package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// A ClusterStore is the [RotationStore] of a webhook in a cluster.
type ClusterStore struct {
	Namespace, Name string // as in ManifestOptions

	client *rest.RESTClient
}

// Connect connects the store to the cluster of a kubeconfig, or if the path is empty, to
// that of $KUBECONFIG, of ~/.kube/config, or of the pod.
func (s *ClusterStore) Connect(kubeconfig, version string) error {
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	loading.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, nil).ClientConfig()
	if err != nil {
		return err
	}
	config.UserAgent, config.Timeout = "regmigrate/"+version, time.Minute
	errors := runtime.NewScheme() // objects are read as JSON; the scheme of client-go has the types of all APIs
	metav1.AddToGroupVersion(errors, schema.GroupVersion{Version: "v1"})
	config.NegotiatedSerializer = serializer.NewCodecFactory(errors).WithoutConversion()
	s.client, err = rest.UnversionedRESTClientFor(config)
	return err
}

// An object is an object of the API as JSON, so that unknown fields stay as they are.
type object = map[string]any

func (s *ClusterStore) get(ctx context.Context, path string) (object, error) {
	text, err := s.client.Get().AbsPath(path).SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var o object
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return o, nil
}

func (s *ClusterStore) put(ctx context.Context, path string, o object) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := s.client.Put().AbsPath(path).SetHeader("Content-Type", "application/json").Body(text).Do(ctx).Error(); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func (s *ClusterStore) secretPath() string {
	return "/api/v1/namespaces/" + s.Namespace + "/secrets/" + s.Name + "-tls"
}

func (s *ClusterStore) configurationPath() string {
	return "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + s.Name
}

// Secret implements [RotationStore].
func (s *ClusterStore) Secret(ctx context.Context) (map[string][]byte, string, error) {
	o, err := s.get(ctx, s.secretPath())
	if err != nil {
		return nil, "", err
	}
	out := map[string][]byte{}
	data, _ := o["data"].(object)
	for key, value := range data {
		text, _ := value.(string)
		if out[key], err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, "", fmt.Errorf("the key %q of %s: %w", key, s.secretPath(), err)
		}
	}
	return out, resourceVersion(o), nil
}

// SetSecret implements [RotationStore].
func (s *ClusterStore) SetSecret(ctx context.Context, data map[string][]byte, version string) error {
	o, err := s.get(ctx, s.secretPath())
	if err != nil {
		return err
	}
	setResourceVersion(o, version)
	o["data"] = data // json writes bytes as Base64
	return s.put(ctx, s.secretPath(), o)
}

// hooks returns the configuration, and its webhooks.
func (s *ClusterStore) hooks(ctx context.Context) (object, []object, error) {
	o, err := s.get(ctx, s.configurationPath())
	if err != nil {
		return nil, nil, err
	}
	list, _ := o["webhooks"].([]any)
	var out []object
	for _, x := range list {
		hook, _ := x.(object)
		if client, ok := hook["clientConfig"].(object); ok {
			out = append(out, client)
		}
	}
	if len(out) == 0 {
		return nil, nil, fmt.Errorf("%s has no webhooks", s.configurationPath())
	}
	return o, out, nil
}

// Bundle implements [RotationStore]. If the webhooks of the configuration have different
// authorities, it returns none, so that all are written again.
func (s *ClusterStore) Bundle(ctx context.Context) ([]byte, string, error) {
	o, hooks, err := s.hooks(ctx)
	if err != nil {
		return nil, "", err
	}
	first, _ := hooks[0]["caBundle"].(string)
	for _, h := range hooks {
		if other, _ := h["caBundle"].(string); other != first {
			return nil, resourceVersion(o), nil
		}
	}
	bundle, err := base64.StdEncoding.DecodeString(first)
	if err != nil {
		return nil, resourceVersion(o), nil // written again
	}
	return bundle, resourceVersion(o), nil
}

// SetBundle implements [RotationStore].
func (s *ClusterStore) SetBundle(ctx context.Context, bundle []byte, version string) error {
	o, hooks, err := s.hooks(ctx)
	if err != nil {
		return err
	}
	setResourceVersion(o, version)
	for _, h := range hooks {
		h["caBundle"] = bundle
	}
	return s.put(ctx, s.configurationPath(), o)
}

func resourceVersion(o object) string {
	m, _ := o["metadata"].(object)
	v, _ := m["resourceVersion"].(string)
	return v
}

func setResourceVersion(o object, version string) {
	if m, ok := o["metadata"].(object); ok {
		m["resourceVersion"] = version
	}
}

// Serving implements [RotationStore]. The replicas are the addresses of the service, ready
// or not, without pods that end.
func (s *ClusterStore) Serving(ctx context.Context) ([][]byte, error) {
	path := "/apis/discovery.k8s.io/v1/namespaces/" + s.Namespace + "/endpointslices"
	text, err := s.client.Get().AbsPath(path).Param("labelSelector", "kubernetes.io/service-name="+s.Name).SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var list struct {
		Items []struct {
			Ports     []struct{ Port int }
			Endpoints []struct {
				Addresses  []string
				Conditions struct{ Terminating bool }
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var out [][]byte
	for _, slice := range list.Items {
		for _, e := range slice.Endpoints {
			if e.Conditions.Terminating || len(e.Addresses) == 0 || len(slice.Ports) == 0 {
				continue
			}
			leaf, err := servedBy(ctx, net.JoinHostPort(e.Addresses[0], strconv.Itoa(slice.Ports[0].Port)))
			if err != nil {
				return nil, err
			}
			out = append(out, leaf)
		}
	}
	return out, nil
}

// servedBy returns the certificate of a server, as DER.
func servedBy(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the certificate is compared as a whole
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the replica %s does not respond: %w", address, err)
	}
	defer c.Close()
	certificates := c.(*tls.Conn).ConnectionState().PeerCertificates
	if len(certificates) == 0 {
		return nil, errors.New("the replica " + address + " has no certificate")
	}
	return certificates[0].Raw, nil
}
