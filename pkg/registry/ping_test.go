package registry

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/registry"
)

// A registry on this machine may use http, as for Check and Mirror.
func TestPingWithoutTLS(t *testing.T) {
	server := httptest.NewServer(registry.New())
	defer server.Close()
	p := Ping(context.Background(), PingOptions{Host: strings.TrimPrefix(server.URL, "http://"), Keychain: authn.NewMultiKeychain()})
	if !p.OK() || len(p.Steps) != 3 || !strings.HasSuffix(p.Steps[1].Result, "responded 200, without TLS") {
		t.Errorf("%+v", p.Steps)
	}
}
