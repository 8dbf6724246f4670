package syntax

// A slab allocates slices of T as parts of larger slices. A large source has
// millions of nodes; allocating each separately would take most of the time.
type slab[T any] struct {
	free []T
	size int // of the slice that contains free
}

// alloc returns a new slice of n zero values. It returns nil if n is 0.
func (s *slab[T]) alloc(n int) []T {
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
