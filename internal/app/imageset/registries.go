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
)

// FindRegistries makes a run find the registries of the references of its repository, for
// a mirror. It reads the whole repository, because files outside of the paths decide with
// those inside, and the folders that the run only searches.
func FindRegistries(ctx context.Context, f *session.Flags, bar *session.Progress) {
	f.FindRegistries = func(s *session.Session) ([]session.FoundRegistry, error) {
		o := s.Rewrite
		o.Walk.Paths = []string{filepath.Join(o.Walk.Root, filepath.FromSlash(o.Within))}
		v := inventory.New(inventory.Options{
			Rules: o.Rules, Walk: o.Walk, Fields: o.Fields, Scopes: o.Scopes, WithVendored: true, Progress: bar.FilesScanned,
		})
		err := v.AddFiles(ctx)
		bar.Clear()
		if err != nil {
			return nil, session.InterruptedError(ctx, err)
		}
		return registriesOf(v), nil
	}
}

// registriesOf returns the registries of the references of an inventory, sorted by host. A
// registry that a variable names is not one of them.
func registriesOf(v *inventory.Inventory) []session.FoundRegistry {
	byHost := map[string]*session.FoundRegistry{}
	for _, m := range v.Images() {
		if !image.IsHost(m.Registry) || strings.Contains(m.Ref, "://") {
			continue
		}
		x := byHost[m.Registry]
		if x == nil {
			x = &session.FoundRegistry{Host: m.Registry}
			byHost[m.Registry] = x
		}
		x.References++
		place := fmt.Sprintf("%s:%d", m.Uses[0].Path, m.Uses[0].Line)
		if x.Place == "" || place < x.Place {
			x.Place = place
		}
	}
	var out []session.FoundRegistry
	for _, x := range byHost {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b session.FoundRegistry) int { return cmp.Compare(a.Host, b.Host) })
	return out
}
