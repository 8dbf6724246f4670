package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/registry"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// checkSuggestFile returns an error if the file of --suggest cannot be created. A person
// edits that file, so it is never overwritten.
func checkSuggestFile(f *session.Flags) error {
	name := f.Registry.Suggest
	switch {
	case name == "":
		return nil
	case f.Registry.Offline:
		return errors.New("--suggest and --offline: expected one of them; the tags of a registry are not in the cache")
	case name == "-":
		return errors.New("--suggest -: expected a file; the report is on standard output")
	case slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name))):
		return fmt.Errorf("--suggest %q: the file has lines OLD NEW, and --map reads such a file as YAML; expected another extension, such as .txt", name)
	}
	if err := repofile.CheckOutput(name, ""); err != nil {
		return fmt.Errorf("--suggest %q: %w", name, err)
	}
	switch _, err := os.Lstat(name); {
	case err == nil:
		return fmt.Errorf("--suggest %q: the file exists, and may have changes of yours; remove it, or name another file", name)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--suggest %q: %w", name, repofile.WithoutPath(err))
	}
	return nil
}

// A suggestFile is the file of --suggest.
type suggestFile struct {
	lines, comments int // images with a line, and those with comments only
	text            []byte
}

// A suggestRun is one run of registry check with --suggest.
type suggestRun struct {
	streams session.Streams
	flags   *session.Flags
	client  *registry.Client
	given   []rules.Rule // of the run
}

// write looks for tags that are near those that are missing, and writes the file of
// --suggest. It says on standard error what it wrote.
func (x *suggestRun) write(ctx context.Context, all []checkedImage) error {
	s, f := x.streams, x.flags
	results := make([]registry.Result, len(all))
	missing := 0
	for i := range all {
		results[i] = all[i].Result
		if results[i].Verdict == registry.Missing {
			missing++
		}
	}
	if missing == 0 {
		if !f.Quiet {
			fmt.Fprintf(s.Err, "%s was not written: no image is missing\n", report.EscapeText(f.Registry.Suggest))
		}
		return nil
	}
	bar := session.NewProgress(s.Err, f.Quiet)
	found := x.client.Suggest(ctx, results, func(done int) {
		bar.Show(fmt.Sprintf("tags for %d of %d missing images listed", done, missing))
	})
	bar.Clear()
	if ctx.Err() != nil {
		return session.Failed(errors.New("interrupted"))
	}
	file := makeSuggestFile(all, found, x.given, f.Registry.Suggest)
	if err := writeSuggestFile(f.Registry.Suggest, file.text); err != nil {
		return session.Failed(fmt.Errorf("writing %q: %w", f.Registry.Suggest, repofile.WithoutPath(err)))
	}
	if !f.Quiet {
		fmt.Fprintf(s.Err, "%s was written: %s with a line, %d with comments only; read it before you use it with --map\n",
			report.EscapeText(f.Registry.Suggest), wording.Count(file.lines, "missing image"), file.comments)
	}
	return nil
}

// writeSuggestFile creates the file, which must not exist.
func writeSuggestFile(name string, text []byte) error {
	if _, err := os.Lstat(name); err == nil {
		return fs.ErrExist
	}
	file, err := repofile.CreateOutput(name, "")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

const suggestHeader = `# Tags that exist, for images that the new registry does not have.
# regmigrate registry check --suggest wrote this file. Read it before you use it:
#   regmigrate --map %s, with the same rules as before
# A line without # has the digest of the old image under another spelling of its tag. All
# other lines are comments, because they are or may be other images. To use one, remove the
# # before it; use at most one for each image.
`

// makeSuggestFile returns the file of --suggest. given are the rules of the run.
func makeSuggestFile(all []checkedImage, found []*registry.Suggestion, given []rules.Rule, name string) suggestFile {
	active := certainLines(all, found)
	added := slices.Clone(given)
	problem := ""
	for i := range all {
		if active[i] != "" {
			list, _, _ := rules.ReadMap("suggestions", []byte(active[i]), "") // certainLine checked it
			added = append(added, list...)
		}
	}
	if _, err := rules.New(added); err != nil {
		problem, active = err.Error(), nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, suggestHeader, oneLine(name))
	if problem != "" {
		fmt.Fprintf(&b, "# All lines are comments, because regmigrate would refuse them together: %s\n", oneLine(problem))
	}
	out := suggestFile{}
	for i := range all {
		if found[i] == nil {
			continue
		}
		writeSuggestion(&b, &all[i], found[i], active[i])
		if active[i] != "" {
			out.lines++
		} else {
			out.comments++
		}
	}
	out.text = b.Bytes()
	return out
}

// certainLines returns the lines that are no comments, by the index of their images. Two
// images with one old name have none: which of them is meant is not known.
func certainLines(all []checkedImage, found []*registry.Suggestion) map[int]string {
	lines := map[int]string{}
	byOld := map[string][]int{}
	for i := range all {
		if line, rule, ok := certainLine(&all[i], found[i]); ok {
			lines[i] = line
			key := rule.From + ":" + rule.OldTag
			byOld[key] = append(byOld[key], i)
		}
	}
	for _, same := range byOld {
		for _, i := range same[1:] {
			if all[i].New != all[same[0]].New {
				delete(lines, same[0])
			}
			delete(lines, i)
		}
	}
	return lines
}

// certainLine returns the line and the rule of an image of which only the spelling of the
// tag differs.
func certainLine(c *checkedImage, s *registry.Suggestion) (line string, rule rules.Rule, ok bool) {
	if s == nil || !s.Same || c.isArtifact {
		return "", rules.Rule{}, false
	}
	line = suggestedPair(c, s, s.Near[0].Tag)
	list, _, err := rules.ReadMap("suggestions", []byte(line), "")
	if err != nil || len(list) != 1 || list[0].OldTag == "" { // without a tag, the line would be for all tags
		return "", rules.Rule{}, false
	}
	return line, list[0], true
}

// suggestedPair returns a line OLD NEW.
func suggestedPair(c *checkedImage, s *registry.Suggestion, tag string) string {
	old := c.Old
	if old == "" {
		old = c.New // no rule moves it
	}
	return old + " " + s.Repository + ":" + tag
}

// writeSuggestion writes what is known about a missing image. active is the line that is
// no comment, or "".
func writeSuggestion(b *bytes.Buffer, c *checkedImage, s *registry.Suggestion, active string) {
	fmt.Fprintf(b, "\n# %s is missing%s\n", oneLine(c.New), oneLine(firstPlace(c.places)))
	if s.Detail != "" {
		fmt.Fprintf(b, "# note: %s\n", oneLine(s.Detail))
	}
	if c.isArtifact {
		b.WriteString("# note: it is not a container image, and --map is for images only\n")
	}
	for i, n := range s.Near {
		line := suggestedPair(c, s, n.Tag)
		if _, _, err := rules.ReadMap("suggestions", []byte(line), ""); err != nil {
			line = s.Repository + ":" + n.Tag
		}
		if i > 0 || active == "" {
			line = "# " + line
		}
		fmt.Fprintf(b, "%s   # %s\n", oneLine(line), oneLine(n.Why))
	}
	if len(s.Near) == 0 && s.Detail == "" {
		fmt.Fprintf(b, "# note: %s has no tag that is near %q\n", oneLine(s.Repository), s.Tag)
	}
}

// oneLine returns text from outside as a part of one line.
func oneLine(text string) string {
	return strings.ReplaceAll(report.EscapeText(text), "\n", `\n`)
}
