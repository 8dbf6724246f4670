package cluster

import "slices"

// An Operated is a custom resource whose operator makes pods with images that a rule moves.
type Operated struct {
	Context string
	Owner   Object
	Images  []string // references, sorted
	Pods    int      // containers
}

// OperatedUses returns the custom resources that own pods with images to move, sorted. Their
// operators may undo a change of the pods, or delete the pods and make them again.
func OperatedUses(images []Image) []Operated {
	type key struct {
		context string
		owner   Object
	}
	all := map[key]*Operated{}
	var order []key
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			if m.New == "" || !u.ByOperator || !u.State.Gates() {
				continue
			}
			id := key{u.Context, u.Owner}
			x := all[id]
			if x == nil {
				x = &Operated{Context: u.Context, Owner: u.Owner}
				all[id], order = x, append(order, id)
			}
			x.Pods += u.Pods
			if j, ok := slices.BinarySearch(x.Images, m.Ref); !ok {
				x.Images = slices.Insert(x.Images, j, m.Ref)
			}
		}
	}
	slices.SortFunc(order, func(a, b key) int {
		if a.context != b.context {
			if a.context < b.context {
				return -1
			}
			return 1
		}
		return compareObjects(a.owner, b.owner)
	})
	var out []Operated
	for _, id := range order {
		out = append(out, *all[id])
	}
	return out
}
