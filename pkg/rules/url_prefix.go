package rules

import (
	"fmt"
	"strings"
)

// urlScheme begins the prefixes of rules for repositories of Helm charts on web
// servers. The host of such a prefix contains the scheme, so that the rule matches
// no reference to an image.
const urlScheme = "https://"

// isURL reports whether p is a prefix of URLs.
func (p prefix) isURL() bool { return strings.HasPrefix(p.host, urlScheme) }

// parseURLPrefix parses https://host[:port][/path]. One final slash is allowed and
// dropped.
func parseURLPrefix(s string) (prefix, error) {
	text := urlScheme + strings.TrimSuffix(s[len(urlScheme):], "/")
	host, path, hasPath := strings.Cut(text[len(urlScheme):], "/")
	if !validHost(host) {
		return prefix{}, fmt.Errorf("%q: %q is not a host name; expected the URL of a repository of charts, such as https://charts.example.com/stable", s, host)
	}
	for _, c := range strings.Split(path, "/") {
		if hasPath && (c == "" || strings.TrimFunc(c, isURLChar) != "") {
			return prefix{}, fmt.Errorf("%q: %q is not a path component; expected the URL of a repository of charts, such as https://%s/stable", s, c, host)
		}
	}
	return prefix{urlScheme + host, path, text}, nil
}

// mixedSchemeError returns the error for a rule of which only one prefix begins with
// https://.
func mixedSchemeError(from, to prefix) error {
	side, url := "from", from
	if to.isURL() {
		side, url = "to", to
	}
	name := url.spelled[len(urlScheme):]
	return fmt.Errorf("%s %q has a scheme, which is not part of an image reference; expected a prefix such as %s, or https:// on both sides for a repository of charts", side, url.spelled, orExample(name))
}

// isURLChar reports whether a path of a URL in a rule may contain r: the unreserved
// characters of RFC 3986, and %.
func isURLChar(r rune) bool {
	return r < 128 && (isAlnum(byte(r)) || r >= 'A' && r <= 'Z' || strings.ContainsRune("-._~%", r))
}

// splitURL splits the URL of a repository of charts into host and path.
func splitURL(text string) (textView, bool) {
	rest, ok := strings.CutPrefix(text, urlScheme)
	if !ok {
		return textView{}, false
	}
	host, _, slash := strings.Cut(rest, "/")
	v := textView{kind: ChartRepository, host: urlScheme + host, spelled: urlScheme + host, text: text, pathStart: len(urlScheme) + len(host)}
	if slash {
		v.pathStart++
	}
	return v, true
}

// IsForCharts reports whether the rule moves repositories of Helm charts on web
// servers, and no images.
func (r *Rule) IsForCharts() bool { return strings.HasPrefix(r.From, urlScheme) }
