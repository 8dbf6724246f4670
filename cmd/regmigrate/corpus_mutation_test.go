package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/kustomize"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A mutation is a plan with a wrong change in one file.
type mutation struct {
	said, file string
	after      []byte
}

// Limits for one repository.
const (
	maxMutations = 150
	maxAffected  = 3 // kustomizations that use the file
)

// mutate makes the plan wrong in many ways, one at a time: without an edit (such
// as the name in an overlay or a newName), with an entry twice, or without a
// file. A kustomization must not be proven if the kustomize program builds it
// differently from what the rules require.
func (w *realWorld) mutate(t *testing.T) {
	all := w.mutations()
	n := map[string]int{"mutations": len(all)}
	step := max(1, float64(len(all))/maxMutations)
	before := w.prover.Tree(w.root)
	right := map[string][]byte{}
	for i := range w.moved.Files {
		if f := &w.moved.Files[i]; len(f.Edits) > 0 {
			right[f.Path] = f.After()
		}
	}
	for i := 0.0; int(i) < len(all); i += step {
		m := all[int(i)]
		n["tried"]++
		files := map[string][]byte{}
		for name, src := range right {
			files[name] = src
		}
		files[m.file] = m.after
		dirs := w.affected(m.file)
		got, err := kustomize.Verify(context.Background(), w.prover.Runner, before, render.Overlay(before, files), kustomize.Options{Rewrite: render.ByRules(w.moved.Rules), Dirs: dirs})
		if err != nil {
			t.Fatal(err)
		}
		w.graph.write(t, w.now, m.file, m.after)
		for j := range got {
			v := &got[j]
			old := w.before(v.Dir)
			if old == "" {
				n["the program does not build it"]++
				continue
			}
			now := w.builds(w.now, v.Dir)
			wrong := []string{"it does not build any more"}
			if now != "" {
				wrong = w.moves.wrongPlaces(t, old, now)
			}
			what := "right by the program"
			if len(wrong) > 0 {
				what = "wrong by the program"
			}
			if w.graph.remote(v.Dir) {
				what += ", with stubs"
			}
			n[what+": "+v.State.String()]++
			switch {
			case len(wrong) > 0 && v.State == render.Proven:
				t.Errorf("%s: %s is proven (%s), and by the program: %s", m.said, v.Dir, v.Summary(), wrong[0])
			case len(wrong) > 0 && v.State == render.Unproven:
				t.Logf("%s: %s is unproven (%s), and by the program: %s", m.said, v.Dir, v.Summary(), wrong[0])
			case len(wrong) == 0 && v.State == render.Failed && !w.graph.remote(v.Dir): // a stub may not contain the wrong image
				t.Errorf("%s: %s FAILED (%s), and is right by the program", m.said, v.Dir, v.Summary())
			}
		}
		w.graph.write(t, w.now, m.file, right[m.file])
	}
	for _, what := range sortedBy(n) {
		t.Logf("%5d %s", n[what], what)
	}
}

// affected returns kustomizations that use the file.
func (w *realWorld) affected(file string) []string {
	var out []string
	for _, x := range w.moved.Proofs {
		if x.Kind == "kustomization" && w.graph.below(x.Path)[file] {
			out = append(out, x.Path)
		}
	}
	if len(out) > maxAffected {
		out = slices.Delete(out, 1, len(out)-maxAffected+1) // the first and the last
	}
	return out
}

func (w *realWorld) mutations() []mutation {
	var out []mutation
	for i := range w.moved.Files {
		f := &w.moved.Files[i]
		if len(f.Edits) == 0 || len(w.affected(f.Path)) == 0 {
			continue
		}
		out = append(out, mutation{f.Path + " is skipped", f.Path, f.Before})
		if w.graph[path.Dir(f.Path)] == nil || w.graph[path.Dir(f.Path)].file != f.Path {
			continue
		}
		if len(f.Edits) > 1 {
			for j, e := range f.Edits {
				out = append(out, without(f, j, fmt.Sprintf("%s: the edit to %q is left out", f.Path, e.New)))
			}
		}
		out = append(out, doubled(f)...)
	}
	return out
}

func without(f *rewrite.File, i int, said string) mutation {
	after, err := edit.Apply(f.Before, slices.Delete(slices.Clone(f.Edits), i, i+1))
	if err != nil {
		panic(err)
	}
	return mutation{said, f.Path, after}
}

// doubled returns mutations that repeat an entry of images in block style:
// unchanged, and with another tag.
func doubled(f *rewrite.File) []mutation {
	var out []mutation
	lines := strings.SplitAfter(string(f.After()), "\n")
	inside := false
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		indent := len(line) - len(text)
		if indent == 0 && text != "\n" && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "#") {
			inside = strings.HasPrefix(text, "images:")
		}
		if !inside || !strings.HasPrefix(text, "- ") {
			continue
		}
		end := i + 1
		for end < len(lines) && (strings.HasPrefix(lines[end], strings.Repeat(" ", indent+2))) {
			end++
		}
		entry := lines[i:end]
		if !strings.HasSuffix(entry[len(entry)-1], "\n") {
			continue
		}
		other := slices.DeleteFunc(slices.Clone(entry), func(l string) bool {
			l = strings.TrimSpace(l)
			return strings.HasPrefix(l, "newTag:") || strings.HasPrefix(l, "digest:") || strings.HasPrefix(l, "newName:")
		})
		other = append(other, strings.Repeat(" ", indent+2)+"newTag: doubled\n")
		for said, more := range map[string][]string{"twice": entry, "twice, with another tag": other} {
			after := strings.Join(slices.Concat(lines[:end], more, lines[end:]), "")
			out = append(out, mutation{fmt.Sprintf("%s: %q %s", f.Path, strings.Join(entry, ""), said), f.Path, []byte(after)})
		}
	}
	slices.SortFunc(out, func(a, b mutation) int { return strings.Compare(a.said, b.said) })
	return out
}
