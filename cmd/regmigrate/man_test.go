package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// A manItem is an environment variable or a file. It is on the pages of the commands
// that have one of the flags.
type manItem struct {
	flags []string
	name  string
	text  string
}

var manEnvironment = []manItem{
	{[]string{"color"}, "NO_COLOR", "If it is set to any text, --color=auto means never."},
	{[]string{"color"}, "TERM", "If it is dumb, --color=auto means never."},
	{[]string{"exclude"}, "GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM, GIT_CONFIG_NOSYSTEM, XDG_CONFIG_HOME", "Where git reads its configuration. It may name files with ignore rules. See git(1)."},
	{[]string{"cache-ttl", "token-file", "sizes", "timeout"}, "HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy for requests to registries and forges."},
	{[]string{"kubeconfig"}, "KUBECONFIG", "The kubeconfig, if --kubeconfig is not set."},
	{[]string{"kubeconfig"}, "HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy for requests to the API server."},
	{[]string{"cache-ttl", "sizes", "timeout"}, "DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR", "Where the credentials of docker login and podman login are."},
	{[]string{"cache-ttl", "sizes", "timeout"}, "SSL_CERT_FILE, SSL_CERT_DIR", "Certificates of the authorities that requests trust."},
	{[]string{"cache-ttl"}, "XDG_CACHE_HOME", "Where the cache is, on Linux."},
	{[]string{"api-url"}, "REGMIGRATE_TOKEN", "The token for the forge."},
	{[]string{"api-url"}, "GH_TOKEN, GITHUB_TOKEN", "The token for github.com, or for the host of GITHUB_SERVER_URL, if REGMIGRATE_TOKEN is not set."},
	{[]string{"api-url"}, "GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN", "The token for GitHub Enterprise Server, if REGMIGRATE_TOKEN is not set."},
	{[]string{"api-url"}, "GITLAB_TOKEN, GITEA_TOKEN, FORGEJO_TOKEN, BITBUCKET_TOKEN, BITBUCKET_SERVER_TOKEN, AZURE_DEVOPS_EXT_PAT, SYSTEM_ACCESSTOKEN", "The token for the forge of this name, if REGMIGRATE_TOKEN is not set."},
	{[]string{"api-url"}, "BITBUCKET_EMAIL", "The address of the account, if BITBUCKET_TOKEN is an API token."},
	{[]string{"api-url"}, "GITHUB_SERVER_URL, GITHUB_API_URL", "The address of the forge and of its API. GitHub Actions sets them."},
	{[]string{"api-url"}, "CI_SERVER_URL, CI_API_V4_URL, BITBUCKET_GIT_HTTP_ORIGIN, SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "The same for other forges. Their CI systems set them."},
}

var manFiles = []manItem{
	{[]string{"config"}, ".regmigrate.yaml, .regmigrate.yml, .regmigrate.json", "The configuration: rules, presets, scopes, fields and excluded files."},
	{[]string{"kubeconfig"}, "~/.kube/config", "The kubeconfig, if neither --kubeconfig nor KUBECONFIG is set."},
	{[]string{"exclude"}, ".gitignore, .git/info/exclude", "Files that git ignores are not scanned, unless --no-ignore is set."},
	{[]string{"cache-ttl"}, "~/.cache/regmigrate", "Responses of registries, in the cache folder of the user."},
}

// manItems returns the items that concern c.
func manItems(c *cobra.Command, all []manItem) []manItem {
	var out []manItem
	for _, x := range all {
		for _, name := range x.flags {
			if c.Flags().Lookup(name) != nil {
				out = append(out, x)
				break
			}
		}
	}
	return out
}

// writeManPage writes the page of c with the sections of man-pages(7).
func writeManPage(c *cobra.Command, b *bytes.Buffer) error {
	var page bytes.Buffer
	if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Source: "regmigrate", Manual: "regmigrate"}, &page); err != nil {
		return err
	}
	for line := range strings.Lines(page.String()) {
		// The title contains the date of today: omit it.
		if fields := strings.SplitN(line, `"`, 7); strings.HasPrefix(line, ".TH ") && len(fields) == 7 {
			fields[5] = ""
			line = strings.Join(fields, `"`)
		}
		switch line {
		case ".SH EXAMPLE\n":
			line = ".SH EXAMPLES\n"
		case ".SH SEE ALSO\n":
			b.WriteString(manSections(c))
		}
		b.WriteString(line)
	}
	return nil
}

// manSections returns the sections between the examples and the references.
func manSections(c *cobra.Command) string {
	var b strings.Builder
	if lines := c.Annotations[exitsKey]; lines != "" {
		b.WriteString(".SH EXIT STATUS\n.EX\n" + roff(strings.TrimSuffix(lines, "\n")) + "\n.EE\n\n\n")
	}
	for _, section := range []struct {
		title string
		items []manItem
	}{{"ENVIRONMENT", manItems(c, manEnvironment)}, {"FILES", manItems(c, manFiles)}} {
		if len(section.items) == 0 {
			continue
		}
		b.WriteString(".SH " + section.title + "\n")
		for _, x := range section.items {
			b.WriteString(".TP\n\\fB" + roff(x.name) + "\\fP\n" + roff(x.text) + "\n")
		}
		b.WriteString("\n\n")
	}
	return b.String()
}

// roff escapes text for a man page.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return strings.ReplaceAll(text, "\n.", "\n\\&.")
}

// markdownSections returns the sections of manSections in Markdown, without exit codes.
func markdownSections(c *cobra.Command) string {
	var b strings.Builder
	for _, section := range []struct {
		title string
		items []manItem
	}{{"Environment", manItems(c, manEnvironment)}, {"Files", manItems(c, manFiles)}} {
		if len(section.items) == 0 {
			continue
		}
		b.WriteString("### " + section.title + "\n\n")
		for _, x := range section.items {
			b.WriteString("* `" + strings.ReplaceAll(x.name, ", ", "`, `") + "`: " + x.text + "\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// The pages name each environment variable that the program reads.
func TestManEnvironment(t *testing.T) {
	known := map[string]bool{}
	for _, x := range manEnvironment {
		for _, name := range strings.Split(x.name, ", ") {
			known[name] = true
		}
	}
	// Not for users: variables that tests, git, Windows or the programs of users need.
	for _, name := range []string{"GIT_CONFIG_COUNT", "SYSTEMROOT", "PATH"} {
		known[name] = true
	}
	read := 0
	for _, top := range []string{"../../cmd", "../../internal", "../../pkg"} {
		err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/internal/test") || strings.Contains(path, "/torture/") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 1 {
					return true
				}
				f, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || f.Sel.Name != "Getenv" && f.Sel.Name != "LookupEnv" {
					return true
				}
				if x, ok := call.Args[0].(*ast.BasicLit); ok {
					name, err := strconv.Unquote(x.Value)
					if err != nil || !known[name] {
						t.Errorf("%s reads %s, which no page names", path, x.Value)
					}
					read++
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 5 {
		t.Errorf("found %d variables", read)
	}
}
