package imageset

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// FindRegistries makes a run find the registries that its repository uses, for a mirror. It
// reads the whole repository, because files outside of the paths decide with those inside,
// and the folders that the run only searches; and it renders charts and kustomizations, unless
// --no-render is set.
func FindRegistries(ctx context.Context, f *session.Flags, bar *session.Progress) {
	f.FindRegistries = func(s *session.Session) ([]session.FoundRegistry, error) {
		o := s.Rewrite
		o.Walk.Paths = []string{filepath.Join(o.Walk.Root, filepath.FromSlash(o.Within))}
		v := newRegistryInventory(s, inventory.Options{Walk: o.Walk, WithVendored: true, Progress: bar.FilesScanned})
		err := v.AddFiles(ctx)
		if err == nil && !f.NoRender {
			c := Collector{Flags: f, Session: s, Progress: bar}
			err = c.AddRendered(ctx, v, RootsOf(v))
		}
		bar.Clear()
		if err != nil {
			return nil, session.InterruptedError(ctx, err)
		}
		return registriesOf(s, v), unreadError(v)
	}
}

// unreadError returns an error if a registry may be in a file that the system does not let the
// run read, or in a rendering that a limit of this machine ended: the run would move fewer
// references here than elsewhere. Files that cannot be parsed are searched as text.
func unreadError(v *inventory.Inventory) error {
	for _, f := range v.Unrendered {
		if render.IsBackstop(f.Err) {
			return session.Failed(fmt.Errorf("looking for the registries of the mirror in %s: %w", f.Path, f.Err))
		}
	}
	for _, s := range v.Skipped {
		if s.Reason == walk.Unreadable {
			return session.Failed(fmt.Errorf("looking for the registries of the mirror: %s cannot be read: %w\n  make it readable, or exclude it", s.Path, s.Err))
		}
	}
	return nil
}

// FindRegistriesIn makes a run find the registries that src uses, the content of a file
// called name.
func FindRegistriesIn(f *session.Flags, name string, src []byte) {
	f.FindRegistries = func(s *session.Session) ([]session.FoundRegistry, error) {
		v := newRegistryInventory(s, inventory.Options{})
		v.AddText(name, src)
		return registriesOf(s, v), nil
	}
}

// newRegistryInventory returns an inventory that finds registries, with the options o and
// those of the session.
func newRegistryInventory(s *session.Session, o inventory.Options) *inventory.Inventory {
	o.Rules, o.Fields, o.Scopes, o.FindRegistries = s.Rewrite.Rules, s.Rewrite.Fields, s.Rewrite.Scopes, true
	return inventory.New(o)
}

// registriesOf returns the registries of an inventory, sorted by host: of the references, of
// texts that may name one, and those whose images are on the mirror already. A registry that a
// variable names is not one of them.
func registriesOf(s *session.Session, v *inventory.Inventory) []session.FoundRegistry {
	byHost := map[string]*session.FoundRegistry{}
	add := func(host, place string, isSure bool) *session.FoundRegistry {
		x := byHost[host]
		if x == nil {
			x = &session.FoundRegistry{Host: host, Place: place}
			byHost[host] = x
		}
		x.IsSure = x.IsSure || isSure
		return x
	}
	for _, m := range v.Images() {
		if !image.IsHost(m.Registry) || strings.Contains(m.Ref, "://") {
			continue
		}
		place := fmt.Sprintf("%s:%d", m.Uses[0].Path, m.Uses[0].Line)
		x := add(m.Registry, place, true)
		x.References++
		x.Place = min(x.Place, place)
		if host, ok := s.OnMirror(m.Ref); ok {
			add(host, place, false)
		}
	}
	for _, r := range v.Registries() {
		x := add(r.Host, fmt.Sprintf("%s:%d", r.Path, r.Line), r.IsSure)
		x.References = max(x.References, 1)
	}
	var out []session.FoundRegistry
	for _, x := range byHost {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b session.FoundRegistry) int { return cmp.Compare(a.Host, b.Host) })
	return out
}
