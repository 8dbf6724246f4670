package format

import "slices"

// splitsAt returns the fields whose keys the mapping at f can have. It is called for
// each key of a mapping.
func (s *selectedFields) splitsAt(f *frame) []*tableField {
	if s.splitsOf == f {
		return s.lastSplit
	}
	var out []*tableField
	for _, x := range s.indexes(f) {
		if x == nil {
			continue
		}
		for _, t := range x.splits {
			if slices.ContainsFunc(t.Unless, f.has) {
				continue
			}
			if at, inObject := s.framesBelowRoot(f); s.isAt(t, f, at, inObject) {
				out = append(out, t)
			}
		}
	}
	s.splitsOf, s.lastSplit = f, out
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
