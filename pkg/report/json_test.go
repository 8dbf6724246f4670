package report

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// fullPlan is a plan that uses every property of the report.
func fullPlan(t testing.TB) *rewrite.Plan {
	a := fileReplacing("a.yaml", "image: k8s.gcr.io/x\n", "k8s.gcr.io", "registry.k8s.io")
	m := moved(1, "k8s.gcr.io/x", "registry.k8s.io/x")
	m.Column, m.Mention = 8, edit.Span{Start: 7, End: 17}
	m.Place = format.Place{Field: ".image", Object: "Pod <web> (v1)"}
	a.Findings = []rewrite.Finding{m}
	b := unchangedFile("b\xff.txt", notChanged(3, "k8s.gcr.io\xe9", format.NotEditedSafely, "a note"))
	b.Findings[0].Scope = format.Code
	b.Abs, b.Err, b.Unverified = "/home/ann/b\xff.txt", errors.New("reading /home/ann/b\xff.txt: denied"), true
	b.Findings[0].NotInBaseline = true
	return &rewrite.Plan{
		Proofs:          []rewrite.Proof{{Path: "p\xff", State: rewrite.Proven, Summary: "a summary", Details: []string{"one"}, Unchanged: true}},
		RegistryResults: []rewrite.RegistryResult{{Old: "k8s.gcr.io/x", New: "registry.k8s.io/x", Verdict: rewrite.Same, OldDigest: "sha256:1", NewDigest: "sha256:1", Detail: "two"}},
		Advice:          []rewrite.Advice{{Path: "d\xff", Line: 3, Ref: "k8s.gcr.io/x", Text: "do", Source: "https://example.com"}},
		Baseline:        &rewrite.BaselineComparison{File: "b.jsonl", Accepted: 1, New: 1, Stale: []rewrite.BaselineEntry{{Path: "e", Ref: "k8s.gcr.io/y", Reason: "docs", Count: 2}}},
		Reversal:        &rewrite.Reversal{Reversed: []string{"f\xff"}},
		Root:            "/home/ann", Rules: k8sRules(t), ScannedFiles: 2,
		Files: []rewrite.File{a, b},
		Skipped: []walk.Skip{
			{Path: "c\xfe", Dir: true, Reason: walk.Unreadable, Err: errors.New("denied"), Detail: "a detail"},
		},
	}
}

func TestJSON(t *testing.T) {
	want := lines(
		`{`,
		`  "version": 1,`,
		`  "program": "v1.2.3",`,
		`  "source": {`,
		`    "repository": "github.com/acme/shop",`,
		`    "commit": "0123456789abcdef",`,
		`    "time": "2026-11-30T01:02:03Z"`,
		`  },`,
		`  "dryRun": true,`,
		`  "rulesDigest": "`+fullPlan(t).Rules.Table().Digest()+`",`,
		`  "rules": [`,
		`    {`,
		`      "name": "preset k8s",`,
		`      "from": "gcr.io/google-containers",`,
		`      "to": "registry.k8s.io",`,
		`      "keep": []`,
		`    },`,
		`    {`,
		`      "name": "preset k8s",`,
		`      "from": "k8s.gcr.io",`,
		`      "to": "registry.k8s.io",`,
		`      "keep": []`,
		`    }`,
		`  ],`,
		`  "counts": {`,
		`    "spelledOut": 2,`,
		`    "spelledOutRewritten": 1,`,
		`    "spelledOutNotChanged": 1,`,
		`    "implicit": 0,`,
		`    "implicitRewritten": 0,`,
		`    "implicitNotChanged": 0,`,
		`    "likely": 0,`,
		`    "assumed": 0,`,
		`    "unresolved": 0,`,
		`    "reasons": {`,
		`      "could not be edited safely": 1`,
		`    },`,
		`    "filesScanned": 2,`,
		`    "filesSearched": 0,`,
		`    "movesInSkipped": 0,`,
		`    "filesChanged": 1,`,
		`    "filesFailed": 1,`,
		`    "skipped": 1`,
		`  },`,
		`  "files": [`,
		`    {`,
		`      "path": "a.yaml",`,
		`      "format": "yaml",`,
		`      "changed": true,`,
		`      "unverified": false,`,
		`      "beforeDigest": "`+rewrite.Digest([]byte("image: k8s.gcr.io/x\n"))+`",`,
		`      "afterDigest": "`+rewrite.Digest([]byte("image: registry.k8s.io/x\n"))+`",`,
		`      "edits": [`,
		`        {`,
		`          "start": 7,`,
		`          "end": 17,`,
		`          "old": "k8s.gcr.io",`,
		`          "new": "registry.k8s.io",`,
		`          "group": 1`,
		`        }`,
		`      ],`,
		`      "findings": [`,
		`        {`,
		`          "status": "rewritten",`,
		`          "implicit": false,`,
		`          "line": 1,`,
		`          "column": 8,`,
		`          "start": 7,`,
		`          "end": 17,`,
		`          "old": "k8s.gcr.io/x",`,
		`          "new": "registry.k8s.io/x",`,
		`          "rule": "preset k8s",`,
		`          "field": ".image",`,
		`          "object": "Pod <web> (v1)",`,
		`          "scope": "manifests"`,
		`        }`,
		`      ]`,
		`    },`,
		`    {`,
		`      "path": "b\\xff.txt",`,
		`      "pathBase64": "Yv8udHh0",`,
		`      "format": "yaml",`,
		`      "changed": false,`,
		`      "error": "reading b\\xff.txt: denied",`,
		`      "unverified": true,`,
		`      "edits": [],`,
		`      "findings": [`,
		`        {`,
		`          "status": "notChanged",`,
		`          "reason": "could not be edited safely",`,
		`          "note": "a note",`,
		`          "implicit": false,`,
		`          "notInBaseline": true,`,
		`          "line": 3,`,
		`          "column": 5,`,
		`          "start": 0,`,
		`          "end": 0,`,
		`          "old": "k8s.gcr.io\\xe9",`,
		`          "scope": "code"`,
		`        }`,
		`      ]`,
		`    }`,
		`  ],`,
		`  "skipped": [`,
		`    {`,
		`      "path": "c\\xfe",`,
		`      "pathBase64": "Y/4=",`,
		`      "dir": true,`,
		`      "reason": "unreadable",`,
		`      "detail": "a detail",`,
		`      "error": "denied"`,
		`    }`,
		`  ],`,
		`  "proofs": [`,
		`    {`,
		`      "path": "p\\xff",`,
		`      "pathBase64": "cP8=",`,
		`      "state": "proven",`,
		`      "summary": "a summary",`,
		`      "details": [`,
		`        "one"`,
		`      ],`,
		`      "unchanged": true`,
		`    }`,
		`  ],`,
		`  "images": [`,
		`    {`,
		`      "old": "k8s.gcr.io/x",`,
		`      "new": "registry.k8s.io/x",`,
		`      "verdict": "same",`,
		`      "oldDigest": "sha256:1",`,
		`      "newDigest": "sha256:1",`,
		`      "detail": "two"`,
		`    }`,
		`  ],`,
		`  "advice": [`,
		`    {`,
		`      "kind": "action",`,
		`      "path": "d\\xff",`,
		`      "pathBase64": "ZP8=",`,
		`      "line": 3,`,
		`      "ref": "k8s.gcr.io/x",`,
		`      "text": "do",`,
		`      "source": "https://example.com"`,
		`    }`,
		`  ],`,
		`  "baseline": {`,
		`    "file": "b.jsonl",`,
		`    "accepted": 1,`,
		`    "new": 1,`,
		`    "stale": [`,
		`      {`,
		`        "path": "e",`,
		`        "reference": "k8s.gcr.io/y",`,
		`        "reason": "docs",`,
		`        "count": 2`,
		`      }`,
		`    ]`,
		`  },`,
		`  "reversal": {`,
		`    "reversed": [`,
		`      "f\\xff"`,
		`    ]`,
		`  }`,
		`}`,
	)
	source := Source{"github.com/acme/shop", "0123456789abcdef", time.Date(2026, 11, 30, 1, 2, 3, 0, time.UTC)}
	if got := write(t, "json", fullPlan(t), Options{DryRun: true, Color: true, Version: "v1.2.3", Source: source}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSONHasNoNull(t *testing.T) {
	got := write(t, "json", &rewrite.Plan{Files: []rewrite.File{{Path: "a"}}}, Options{})
	if strings.Contains(got, "null") {
		t.Errorf("null in\n%s", got)
	}
}

// A path can be recovered from the report exactly, whatever its bytes.
func FuzzJSONPath(f *testing.F) {
	f.Add("charts/web/värden.yaml")
	f.Add("a\xff\\xff\u2028<&>\x00")
	f.Add("\ufffd")
	f.Fuzz(func(t *testing.T, path string) {
		p := &rewrite.Plan{Files: []rewrite.File{unchangedFile(path, notChanged(1, path, format.Key, path))}, Skipped: []walk.Skip{{Path: path, Reason: walk.Binary}}}
		out := write(t, "json", p, Options{})
		var got JSONReport
		if err := json.Unmarshal([]byte(out), &got); err != nil || !utf8.ValidString(out) {
			t.Fatalf("%v in\n%q", err, out)
		}
		back := got.Files[0].Path
		if b := got.Files[0].PathBase64; b != nil {
			back = string(b)
		}
		if back != path {
			t.Errorf("got path %[2]q, want %[1]q", path, back)
		}
		if strings.Contains(out, "\ufffd") && !strings.Contains(path, "\ufffd") {
			t.Errorf("a byte of %q is replaced in\n%s", path, out)
		}
		if s := got.Skipped[0]; s.Path != got.Files[0].Path || string(s.PathBase64) != string(got.Files[0].PathBase64) {
			t.Errorf("%q: got %q in files and %q in skipped", path, got.Files[0].Path, s.Path)
		}
	})
}
