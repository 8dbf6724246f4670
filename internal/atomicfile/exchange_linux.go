package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchangeAt exchanges two names. Source: rename(2); some file systems do not support
// it.
func exchangeAt(a *os.File, aName string, b *os.File, bName string) error {
	return unix.Renameat2(int(a.Fd()), aName, int(b.Fd()), bName, unix.RENAME_EXCHANGE)
}
