package walk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// An index holds the paths that git tracks. The zero value is empty.
type index struct {
	paths      []string // sorted by bytes
	submodules map[string]bool
}

// has reports whether the file at path is tracked.
func (x *index) has(path string) bool {
	_, found := slices.BinarySearch(x.paths, path)
	return found
}

// under reports whether a file below the folder dir is tracked.
func (x *index) under(dir string) bool {
	dir += "/"
	i := sort.SearchStrings(x.paths, dir)
	return i < len(x.paths) && strings.HasPrefix(x.paths[i], dir)
}

// isSubmodule reports whether path is a submodule.
func (x *index) isSubmodule(path string) bool { return x.submodules[path] }

var errTruncatedIndex = errors.New("the index is truncated")

// maxIndex is the largest index that is read, in bytes: about twenty million
// files.
const maxIndex = 2 << 30

// readIndex reads the index file at path of a repository whose object names
// have hashSize bytes. The error wraps fs.ErrNotExist if the file is missing.
func readIndex(path string, hashSize int) (index, error) {
	src, err := readAtMost(path, maxIndex)
	if err != nil {
		return index{}, err
	}
	return parseIndex(src, hashSize)
}

// The layout of an index entry in bytes, from gitformat-index(5).
const (
	statSize   = 40 // times, device, inode, mode, user, group, size
	modeOffset = 24
	flagsSize  = 2

	flagExtended = 0x4000 // the flags have two more bytes

	modeType    = 0o170000
	modeGitlink = 0o160000
	modeFolder  = 0o040000 // in a sparse index: a folder that is not checked out
)

// parseIndex returns the paths of an index of version 2, 3 or 4. It does not
// verify the checksum: git replaces the file as a whole, and a wrong path could
// only cause more files to be scanned.
func parseIndex(src []byte, hashSize int) (index, error) {
	if len(src) < 12+hashSize || string(src[:4]) != "DIRC" {
		return index{}, errors.New("not a git index")
	}
	version := binary.BigEndian.Uint32(src[4:])
	if version < 2 || version > 4 {
		return index{}, fmt.Errorf("unknown index version %d", version)
	}
	count := int(binary.BigEndian.Uint32(src[8:]))
	body := src[12 : len(src)-hashSize]

	// The paths are substrings of one string: allocating a hundred thousand
	// strings would be most of the allocations of a walk.
	var all []byte
	ends := make([]int, 0, min(count, len(body)/(statSize+hashSize+flagsSize)))
	var x index
	var path []byte
	for range count {
		head := statSize + hashSize + flagsSize
		if len(body) < head {
			return index{}, errTruncatedIndex
		}
		mode := binary.BigEndian.Uint32(body[modeOffset:])
		if binary.BigEndian.Uint16(body[head-flagsSize:])&flagExtended != 0 {
			head += flagsSize
		}
		if version == 4 {
			// The path shares a prefix with the previous one; drop is the length
			// of the rest of the previous path.
			drop, n := prefixVarint(body[min(head, len(body)):])
			if n == 0 || drop > len(path) {
				return index{}, errors.New("the index is damaged")
			}
			head += n
			path = path[:len(path)-drop]
		} else {
			path = path[:0]
		}
		end := bytes.IndexByte(body[min(head, len(body)):], 0)
		if end < 0 {
			return index{}, errTruncatedIndex
		}
		path = append(path, body[head:head+end]...)
		size := head + end + 1
		if version < 4 {
			size = (head + end + 8) &^ 7 // one to eight NUL bytes
		}
		if size > len(body) {
			return index{}, errTruncatedIndex
		}
		body = body[size:]

		switch mode & modeType {
		case modeFolder:
			continue // its files are not on disk
		case modeGitlink:
			if x.submodules == nil {
				x.submodules = map[string]bool{}
			}
			x.submodules[string(path)] = true
		}
		all = append(all, path...)
		ends = append(ends, len(all))
	}
	text, begin := string(all), 0
	x.paths = make([]string, len(ends))
	for i, end := range ends {
		x.paths[i], begin = text[begin:end], end
	}
	if !slices.IsSorted(x.paths) {
		slices.Sort(x.paths)
	}
	return x, checkExtensions(body)
}

// prefixVarint decodes the number at the start of src, in the encoding of pack
// offsets, and returns its size in bytes, or 0 if it is malformed.
func prefixVarint(src []byte) (value, size int) {
	for i, b := range src {
		if i == 4 {
			return 0, 0 // larger than the length of any path
		}
		value = value<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			return value, i + 1
		}
		value++
	}
	return 0, 0
}

// checkExtensions returns an error if an extension after the entries may
// change which files are tracked.
func checkExtensions(src []byte) error {
	for len(src) >= 8 {
		name, size := string(src[:4]), int(binary.BigEndian.Uint32(src[4:]))
		switch {
		case name == "link":
			return errors.New("split indexes are not supported")
		case name == "sdir" || 'A' <= name[0] && name[0] <= 'Z': // a capital letter marks an optional extension
		default:
			return fmt.Errorf("unknown index extension %q", name)
		}
		if size > len(src)-8 {
			return errTruncatedIndex
		}
		src = src[8+size:]
	}
	return nil
}
