//go:build unix && !linux && !darwin

package atomicfile

import (
	"errors"
	"os"
)

func exchangeAt(*os.File, string, *os.File, string) error { return errors.ErrUnsupported }
