package report

import "github.com/regmigrate/regmigrate/pkg/cluster"

// clusterTotals are the sums over images.
type clusterTotals struct{ uses, registries, moving, movingUses, gatingUses, movingPods int }

func clusterTotalsOf(images []cluster.Image) clusterTotals {
	var t clusterTotals
	registries := map[string]bool{}
	for i := range images {
		m := &images[i]
		registries[m.Registry] = true
		t.uses += len(m.Uses)
		if m.New == "" {
			continue
		}
		t.moving++
		t.movingUses += len(m.Uses)
		for k := range m.Uses {
			t.movingPods += m.Uses[k].Pods
			t.gatingUses += clusterCount(m.Uses[k].State.Gates())
		}
	}
	t.registries = len(registries)
	return t
}

func clusterCount(b bool) int {
	if b {
		return 1
	}
	return 0
}
