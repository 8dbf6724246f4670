package rules

import "testing"

// A rule matches the variables of its prefix as they are written, and no others.
func TestMatchVariables(t *testing.T) {
	set, err := New([]Rule{
		{From: "gcr.io/$PROJECT_ID", To: "us-docker.pkg.dev/$PROJECT_ID/gcr.io"},
		{From: "gcr.io/${PROJECT}/team", To: "b.example/team", Keep: []string{"gcr.io/${PROJECT}/team/old"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"gcr.io/$PROJECT_ID/app:1":             "us-docker.pkg.dev/$PROJECT_ID/gcr.io/app:1",
		"gcr.io/$PROJECT_ID/app:$TAG":          "us-docker.pkg.dev/$PROJECT_ID/gcr.io/app:$TAG",
		"gcr.io/$PROJECT_ID/$APP":              "us-docker.pkg.dev/$PROJECT_ID/gcr.io/$APP",
		"gcr.io/${PROJECT}/team/app@sha256:ab": "b.example/team/app@sha256:ab",
		"gcr.io/${PROJECT}/team/old/app":       "",
		"gcr.io/${PROJECT}/other":              "",
		"gcr.io/${PROJECT_ID}/app:1":           "", // another spelling
		"gcr.io/$PROJECT_ID-eu/app":            "",
		"gcr.io/x$PROJECT_ID/app":              "",
		"gcr.io/$PROJECT_IDS/app":              "",
		"gcr.io/my-project/app":                "",
	} {
		m, ok := set.Match(text, Reference)
		got := ""
		if ok && m.Keep == "" {
			got = m.New + text[m.Len:]
		}
		if got != want {
			t.Errorf("%s moves to %q, want %q", text, got, want)
		}
		if want != "" && !set.MayMatch([]byte("image: "+text)) {
			t.Errorf("MayMatch is false for %s", text)
		}
	}
	if hosts := set.Table().Hosts(); len(hosts) > 0 && len(set.Table().Rows(hosts[0])) > 0 {
		t.Errorf("a policy has rows for variables: %v", set.Table().Rows(hosts[0]))
	}
}

func TestPresetWithVariable(t *testing.T) {
	list, err := Preset("gcr:$PROJECT_ID,my-project")
	if err != nil {
		t.Fatal(err)
	}
	set, err := New(list)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := set.Match("gcr.io/${PROJECT_ID}/app", Reference); !ok || m.New != "us-docker.pkg.dev/${PROJECT_ID}/gcr.io" {
		t.Errorf("moves to %q", m.New)
	}
	if m, ok := set.Match("eu.gcr.io/$PROJECT_ID/app", Reference); !ok || m.New != "europe-docker.pkg.dev/$PROJECT_ID/eu.gcr.io" {
		t.Errorf("moves to %q", m.New)
	}
}
