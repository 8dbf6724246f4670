package wording

import "testing"

func TestResults(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Outcome("registry.k8s.io/pause", ""), "would move to registry.k8s.io/pause"},
		{Outcome("", "policy"), "not changed: policy"},
		{Action(""), ""},
		{Action("add it"), "action required: add it"},
		{SinceBaseline(0, "b.jsonl"), "no new mentions since baseline b.jsonl"},
		{SinceBaseline(2, "b.jsonl"), "2 new mentions since baseline b.jsonl"},
		{Failures(1), "1 file failed"},
		{FailuresHelp(2), "fix or --exclude them, then run again"},
		{Unverified(1, Write), "1 file changed unverified (no parser reads it); review the diff"},
		{Unverified(2, DryRun), "2 files would change unverified (no parser reads them); review the diff"},
		{Unrendered(1), "1 chart does not render, so key names decide which values are images"},
		{Unrendered(2), "2 charts do not render, so key names decide which values are images"},
		{ProofCount{3, 1, 0}.String(), "3 proven, 1 unproven, 0 failed"},
		{Subjects(map[string]int{"chart": 2, "kustomization": 1}), "2 charts and 1 kustomization"},
		{Subjects(map[string]int{"kustomization": 3}), "3 kustomizations"},
		{Subjects(map[string]int{"chart": 1, "Compose file": 2, "Dockerfile": 1}), "1 chart, 2 Compose files and 1 Dockerfile"},
		{Subjects(map[string]int{"chart": 1, "Dockerfile": 1, "release": 2}), "1 chart, 1 Dockerfile and 2 releases"},
		{Verdict("missing"), "the new reference does not exist"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
