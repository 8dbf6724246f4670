package testforge

import (
	"net/http"
	"testing"
)

// Gitea starts and has the expected version.
func TestGitea(t *testing.T) {
	program, err := FindGitea()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	g, err := StartGitea(t.Context(), program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var version struct{ Version string }
	if err := g.Do(http.MethodGet, "/version", nil, &version); err != nil {
		t.Fatal(err)
	}
	if "v"+version.Version != GiteaVersion && version.Version != "development" {
		t.Errorf("Gitea is %s, want %s", version.Version, GiteaVersion)
	}
	url, err := g.CreateRepo("x")
	if err != nil {
		t.Fatal(err)
	}
	if want := g.URL + "/mover/x.git"; url != want {
		t.Errorf("the repository is %s, want %s", url, want)
	}
}
