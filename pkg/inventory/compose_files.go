package inventory

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// composeFiles are the YAML files of a walk, and those that Compose files include or
// extend.
type composeFiles struct {
	mu    sync.Mutex
	yaml  map[string]walk.File // that have no name of a Compose file
	named []string
}

// record records the file f with the content src.
func (c *composeFiles) record(f walk.File, src []byte) {
	if ext := path.Ext(f.Path); ext != ".yaml" && ext != ".yml" {
		return
	}
	isCompose := format.IsCompose(f.Path)
	var named []string
	if isCompose {
		named = format.ComposeFiles(f.Path, src)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.named = append(c.named, named...)
	if !isCompose {
		if c.yaml == nil {
			c.yaml = map[string]walk.File{}
		}
		c.yaml[strings.Clone(f.Path)] = f
	}
}

// addComposeFiles reads the files again that Compose files include or extend: they are
// Compose files, whatever their names are.
func (v *Inventory) addComposeFiles(c *composeFiles) {
	for len(c.named) > 0 {
		name := c.named[0]
		c.named = c.named[1:]
		f, isOther := c.yaml[name]
		if !isOther {
			continue
		}
		delete(c.yaml, name)
		src, skip, err := v.read(f, new(bytes.Buffer))
		if skip != "" || err != nil {
			continue
		}
		base := Use{Origin: InFile, Path: name, Line: 1}
		before := v.scanAs(name, name, src, base)
		after := v.scanAs(name, format.ComposeName, src, base)
		v.remove(before)
		v.add(after.refs, after.unresolved)
		c.named = append(c.named, format.ComposeFiles(name, src)...)
	}
}

// remove removes what add added.
func (v *Inventory) remove(s scanResult) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Unresolved -= s.unresolved
	for _, f := range s.refs {
		m := v.images[f.image.key()]
		if m == nil {
			continue
		}
		if i := slices.Index(m.Uses, f.use); i >= 0 {
			m.Uses = slices.Delete(m.Uses, i, i+1)
		}
		if len(m.Uses) == 0 {
			delete(v.images, f.image.key())
		}
	}
}
