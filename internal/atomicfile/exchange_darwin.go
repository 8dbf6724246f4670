package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchangeAt exchanges two names. Source: renamex_np(2); APFS supports it.
func exchangeAt(a *os.File, aName string, b *os.File, bName string) error {
	return unix.RenameatxNp(int(a.Fd()), aName, int(b.Fd()), bName, unix.RENAME_SWAP)
}
