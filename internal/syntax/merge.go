package syntax

// maxMerges bounds the mappings that are read for one field: merged mappings may merge
// each other.
const maxMerges = 32

// MergedField is Field for a mapping that merges others with the key <<, as YAML 1.1 does.
// A key of n itself wins, then that of the first mapping that n merges.
// Source: https://yaml.org/type/merge.html
func (n *Node) MergedField(key string) *Node {
	left := maxMerges
	return n.mergedField(key, &left)
}

func (n *Node) mergedField(key string, left *int) *Node {
	if v := n.Field(key); v != nil {
		return v
	}
	for _, m := range n.merges() {
		if *left--; *left < 0 {
			return nil
		}
		if v := m.mergedField(key, left); v != nil {
			return v
		}
	}
	return nil
}

// MergedKeys returns the keys of the mapping n and of those that it merges, each once.
func (n *Node) MergedKeys() []string {
	left := maxMerges
	seen := map[string]bool{}
	var out []string
	n.addMergedKeys(&left, func(key string) {
		if !seen[key] {
			seen[key] = true
			out = append(out, key)
		}
	})
	return out
}

func (n *Node) addMergedKeys(left *int, add func(key string)) {
	if n == nil || n.Kind != Mapping {
		return
	}
	for i := 0; i < len(n.Children); i += 2 {
		if key := n.Children[i]; key.Kind == Scalar && key.Value != "<<" {
			add(key.Value)
		}
	}
	for _, m := range n.merges() {
		if *left--; *left < 0 {
			return
		}
		m.addMergedKeys(left, add)
	}
}

// merges returns the mappings that n merges, in order.
func (n *Node) merges() []*Node {
	m := n.Field("<<")
	switch {
	case m == nil:
		return nil
	case m.Kind == Mapping:
		return []*Node{m}
	case m.Kind != Sequence:
		return nil
	}
	var out []*Node
	for _, item := range m.Children {
		if item = item.Resolve(); item.Kind == Mapping {
			out = append(out, item)
		}
	}
	return out
}
