package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// A Replacement says that the file called Name, whose contents are Want, is to have the
// contents Contents. Name is relative and slash-separated.
type Replacement struct {
	Name           string
	Want, Contents []byte
}

// The bounds of a batch. Each of its files has two open files, and each of its folders
// two more.
const (
	maxBatchFiles = 128
	maxBatchBytes = 32 << 20

	// minBatchFiles is the least number of files for which the whole file system is
	// synced. Its other changes may take long.
	minBatchFiles = 5
)

// ReplaceAll replaces files as Replace does, in batches: it writes the temporary files
// of up to 128 files (32 MiB), syncs the file system once, and then replaces them one by
// one. A sync of each file and folder is what takes the time of Replace. If a batch
// fails, its files are replaced as Replace does.
//
// It calls result once for each file, in the order of list, with the attributes and the
// error that Replace would return. For files that were not replaced when ctx was done,
// that is the error of ctx.
func (d *Dir) ReplaceAll(ctx context.Context, list iter.Seq[Replacement], result func(name string, lost []string, err error)) {
	b := &batch{folders: folders{dir: d}, result: result}
	defer b.close()
	for r := range list {
		if err := ctx.Err(); err != nil {
			b.commit(ctx)
			b.finish(&member{Replacement: r, err: err})
			continue
		}
		b.add(ctx, r)
	}
	b.commit(ctx)
}

// CheckAll calls result for each name and its wanted contents, with the error that
// Replace would return because of the state of the file, or nil if Replace would replace
// it.
func (d *Dir) CheckAll(files iter.Seq2[string, []byte], result func(name string, err error)) {
	opened := folders{dir: d}
	defer opened.close()
	for name, want := range files {
		f, err := opened.open(name)
		if err == nil {
			var old *oldFile
			if old, err = f.check(want); err == nil {
				old.Close()
			}
		}
		if err != nil {
			err = fmt.Errorf("checking %q: %w", name, err)
		}
		opened.closeOthers()
		result(name, err)
	}
}

// A batch is some files of ReplaceAll whose temporary files are written and not synced.
type batch struct {
	folders folders
	members []*member
	bytes   int
	result  func(name string, lost []string, err error)

	systems          []*folder // one folder on each file system with members, for syncs
	hasUnsyncedNames bool
}

// A member is one file of a batch.
type member struct {
	Replacement
	*file
	old       *oldFile
	temporary *temporary
	lost      []string
	err       error
}

// add prepares a file. If that fails, it replaces the files before it, because that may
// release space on the disk, and then this file alone.
func (b *batch) add(ctx context.Context, r Replacement) {
	m := &member{Replacement: r}
	if m.file, m.err = b.folders.open(r.Name); m.err == nil {
		m.old, m.err = m.openOld()
	}
	if m.err == nil {
		lockShared(m.old.File)
		b.systems = addSystem(b.systems, m.folder)
		m.temporary, m.lost, m.err = b.places(m)[0].fill(m.old, m.Contents)
	}
	b.members = append(b.members, m)
	b.bytes += len(r.Contents)
	if m.old != nil && m.err != nil || len(b.members) >= maxBatchFiles || b.bytes >= maxBatchBytes {
		b.commit(ctx)
	}
}

func (b *batch) places(m *member) []place { return b.folders.dir.places(m.file) }

// commit replaces the prepared files.
func (b *batch) commit(ctx context.Context) {
	isSynced := b.sync()
	for _, m := range b.members {
		if err := ctx.Err(); err != nil && m.err == nil {
			m.err = err
		}
		switch {
		case m.old == nil: // it must not be replaced
		case m.err == nil:
			m.err = b.replaceMember(m, isSynced)
		case ctx.Err() == nil:
			b.replaceAlone(m)
		}
		b.finish(m)
	}
	b.members, b.bytes = b.members[:0], 0
	b.folders.closeOthers()
}

// replaceMember puts the temporary file of m in the place of the file.
func (b *batch) replaceMember(m *member, isSynced bool) error {
	if !isSynced && m.temporary.Sync() != nil {
		b.replaceAlone(m)
		return m.err
	}
	err := m.file.commit(m.temporary, m.old, m.Want)
	switch {
	case errors.As(err, new(*placeError)):
		b.replaceAlone(m)
		return m.err
	case err == nil && isSynced:
		b.hasUnsyncedNames = true
	case err == nil:
		syncFolder(m.folder)
	}
	return err
}

// replaceAlone replaces m as Replace does.
func (b *batch) replaceAlone(m *member) {
	m.release()
	m.lost, m.err = m.replace(b.places(m), m.Want, m.Contents)
}

// release closes what m has opened but for its folder.
func (m *member) release() {
	if m.temporary != nil {
		m.temporary.close()
	}
	if m.old != nil {
		m.old.Close()
	}
	m.temporary, m.old = nil, nil
}

// finish reports the result of m.
func (b *batch) finish(m *member) {
	m.release()
	if m.err != nil {
		m.err = fmt.Errorf("replacing %q: %w", m.Name, m.err)
		m.lost = nil
	}
	b.result(m.Name, m.lost, m.err)
}

// sync makes the temporary files durable. It returns false if it cannot.
func (b *batch) sync() bool {
	if len(b.members) < minBatchFiles || !canSyncFileSystem() {
		return false
	}
	for _, m := range b.members {
		if m.temporary != nil && !m.folder.device.isKnown {
			return false
		}
	}
	return b.syncSystems() == nil
}

// syncSystems syncs the file systems of all members so far.
func (b *batch) syncSystems() error {
	for _, f := range b.systems {
		if err := syncFileSystem(f.dir); err != nil {
			return err
		}
	}
	return nil
}

// close makes the new names durable. Errors are ignored, as those of syncFolder.
func (b *batch) close() {
	if b.hasUnsyncedNames {
		_ = b.syncSystems()
	}
	for _, f := range b.systems {
		f.close()
	}
	b.folders.close()
}

// addSystem adds a folder on the file system of f to list, unless there is one. It is
// open before the first temporary file is written: a sync reports the errors since then.
func addSystem(list []*folder, f *folder) []*folder {
	for _, x := range list {
		if x.device == f.device {
			return list
		}
	}
	root, err := f.OpenRoot(".")
	if err != nil {
		return list
	}
	system, err := newFolder(root)
	if err != nil {
		return list
	}
	return append(list, system)
}
