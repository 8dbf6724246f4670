package pullrequest

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// harmlessHTTP are the settings http.* that cannot direct a request to another host,
// weaken TLS or write a file. pr itself replaces extraHeader.
// Source: git-config(1).
var harmlessHTTP = []string{
	"extraheader", "lowspeedlimit", "lowspeedtime", "maxrequests", "minsessions", "postbuffer", "receivepack", "sslcert", "sslkey",
	"sslcertpasswordprotected", "sslversion", "useragent", "version",
}

// checkConfig returns an error if the configuration of the repository itself, and not
// that of the user, decides where the token is sent: a proxy, a rewritten address, or
// weaker TLS.
func (s *Session) checkConfig(ctx context.Context) error {
	out, err := s.git.run(ctx, gitCall{args: []string{"config", "--includes", "--list", "--show-scope", "-z"}})
	if err != nil {
		return err
	}
	fields := strings.Split(out, "\x00") // SCOPE, then KEY, a newline and VALUE
	var addresses []string               // of the remotes, before url.*.insteadOf replaces them
	for i := 0; i+1 < len(fields); i += 2 {
		key, value, _ := strings.Cut(fields[i+1], "\n")
		for _, remote := range []string{s.o.Remote, s.o.PushRemote} {
			if key == "remote."+remote+".url" || key == "remote."+remote+".pushurl" {
				addresses = append(addresses, value)
			}
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if slices.Contains([]string{"system", "global", "command"}, fields[i]) {
			continue
		}
		key, value, _ := strings.Cut(fields[i+1], "\n")
		if s.divertsToken(key, value, addresses) {
			return &Problem{
				Message: fmt.Sprintf("the configuration of the repository sets %s, so that it decides where the token is sent", key),
				Hint: fmt.Sprintf("remove it: git config --%s --unset-all %s\n  if you trust it, set it for yourself: git config --global %s VALUE",
					fields[i], quoteArgument(key), quoteArgument(key)),
				Usage: true,
			}
		}
	}
	return nil
}

// quoteArgument quotes an argument of a shell command if necessary.
func quoteArgument(s string) string {
	if !strings.ContainsAny(s, " \t\"'\\$`*?&;<>|()[]{}~#!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// divertsToken reports whether a setting of the repository decides where requests with
// the token go. key is as git config --list prints it: without the part between the
// first and the last dot, it is in lower case.
func (s *Session) divertsToken(key, value string, addresses []string) bool {
	section, rest, _ := strings.Cut(key, ".")
	name := rest[strings.LastIndexByte(rest, '.')+1:]
	switch section {
	case "http":
		return !slices.Contains(harmlessHTTP, name)
	case "url":
		return slices.ContainsFunc(addresses, func(a string) bool { return strings.HasPrefix(a, value) })
	case "remote":
		remote := strings.TrimSuffix(rest, "."+name)
		return (remote == s.o.Remote || remote == s.o.PushRemote) && slices.Contains([]string{"proxy", "proxyauthmethod", "vcs"}, name)
	}
	return false
}
