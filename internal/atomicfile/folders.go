package atomicfile

import "io/fs"

// folders keeps folders open that several files are in: files of one folder usually
// follow each other.
type folders struct {
	dir    *Dir
	opened map[string]*folder // by path; "" is the top
	last   string             // the path of the folder that was used last
}

// open opens the folder of the file called name, unless it is open. The caller does not
// close the file.
func (c *folders) open(name string) (*file, error) {
	if !isLocal(name) {
		return nil, fs.ErrInvalid
	}
	path, base := splitName(name)
	f := c.opened[path]
	if f == nil {
		var err error
		if f, err = c.dir.openFolder(path); err != nil {
			return nil, err
		}
		if c.opened == nil {
			c.opened = map[string]*folder{}
		}
		c.opened[path] = f
	}
	c.last = path
	return &file{f, base}, nil
}

// closeOthers closes all folders but the one that was used last.
func (c *folders) closeOthers() {
	if len(c.opened) < 2 {
		return
	}
	for path, f := range c.opened {
		if path != c.last {
			f.close()
			delete(c.opened, path)
		}
	}
}

// close closes all folders.
func (c *folders) close() {
	for _, f := range c.opened {
		f.close()
	}
	c.opened = nil
}
