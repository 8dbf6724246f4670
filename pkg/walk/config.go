package walk

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A config holds the variables of git's configuration that have no subsection,
// by "section.key" in lower case. If a variable is set twice, the last value
// counts. Included files are not read.
type config map[string]string

// maxConfig is the largest configuration file that is read, in bytes.
const maxConfig = 4 << 20

// readConfig reads git's configuration in the order of git-config(1): the
// system's, the user's, and the repository's from the folder common.
func readConfig(common string) (config, error) {
	c := config{}
	var outside []string
	if skip := os.Getenv("GIT_CONFIG_NOSYSTEM"); skip == "" || skip == "0" || skip == "false" {
		outside = append(outside, cmp.Or(os.Getenv("GIT_CONFIG_SYSTEM"), "/etc/gitconfig"))
	}
	if global, set := os.LookupEnv("GIT_CONFIG_GLOBAL"); set {
		outside = append(outside, global)
	} else {
		outside = append(outside, userFile("config"))
		if home, err := os.UserHomeDir(); err == nil {
			outside = append(outside, filepath.Join(home, ".gitconfig"))
		}
	}
	for _, path := range outside {
		if err := c.read(path); err != nil && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
	}
	return c, c.read(filepath.Join(common, "config"))
}

// userFile returns the path of a git file in the user's configuration folder,
// or "" if there is no such folder.
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

// excludesFile returns the path of the user's ignore file, or "". A relative
// core.excludesFile is relative to root.
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
	return resolve(root, path)
}

// hashSize returns the length of an object name in bytes.
func (c config) hashSize() int {
	if strings.EqualFold(c["extensions.objectformat"], "sha256") {
		return 32
	}
	return 20
}

// read adds the variables of the file at path. It is no error if there is no such
// file, or if its content cannot be a configuration.
func (c config) read(path string) error {
	if path == "" {
		return nil
	}
	src, err := readAtMost(path, maxConfig)
	if isUncertain(err) {
		return err
	}
	if err == nil {
		c.parse(string(src))
	}
	return nil
}

// parse adds the variables of the text of a file. It skips lines that are an
// error for git.
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

// configSection returns the name of the section header whose opening bracket
// precedes src, and the text after the header. The name of a section with a
// subsection is "".
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

// configValue returns the value at the start of src, without quotes, escapes
// and comment, and the text after the value's line.
func configValue(src string) (value, rest string) {
	src = strings.TrimLeft(src, " \t\r")
	var b strings.Builder
	quoted := false
	kept := 0 // length of b without white space at its end
	i := 0
	for i < len(src) && src[i] != '\n' {
		ch := src[i]
		i++
		switch {
		case ch == '\r' && strings.HasPrefix(src[i:], "\n"):
		case ch == '"':
			quoted = !quoted
			kept = b.Len()
		case (ch == '#' || ch == ';') && !quoted:
			_, rest, _ = strings.Cut(src[i:], "\n")
			return b.String()[:kept], rest
		case ch == '\\':
			text, size := configEscape(src[i:])
			i += size
			if text != "" {
				b.WriteString(text)
				kept = b.Len()
			}
		case !quoted && (ch == ' ' || ch == '\t' || ch == '\r'):
			if b.Len() > 0 { // white space in front of a value is dropped, also after an escaped line break
				b.WriteByte(ch)
			}
		default:
			b.WriteByte(ch)
			kept = b.Len()
		}
	}
	return b.String()[:kept], src[i:]
}

// configEscape decodes the escape whose backslash precedes src, and returns its
// length in bytes without the backslash. An escaped line break is "".
func configEscape(src string) (text string, size int) {
	switch {
	case src == "":
		return "", 0
	case strings.HasPrefix(src, "\r\n"):
		return "", 2
	}
	switch src[0] {
	case '\r', '\n':
		return "", 1
	case 'n':
		return "\n", 1
	case 't':
		return "\t", 1
	case 'b':
		return "\b", 1
	}
	return src[:1], 1
}
