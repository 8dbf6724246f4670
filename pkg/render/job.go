package render

import "errors"

// A Job is one request to a child process.
type Job struct {
	Kind    string // the key of its Handler in the Handlers of the child
	Request any    // encoding/gob must be able to encode it

	// Response points to the value that the response is decoded into.
	Response any

	// Prepare is called before the job is sent, nil for none. sent holds the
	// keys that earlier jobs added for the same child process: what it has
	// received and keeps. Prepare completes the request and adds its own keys.
	Prepare func(sent map[string]bool) error
}

// A JobError says that a job failed because of what was rendered, and not for
// the lack of a child process.
type JobError struct {
	Text string

	// Fatal says that the job exceeded a limit, and would exceed it again.
	Fatal bool

	// Ended says that the child process ended for an unknown reason.
	Ended bool

	// Backstop says that the reason was the time, the memory or the child
	// process. On another machine the job may succeed, so that a result without
	// it is not the result.
	Backstop bool
}

func (e *JobError) Error() string { return e.Text }

// EndlessRecursion is the Text of the JobError of a job whose recursion did not
// end.
const EndlessRecursion = "endless recursion"

// IsJobError reports whether err contains a JobError.
func IsJobError(err error) bool {
	e := (*JobError)(nil)
	return errors.As(err, &e)
}

// IsFatal reports whether err contains a JobError of a job that exceeded a
// limit.
func IsFatal(err error) bool {
	e := (*JobError)(nil)
	return errors.As(err, &e) && e.Fatal
}

// EndsChild reports whether err contains a JobError of a job that ended its
// child process.
func EndsChild(err error) bool {
	e := (*JobError)(nil)
	return errors.As(err, &e) && (e.Fatal || e.Ended)
}

// IsBackstop reports whether err contains a JobError of a job that may succeed on
// another machine. Nothing is known of what it would have rendered.
func IsBackstop(err error) bool {
	e := (*JobError)(nil)
	return errors.As(err, &e) && e.Backstop
}
