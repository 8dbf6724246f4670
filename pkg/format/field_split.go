package format

import "slices"

// splitsAt returns the fields whose keys the mapping at f can have.
func (s *selectedFields) splitsAt(f *frame) []*tableField {
	var out []*tableField
	for _, x := range s.indexes(f) {
		for _, t := range x.splits {
			if slices.ContainsFunc(t.Unless, f.has) {
				continue
			}
			if at, inObject := framesBelowRoot(f); s.isAt(t, f, at, inObject) {
				out = append(out, t)
			}
		}
	}
	return out
}

// splitWith returns the first field with the key in the mapping at f, or nil.
func (s *selectedFields) splitWith(f *frame, key string) *tableField {
	for _, t := range s.splitsAt(f) {
		if key == t.Registry || key == t.Repository || key == t.Tag || key == t.Digest {
			return t
		}
	}
	return nil
}
