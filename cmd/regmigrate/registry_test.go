package main

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/regmigrate/regmigrate/internal/testregistry"
)

type worldKey struct{}

// A worldOf is the network of a script, nil if it has none.
type worldOf struct{ *testregistry.Network }

func theWorld(ts *testscript.TestScript) *testregistry.Network {
	w := ts.Value(worldKey{}).(*worldOf).Network
	if w == nil {
		ts.Fatalf("there is no world yet")
	}
	return w
}

// world starts a network of registries under their public names. The programs of
// the script can reach nothing else.
func world(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "world")
	w, err := testregistry.Start(ts.MkAbs("."))
	ts.Check(err)
	ts.Defer(w.Close)
	ts.Value(worldKey{}).(*worldOf).Network = w
	for _, v := range append(w.Env(), "XDG_CACHE_HOME="+ts.MkAbs(".cache"), "HOME="+ts.MkAbs("."), "DOCKER_CONFIG="+ts.MkAbs("docker")) {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
}

// host NAME [KEY=VALUE...] adds a registry or changes its behavior: see
// testregistry.Behavior. refuse=429,503 sets the status of the next responses.
func host(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "host NAME [KEY=VALUE...]")
	theWorld(ts).Host(args[0]).SetBehavior(func(b *testregistry.Behavior) {
		for _, x := range args[1:] {
			key, value, _ := strings.Cut(x, "=")
			switch key {
			case "dead":
				b.Unreachable = value != "false"
			case "blocked":
				b.Blocked = value != "false"
			case "untrusted":
				b.Untrusted = value != "false"
			case "immutable":
				b.ImmutableTags = value != "false"
			case "readonly":
				b.ReadOnly = value != "false"
			case "auth":
				b.Auth = value
			case "user":
				b.User, b.Password, _ = strings.Cut(value, ":")
			case "manifests":
				b.RedirectManifests = value
			case "blobs":
				b.RedirectBlobs = value
			case "after":
				b.RetryAfter = value
			case "refuse":
				b.FailWith = nil
				for _, n := range strings.Split(value, ",") {
					status, err := strconv.Atoi(n)
					ts.Check(err)
					b.FailWith = append(b.FailWith, status)
				}
			case "truncate":
				n, err := strconv.Atoi(value)
				ts.Check(err)
				b.TruncateBlobs = n
			default:
				ts.Fatalf("a host has no %q", key)
			}
		}
	})
}

// push REFERENCE SEED [PLATFORM[=SEED]...] pushes an image, or an index of
// several platforms. The same seed makes the same image.
func push(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "push REFERENCE SEED [PLATFORM[=SEED]...]")
	seed, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	_, err = theWorld(ts).PushImage(args[0], seed, args[2:]...)
	ts.Check(err)
}

// artifact REFERENCE KIND TEXT pushes an artifact of the kind chart or feature.
func pushArtifact(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "artifact REFERENCE KIND TEXT")
	_, err := theWorld(ts).PushArtifact(args[0], args[1], args[2])
	ts.Check(err)
}

// asked HOST PATTERN requires a request to the host that matches; with "!" it
// requires that no request matches.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 2, "asked HOST PATTERN")
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	all := theWorld(ts).Requests(args[0])
	for _, r := range all {
		if re.MatchString(r) {
			if neg {
				ts.Fatalf("%s was asked: %s", args[0], r)
			}
			return
		}
	}
	if !neg {
		ts.Fatalf("%s was not asked that, but:\n%s", args[0], strings.Join(all, "\n"))
	}
}

// samehash A B requires that two references have the same digest.
func sameDigest(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 2, "samehash A B")
	a, err := theWorld(ts).Digest(args[0])
	ts.Check(err)
	b, err := theWorld(ts).Digest(args[1])
	ts.Check(err)
	if (a == b) == neg {
		ts.Fatalf("%s has %s, %s has %s", args[0], a, args[1], b)
	}
}
