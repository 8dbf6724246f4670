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

// An index is what git tracks: the zero value tracks nothing.
type index struct {
	paths []string // sorted by bytes
	links map[string]bool
}

// has reports whether the file at path is tracked.
func (x *index) has(path string) bool {
	_, found := slices.BinarySearch(x.paths, path)
	return found
}

// under reports whether anything below the folder dir is tracked.
func (x *index) under(dir string) bool {
	dir += "/"
	i := sort.SearchStrings(x.paths, dir)
	return i < len(x.paths) && strings.HasPrefix(x.paths[i], dir)
}

// isLink reports whether path is a submodule.
func (x *index) isLink(path string) bool { return x.links[path] }

// maxIndex is the index of a repository with some twenty million files.
const maxIndex = 2 << 30

// readIndex reads the index file at path of a repository whose object names
// have hashSize bytes. The error is fs.ErrNotExist if there is none.
func readIndex(path string, hashSize int) (index, error) {
	src, err := readAtMost(path, maxIndex)
	if err != nil {
		return index{}, err
	}
	return parseIndex(src, hashSize)
}

// The parts of an index entry, in bytes, as gitformat-index(5) gives them.
const (
	statSize   = 40 // times, device, inode, mode, user, group, size
	modeOffset = 24
	flagsSize  = 2

	flagExtended = 0x4000 // two further bytes of flags

	modeType    = 0o170000
	modeGitlink = 0o160000
	modeFolder  = 0o040000 // of a sparse index: a whole folder that is not checked out
)

// parseIndex returns the paths of an index of version 2, 3 or 4. The checksum
// is not compared: git replaces the file whole, and a wrong path could only
// make more files be looked at.
func parseIndex(src []byte, hashSize int) (index, error) {
	if len(src) < 12+hashSize || string(src[:4]) != "DIRC" {
		return index{}, errors.New("it is no index")
	}
	version := binary.BigEndian.Uint32(src[4:])
	if version < 2 || version > 4 {
		return index{}, fmt.Errorf("its version is %d", version)
	}
	count := int(binary.BigEndian.Uint32(src[8:]))
	body := src[12 : len(src)-hashSize]

	// The paths are parts of one string: a hundred thousand of their own would
	// be most of what a walk allocates.
	var all []byte
	ends := make([]int, 0, min(count, len(body)/(statSize+hashSize+flagsSize)))
	var x index
	var path []byte
	for range count {
		head := statSize + hashSize + flagsSize
		if len(body) < head {
			return index{}, errors.New("it is cut off")
		}
		mode := binary.BigEndian.Uint32(body[modeOffset:])
		if binary.BigEndian.Uint16(body[head-flagsSize:])&flagExtended != 0 {
			head += flagsSize
		}
		if version == 4 {
			// The path repeats the one before but for some bytes at its end.
			drop, n := prefixVarint(body[min(head, len(body)):])
			if n == 0 || drop > len(path) {
				return index{}, errors.New("it is damaged")
			}
			head += n
			path = path[:len(path)-drop]
		} else {
			path = path[:0]
		}
		end := bytes.IndexByte(body[min(head, len(body)):], 0)
		if end < 0 {
			return index{}, errors.New("it is cut off")
		}
		path = append(path, body[head:head+end]...)
		size := head + end + 1
		if version < 4 {
			size = (head + end + 8) &^ 7 // one to eight NUL bytes
		}
		if size > len(body) {
			return index{}, errors.New("it is cut off")
		}
		body = body[size:]

		switch mode & modeType {
		case modeFolder:
			continue // its files are not there
		case modeGitlink:
			if x.links == nil {
				x.links = map[string]bool{}
			}
			x.links[string(path)] = true
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

// prefixVarint decodes the number that src begins with, in the encoding of
// pack offsets, and returns its size in bytes, 0 if it is none.
func prefixVarint(src []byte) (value, size int) {
	for i, b := range src {
		if i == 4 {
			return 0, 0 // more than any path is long
		}
		value = value<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			return value, i + 1
		}
		value++
	}
	return 0, 0
}

// checkExtensions returns an error if one of the extensions after the entries
// has to be understood to know what is tracked.
func checkExtensions(src []byte) error {
	for len(src) >= 8 {
		name, size := string(src[:4]), int(binary.BigEndian.Uint32(src[4:]))
		switch {
		case name == "link":
			return errors.New("it is a split index")
		case name == "sdir" || 'A' <= name[0] && name[0] <= 'Z': // the latter may be passed over
		default:
			return fmt.Errorf("it has the extension %q", name)
		}
		if size > len(src)-8 {
			return errors.New("it is cut off")
		}
		src = src[8+size:]
	}
	return nil
}
