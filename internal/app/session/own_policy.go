package session

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// PolicyArgs returns the arguments of the program with which it made p: those of the command
// policy or webhook manifests, with its name. The header of a policy is not trusted: the
// command is only parsed, and never runs in a shell.
func PolicyArgs(p format.OwnPolicy) ([]string, error) {
	words, err := report.ParseShellQuoted(p.Command)
	if err != nil {
		return nil, fmt.Errorf("the command in the header: %w", err)
	}
	isPolicy := len(words) > 1 && words[1] == "policy"
	isWebhook := len(words) > 2 && words[1] == "webhook" && words[2] == "manifests"
	if !isPolicy && !isWebhook || words[0] != "regmigrate" {
		return nil, fmt.Errorf("the command in the header: expected regmigrate policy or regmigrate webhook manifests, got %q", p.Command)
	}
	return words[1:], nil
}

// PolicyRules returns the rules from which the command args, see PolicyArgs, makes the policy p
// today, and its configuration, slash-separated and relative to the root, or "". The
// policy is in file, which is relative to the root. The configuration is the one that
// the header names, or else the nearest one to the file. It must be in the repository,
// since the header is not trusted.
func (s *Session) PolicyRules(f *Flags, args []string, file string, p format.OwnPolicy) (set *rules.Set, config string, err error) {
	flags, err := f.ParsePolicy(args)
	if err != nil {
		return nil, "", err
	}
	if len(flags.Maps) > 0 {
		return nil, "", errors.New("the command in the header has --map: a file that a header names is not read")
	}
	root := s.Rewrite.Walk.Root
	name := ""
	switch {
	case p.Config != "":
		if name = filepath.FromSlash(p.Config); !filepath.IsLocal(name) {
			return nil, "", fmt.Errorf("the configuration %q in the header is not in the repository", p.Config)
		}
		name = filepath.Join(root, name)
	case flags.Config != "":
		return nil, "", fmt.Errorf("the configuration %q of the command is not in the repository", flags.Config)
	default:
		if name, err = nearestConfig(root, filepath.Join(root, filepath.FromSlash(file))); err != nil {
			return nil, "", err
		}
	}
	of := Session{Rewrite: rewrite.Options{Walk: walk.Options{Root: root}}}
	loaded := &rules.Config{}
	if name != "" {
		if loaded, err = loadFoundConfig(root, name); err != nil {
			return nil, "", err
		}
		of.Rewrite.OwnConfig = []string{name}
	}
	if err := of.rules(flags, loaded); err != nil {
		return nil, "", err
	}
	if m := of.mirror; m != nil && len(m.NamedRegistries()) == 0 {
		return nil, "", errMirrorNeedsFiles(m)
	}
	return of.Rewrite.Rules, of.ConfigInRoot(), nil
}

// ConfigInRoot returns the path of the configuration, slash-separated and relative to the
// root. It is "" if the session has no configuration, or one outside of the root.
func (s *Session) ConfigInRoot() string {
	for _, abs := range s.Rewrite.OwnConfig {
		if rel, err := filepath.Rel(s.Rewrite.Walk.Root, abs); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return ""
}

// NewForPolicies returns a session that has only a root: that of files, which are policies.
func NewForPolicies(files []string) (*Session, error) {
	root, within, _, err := findRoot(files)
	return &Session{Rewrite: rewrite.Options{Walk: walk.Options{Root: root}, Within: within}}, err
}

// MaxPolicy is the largest policy in bytes that is read.
const MaxPolicy = 8 << 20

// ReadPolicy reads the file, a policy that regmigrate made, and returns its path relative
// to the root, slash-separated.
func (s *Session) ReadPolicy(file string) (rel string, src []byte, p format.OwnPolicy, err error) {
	if rel, err = relativeFile(s.Rewrite.Walk.Root, file); err != nil {
		return "", nil, p, fmt.Errorf("%s: %w", file, err)
	}
	src, _, err = readIn(s.Rewrite.Walk.Root, rel, MaxPolicy)
	if err != nil {
		return "", nil, p, fmt.Errorf("reading %q: %w", file, err)
	}
	p, ok := format.ReadOwnPolicy(src)
	if !ok {
		return "", nil, p, fmt.Errorf("%s: expected a policy that regmigrate made, which begins with %q", file, strings.TrimSpace(format.PolicyHeader))
	}
	return filepath.ToSlash(rel), src, p, nil
}
