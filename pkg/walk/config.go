package walk

import (
	"os"
	"path/filepath"
	"strings"
)

// A config is the variables of git's configuration that have no subsection,
// by "section.key" in lower case. A variable that is set twice has the last
// value. Included files are not read.
type config map[string]string

// maxConfig is far more than a configuration that people write.
const maxConfig = 4 << 20

// readConfig reads git's configuration as git-config(1) orders it: the
// system's, the user's, and the repository's out of the folder common.
func readConfig(common string) config {
	c := config{}
	if on := os.Getenv("GIT_CONFIG_NOSYSTEM"); on == "" || on == "0" || on == "false" {
		c.read(fallback(os.Getenv("GIT_CONFIG_SYSTEM"), "/etc/gitconfig"))
	}
	if global, set := os.LookupEnv("GIT_CONFIG_GLOBAL"); set {
		c.read(global)
	} else {
		c.read(userFile("config"))
		if home, err := os.UserHomeDir(); err == nil {
			c.read(filepath.Join(home, ".gitconfig"))
		}
	}
	c.read(filepath.Join(common, "config"))
	return c
}

// userFile returns the path of one of the user's own git files, or "".
func userFile(name string) string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git", name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".config", "git", name)
}

// excludesFile returns the path of the user's own ignore file, or "". A
// relative one is relative to root.
func (c config) excludesFile(root string) string {
	path, set := c["core.excludesfile"]
	if !set {
		return userFile("ignore")
	}
	if path == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		return filepath.Join(home, rest)
	}
	return from(root, path)
}

// hashSize returns the number of bytes of an object's name.
func (c config) hashSize() int {
	if strings.EqualFold(c["extensions.objectformat"], "sha256") {
		return 32
	}
	return 20
}

// read adds the variables of the file at path, if it can be read.
func (c config) read(path string) {
	if path == "" {
		return
	}
	if src, err := readAtMost(path, maxConfig); err == nil {
		c.parse(string(src))
	}
}

// parse adds the variables of a file's text. Lines that git would refuse are
// passed over.
func (c config) parse(src string) {
	src = strings.TrimPrefix(src, "\ufeff")
	section := ""
	for src != "" {
		src = strings.TrimLeft(src, " \t\r\n")
		switch {
		case src == "":
		case src[0] == '#' || src[0] == ';':
			_, src, _ = strings.Cut(src, "\n")
		case src[0] == '[':
			section, src = configSection(src[1:])
		default:
			end := strings.IndexAny(src, "=\n#;")
			if end < 0 {
				end = len(src)
			}
			key := strings.ToLower(strings.TrimSpace(src[:end]))
			value := ""
			if src = src[end:]; src != "" && src[0] == '=' {
				value, src = configValue(src[1:])
			} else {
				_, src, _ = strings.Cut(src, "\n")
			}
			if section != "" {
				c[section+"."+key] = value
			}
		}
	}
}

// configSection returns the name of a section and what follows its bracket;
// "" for one with a subsection.
func configSection(src string) (name, rest string) {
	quoted := false
	for i := 0; i < len(src); i++ {
		switch {
		case src[i] == '\n':
			return "", src[i:]
		case quoted && src[i] == '\\':
			i++
		case src[i] == '"':
			quoted = !quoted
		case src[i] == ']' && !quoted:
			name = strings.ToLower(strings.TrimSpace(src[:i]))
			if strings.ContainsAny(name, "\".") {
				name = ""
			}
			return name, src[i+1:]
		}
	}
	return "", ""
}

// configValue returns the value that src begins with, without quotes, escapes
// and comment, and what follows its line.
func configValue(src string) (value, rest string) {
	src = strings.TrimLeft(src, " \t\r") // what git's own isspace takes, without the line break
	var b strings.Builder
	quoted := false
	kept := 0 // bytes of b that are not white space at its end
	i := 0
	for ; i < len(src) && src[i] != '\n'; i++ {
		ch := src[i]
		switch {
		case ch == '\r' && strings.HasPrefix(src[i:], "\r\n"):
			continue
		case ch == '"':
			quoted = !quoted
			kept = b.Len()
			continue
		case (ch == '#' || ch == ';') && !quoted:
			_, rest, _ = strings.Cut(src[i:], "\n")
			return b.String()[:kept], rest
		case ch == '\\':
			if i++; i == len(src) {
				return b.String()[:kept], ""
			}
			switch src[i] {
			case '\r':
				if strings.HasPrefix(src[i:], "\r\n") {
					i++
				}
				continue
			case '\n':
				continue
			case 'n':
				ch = '\n'
			case 't':
				ch = '\t'
			case 'b':
				ch = '\b'
			default:
				ch = src[i]
			}
			b.WriteByte(ch)
			kept = b.Len()
			continue
		}
		space := !quoted && (ch == ' ' || ch == '\t' || ch == '\r')
		if space && b.Len() == 0 {
			continue // white space before a value is none of it, behind an escaped line break either
		}
		b.WriteByte(ch)
		if !space {
			kept = b.Len()
		}
	}
	return b.String()[:kept], src[i:]
}

// fallback returns s, or other if s is empty.
func fallback(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
