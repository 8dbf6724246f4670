package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// HookFile is the configuration of pre-commit. Source: https://pre-commit.com.
const HookFile = ".pre-commit-config.yaml"

// HookEntry is the entry for the list repos of HookFile.
const HookEntry = `- repo: ` + homepage + `
  rev: ` + Release + `
  hooks:
  - id: regmigrate-check
`

// NewHookFile returns a configuration of pre-commit that has only the hook.
func NewHookFile() []byte { return []byte("repos:\n" + HookEntry) }

// ErrHookByHand means that the entry cannot be added without a change of other text.
var ErrHookByHand = errors.New("the entry cannot be added to this file without a change of other text")

// AddHook adds the entry to src, the content of HookFile, after the last entry of repos.
// All other bytes stay, but for blank lines at the end. If src has a hook of regmigrate, AddHook returns src. It returns
// ErrHookByHand if repos is not a list in block style, or not the last key.
func AddHook(src []byte) ([]byte, error) {
	before, repos, err := readHooks(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", HookFile, err)
	}
	if repos == nil || repos.Kind != yaml.SequenceNode || repos.Style&yaml.FlowStyle != 0 || len(repos.Content) == 0 {
		return nil, ErrHookByHand
	}
	for _, r := range repos.Content {
		if name, err := yaml.NewRNode(r).Pipe(yaml.Get("repo")); err == nil && name != nil && strings.HasSuffix(strings.TrimSuffix(name.YNode().Value, "/"), "regmigrate") {
			return src, nil
		}
	}
	newline := "\n"
	if bytes.Contains(src, []byte("\r\n")) {
		newline = "\r\n"
	}
	indent := strings.Repeat(" ", repos.Column-1)
	out := bytes.TrimRight(src, " \t\r\n")
	out = append(bytes.Clone(out), newline...)
	for line := range strings.Lines(HookEntry) {
		out = append(out, indent+strings.TrimSuffix(line, "\n")+newline...)
	}
	// The file after the change must be the file before it with one more entry.
	after, list, err := readHooks(out)
	if err != nil || list == nil || len(list.Content) != len(repos.Content)+1 {
		return nil, ErrHookByHand
	}
	entries, ok := after["repos"].([]any)
	if !ok {
		return nil, ErrHookByHand
	}
	after["repos"] = entries[:len(entries)-1]
	if !reflect.DeepEqual(before, after) {
		return nil, ErrHookByHand
	}
	return out, nil
}

// readHooks returns the content of HookFile, and the node of repos or nil.
func readHooks(src []byte) (map[string]any, *yaml.Node, error) {
	var content map[string]any
	if err := yaml.Unmarshal(src, &content); err != nil {
		return nil, nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return content, nil, nil
	}
	root := doc.Content[0].Content
	for i := 0; i+1 < len(root); i += 2 {
		if root[i].Value == "repos" {
			return content, root[i+1], nil
		}
	}
	return content, nil, nil
}
