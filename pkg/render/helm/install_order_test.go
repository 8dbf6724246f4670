package helm

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// Objects of random outputs have the order that Helm gives them.
func TestSortObjects(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard) // unknown hooks
	t.Cleanup(func() { log.SetOutput(before) })
	if !slices.Equal(installOrder, []string(releaseutil.InstallOrder)) {
		t.Error("the order of kinds is not that of Helm")
	}
	kinds := append(slices.Clone(installOrder), "Widget", "Gadget", "", "Pod", "Job")
	hooks := []string{"", "", "pre-install", "test", "Test-Success, post-install", "post-render", "pre-delete,test", "crd-install", "pre-upgrade,,post-upgrade"}
	bodies := []string{"", "---\n", "a: [", "\"text\"", "- a", "a: 1\n---\n---\n\nb: 2\n", "metadata: text", "metadata: {annotations: {a: 1}}", "# only a comment"}
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		outputs := map[string]string{}
		for i := range r.IntN(6) {
			text := ""
			for range r.IntN(5) {
				if r.IntN(40) == 0 {
					text += "\n---\n" + bodies[r.IntN(len(bodies))]
					continue
				}
				text += fmt.Sprintf("\n---\nkind: %s\nmetadata:\n  name: n%d\n", kinds[r.IntN(len(kinds))], r.IntN(100))
				if hook := hooks[r.IntN(len(hooks))]; hook != "" {
					text += fmt.Sprintf("  annotations:\n    helm.sh/hook: %q\n", hook)
				}
			}
			outputs[fmt.Sprintf("c/templates/%s%d.yaml", []string{"", "", "_"}[r.IntN(3)], i)] = text
		}
		wantHooks, want, wantErr := releaseutil.SortManifests(outputs, nil, releaseutil.InstallOrder)
		got, err := sortObjects(outputs)
		if text := strings.NewReplacer("helm.objectHead", "releaseutil.SimpleHead", "objectHead", "SimpleHead").Replace(fmt.Sprint(err)); text != fmt.Sprint(wantErr) {
			t.Fatalf("seed %d: got the error %v, want %v", seed, err, wantErr)
		}
		if err != nil {
			continue
		}
		var expected []printedObject
		for _, m := range want {
			expected = append(expected, printedObject{m.Content, m.Head.Kind, false, false})
		}
		for _, h := range wantHooks {
			expected = append(expected, printedObject{h.Manifest, h.Kind, true, slices.Contains(h.Events, release.HookTest)})
		}
		if !slices.Equal(got, expected) {
			t.Fatalf("seed %d: got\n%v\nwant\n%v", seed, got, expected)
		}
	}
}
