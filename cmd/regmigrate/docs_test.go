package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// TestDocs compares the pages of docs/cli, the man pages and the completions of
// shells with the command line. With -update it writes them.
func TestDocs(t *testing.T) {
	for _, dir := range []struct {
		path string
		want map[string]string
	}{
		{"../../docs/cli", markdownPages(t)},
		{"../../docs/man", manPages(t)},
		{"../../docs/completions", completions(t)},
	} {
		if *update {
			if err := os.RemoveAll(dir.path); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir.path, 0o777); err != nil {
				t.Fatal(err)
			}
			for name, text := range dir.want {
				if err := os.WriteFile(filepath.Join(dir.path, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := map[string]string{}
		entries, err := os.ReadDir(dir.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			src, err := os.ReadFile(filepath.Join(dir.path, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			got[e.Name()] = string(src)
		}
		for _, name := range slices.Sorted(maps.Keys(dir.want)) {
			if got[name] != dir.want[name] {
				t.Errorf("%s/%s is not what the program says; go test ./cmd/regmigrate -run TestDocs -update", dir.path, name)
			}
			delete(got, name)
		}
		for name := range got {
			t.Errorf("%s/%s: there is no such command", dir.path, name)
		}
	}
}

// newPagesCommand returns the command line for the pages.
func newPagesCommand() *cobra.Command {
	root := newRootCommand(session.Streams{}, nil)
	root.DisableAutoGenTag = true
	return root
}

// documented returns the command line with the exit codes in its descriptions.
func documented() *cobra.Command {
	root := newPagesCommand()
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		if lines := c.Annotations[exitsKey]; lines != "" {
			// Markdown keeps the line breaks of indented lines.
			c.Long += "\n\nExit codes:\n" + strings.ReplaceAll("\n"+strings.TrimSuffix(lines, "\n"), "\n  ", "\n\t")
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
	return root
}

// pages makes one page per command, named after its words.
func pages(t *testing.T, cmd *cobra.Command, separator, ext string, write func(*cobra.Command, *bytes.Buffer) error) map[string]string {
	t.Helper()
	out := map[string]string{}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Hidden || c.Name() == "help" {
			return
		}
		c.DisableAutoGenTag = true
		var b bytes.Buffer
		if err := write(c, &b); err != nil {
			t.Fatal(err)
		}
		out[strings.ReplaceAll(c.CommandPath(), " ", separator)+ext] = b.String()
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(cmd)
	return out
}

func markdownPages(t *testing.T) map[string]string {
	return pages(t, documented(), "_", ".md", func(c *cobra.Command, b *bytes.Buffer) error {
		var page bytes.Buffer
		if err := doc.GenMarkdown(c, &page); err != nil {
			return err
		}
		before, after, found := strings.Cut(page.String(), "### SEE ALSO\n")
		if found {
			after = "### SEE ALSO\n" + after
		}
		b.WriteString(before + markdownSections(c) + after)
		return nil
	})
}

func manPages(t *testing.T) map[string]string {
	return pages(t, newPagesCommand(), "-", ".1", writeManPage)
}

func completions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, write := range map[string]func(*cobra.Command, *bytes.Buffer) error{
		"regmigrate.bash": func(c *cobra.Command, b *bytes.Buffer) error { return c.GenBashCompletionV2(b, true) },
		"regmigrate.zsh":  func(c *cobra.Command, b *bytes.Buffer) error { return c.GenZshCompletion(b) },
		"regmigrate.fish": func(c *cobra.Command, b *bytes.Buffer) error { return c.GenFishCompletion(b, true) },
		"regmigrate.ps1":  func(c *cobra.Command, b *bytes.Buffer) error { return c.GenPowerShellCompletionWithDesc(b) },
	} {
		var b bytes.Buffer
		if err := write(newRootCommand(session.Streams{}, nil), &b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.String()
	}
	return out
}
