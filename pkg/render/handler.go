package render

import "fmt"

// Handlers is the table of what a child process can do: the kind of a job and
// the Handler that does it. The program that starts itself as a child passes
// the table to [Child].
type Handlers map[string]Handler

// A Handler does one job in a child process. It returns a pointer to the
// response, which encoding/gob must be able to encode.
type Handler func(c *Call) (response any, err error)

// A Call is a job as its Handler sees it.
type Call struct {
	Limits Limits

	// Decode decodes the request into the value that v points to.
	Decode func(v any) error

	// Last tells the child process to exit after the answer. A Handler sets it
	// after a job that changes the state of the process.
	Last bool
}

// HandlerOf returns a Handler for a function with a request and a response of
// fixed types.
func HandlerOf[Request, Response any](do func(*Request, Limits) (*Response, error)) Handler {
	return func(c *Call) (any, error) {
		var request Request
		if err := c.Decode(&request); err != nil {
			return nil, fmt.Errorf("decoding a request: %w", err)
		}
		response, err := do(&request, c.Limits)
		if err != nil {
			return nil, err
		}
		return response, nil
	}
}
