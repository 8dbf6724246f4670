package rewrite_test

// choices are random choices, one byte each. Without bytes left, every choice is
// the last alternative.
type choices struct{ left []byte }

// of returns a number from 0 to n-1.
func (c *choices) of(n int) int {
	if len(c.left) == 0 {
		return n - 1
	}
	b := c.left[0]
	c.left = c.left[1:]
	return int(b) % n
}

// in returns true with a probability of about percent.
func (c *choices) in(percent int) bool { return c.of(100) < percent }

func pick[T any](c *choices, from ...T) T { return from[c.of(len(from))] }
