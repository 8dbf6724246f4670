package atomicfile

import "errors"

// A MetadataError says that a new file cannot have a property of the file that it
// would replace.
type MetadataError struct {
	Property string // "owner and group", "mode" or "access control list"
	Err      error
}

func (e *MetadataError) Error() string {
	return "a new file cannot have its " + e.Property + ": " + e.Err.Error()
}

func (e *MetadataError) Unwrap() error { return e.Err }

// errNotKept is the error for a property that the system accepts and does not store.
var errNotKept = errors.New("the file system does not store it")
