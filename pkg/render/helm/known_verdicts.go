package helm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// KnownVerdicts remembers the verdicts about charts, so that the same chart is not rendered
// again with the same change. It is for one Rewrite. The zero value is ready to use, by
// several goroutines.
type KnownVerdicts struct {
	of sync.Map // of render.Verdict, by verdictKey
}

type verdictKey [sha256.Size]byte

// find returns the verdict for key, and whether it is known. x may be nil.
func (x *KnownVerdicts) find(key verdictKey) (render.Verdict, bool) {
	if x == nil {
		return render.Verdict{}, false
	}
	v, ok := x.of.Load(key)
	if !ok {
		return render.Verdict{}, false
	}
	return v.(render.Verdict), true
}

// add remembers v, unless it may be another one on another machine.
func (x *KnownVerdicts) add(key verdictKey, v render.Verdict) {
	if x != nil && !v.Backstop {
		x.of.Store(key, v)
	}
}

// keyOf returns the key of all that decides about the verdict for a chart.
func keyOf(before, after *Chart, o *Options) verdictKey {
	h := sha256.New()
	if sameFiles(before.Files, after.Files) {
		addText(h, "unchanged")
	}
	reads := readsFiles(before) || readsFiles(after)
	for _, c := range []*Chart{before, after} {
		addText(h, c.Dir)
		addFiles(h, c.Files, reads)
		for _, v := range append(slices.Clip(c.Values), o.ExtraValues) {
			addText(h, v.Name)
			addCount(h, len(v.Files))
			for _, src := range v.Files {
				addText(h, string(src))
			}
			addTexts(h, v.Set)
		}
		for _, name := range slices.Sorted(maps.Keys(c.DependencyDirs)) {
			addTexts(h, []string{name, c.DependencyDirs[name]})
		}
	}
	as := o.Capabilities
	addTexts(h, append([]string{as.KubeVersion, as.Release, as.Namespace}, as.APIVersions...))
	if o.AddedKeys {
		addText(h, "added keys")
	}
	return verdictKey(h.Sum(nil))
}

// readsFiles reports whether a template of c may read files of the chart.
func readsFiles(c *Chart) bool {
	for _, src := range c.Files {
		if bytes.Contains(src, []byte(".Files")) {
			return true
		}
	}
	return false
}

// addFiles adds the files of a chart; Markdown only if templates may read it.
func addFiles(h hash.Hash, files map[string][]byte, hasMarkdown bool) {
	addCount(h, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !hasMarkdown && path.Ext(name) == ".md" {
			continue
		}
		addText(h, name)
		addCount(h, len(files[name]))
		h.Write(files[name])
	}
}

func addTexts(h hash.Hash, texts []string) {
	addCount(h, len(texts))
	for _, text := range texts {
		addText(h, text)
	}
}

func addText(h hash.Hash, text string) {
	addCount(h, len(text))
	h.Write([]byte(text))
}

func addCount(h hash.Hash, n int) { h.Write(binary.AppendUvarint(nil, uint64(n))) }
