package account_test

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestClassOfShortNames checks the class of a short name with a tag, whose key names
// an image.
func TestClassOfShortNames(t *testing.T) {
	for _, c := range []struct {
		name, text, rule string
		want             account.Class
	}{
		{"an official image", "redis:7", "docker.io=m.corp", account.Likely},
		{"an image that was official", "java:8", "docker.io=m.corp", account.Likely},
		{"an official image with its namespace", "library/redis:7", "docker.io=m.corp", account.Likely},
		{"a name with a namespace", "acme/agent:1", "docker.io=m.corp", account.Likely},
		{"no official image", "agent:1", "docker.io=m.corp", account.Unknown},
		{"no official image, with the namespace", "library/agent:1", "docker.io=m.corp", account.Unknown},
		{"a word of another language", "rule:context_is_editor", "docker.io=m.corp", account.Unknown},
		{"no official image, under a rule on library", "agent:1", "docker.io/library=m.corp", account.Unknown},
		{"a rule names the image", "agent:1", "docker.io/agent=m.corp/agent", account.Likely},
		{"a rule names an official image", "redis:7", "docker.io/redis=m.corp/redis", account.Likely},
		{"a rule names the image in library", "agent:1", "docker.io/library/agent=m.corp/agent", account.Likely},
		{"a rule names another image", "agent:1", "docker.io/library/server=m.corp/server", account.Unknown},
		{"a variable in the name", "${FLAVOR}-redis:1", "docker.io=m.corp", account.Likely},
		{"a host", "quay.io/agent:1", "docker.io=m.corp", account.Certain},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := rules.ParseRuleFlag(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			set, err := rules.New([]rules.Rule{r})
			if err != nil {
				t.Fatal(err)
			}
			o := &format.Occurrence{LikelyImage: true, Pieces: []format.Piece{{Text: c.text}}}
			if got := account.ClassOf(o, set); got != c.want {
				t.Errorf("%s under %s: expected class %d, got %d", c.text, c.rule, c.want, got)
			}
		})
	}
}

// TestMatchLongNames checks names without a domain that have more components than a
// name on Docker Hub. Container runtimes and the policies of clusters take them as names
// on Docker Hub, so a rule on all of Docker Hub selects them.
func TestMatchLongNames(t *testing.T) {
	for _, c := range []struct {
		name, text, tail, rule string
		want                   bool
	}{
		{"three components", "test/acme/agent:1", "", "docker.io=m.corp/hub", true},
		{"the rest of the name follows", "test", "/acme/agent", "docker.io=m.corp/hub", true},
		{"two components", "acme/agent:1", "", "docker.io=m.corp/hub", true},
		{"the name follows", "acme", "/agent", "docker.io=m.corp/hub", true},
		{"a variable", "acme/${FLAVOR}/agent:1", "", "docker.io=m.corp/hub", true},
		{"the domain is spelled out", "docker.io/test/acme/agent:1", "", "docker.io=m.corp/hub", true},
		{"another spelling of Docker Hub in the rule", "test/acme/agent:1", "", "index.docker.io=m.corp/hub", true},
		{"a rule on another namespace", "test/acme/agent:1", "", "docker.io/acme=m.corp/acme", false},
		{"a rule names the first component", "acme/a/agent:1", "", "docker.io/acme=m.corp/acme", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := rules.ParseRuleFlag(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			set, err := rules.New([]rules.Rule{r})
			if err != nil {
				t.Fatal(err)
			}
			o := &format.Occurrence{IsImage: true, Tail: c.tail, Pieces: []format.Piece{{Text: c.text}}}
			if _, got := account.Match(o, set); got != c.want {
				t.Errorf("%s%s under %s: expected %v, got %v", c.text, c.tail, c.rule, c.want, got)
			}
		})
	}
}
