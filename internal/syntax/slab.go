package syntax

// A slab hands out slices of T cut from larger ones: a big source has
// millions of nodes, and one allocation for each would take most of the time.
type slab[T any] struct {
	free []T
	size int // of the slice that free is the rest of
}

// take returns n zero values of T that nobody else has, nil for none.
func (s *slab[T]) take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if s.size = min(max(2*s.size, 32), 4096); n > s.size/2 {
			return make([]T, n)
		}
		s.free = make([]T, s.size)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}
