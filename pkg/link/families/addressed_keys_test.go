package families

import "testing"

func TestAddressOf(t *testing.T) {
	const key = "ghcr.io/acme/go:1"
	for _, c := range []struct {
		src  string
		want bool
	}{
		{"path: /features/ghcr.io~1acme~1go:1", true},
		{`{"path": "/features/ghcr.io~1acme~1go:1/version"}`, true},
		{"path: /features/ghcr.io~1acme~1go:1.2", false},
		{"path: x/features/ghcr.io~1acme~1go:1", false},
		{`jq '.features["ghcr.io/acme/go:1"]'`, true},
		{`jq ".features[\"ghcr.io/acme/go:1\"]"`, true},
		{`jq '.features."ghcr.io/acme/go:1".version'`, true},
		{`yq ".features['ghcr.io/acme/go:1']"`, true},
		{`order: ["ghcr.io/acme/go:1"]`, false},
		{`{"order":["ghcr.io/acme/go:1"]}`, false},
		{`features: {"ghcr.io/acme/go:1": {}}`, false},
		{`{{ index .Values.features "ghcr.io/acme/go:1" }}`, true},
		{"{{ (get $features `ghcr.io/acme/go:1`).version }}", true},
		{`{{ .Values.x }} "ghcr.io/acme/go:1"`, false},
		{"ghcr.io/acme/go:1", false},
	} {
		if got := addressOf([]byte(c.src), key) >= 0; got != c.want {
			t.Errorf("%s: got %v, want %v", c.src, got, c.want)
		}
	}
}
