package registry

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

func TestNearestTags(t *testing.T) {
	for _, x := range []struct {
		name, tag, tags string
		want            []string // tag: why
	}{
		{"a missing v", "1.8.0", "v1.7.0 v1.8.0 v1.8.6 v1.9.3 latest", []string{"v1.8.0: the same version, with v", "v1.8.6: the newest patch of the same minor version"}},
		{"an extra v", "v1.8.0", "1.8.0 1.10.0", []string{"1.8.0: the same version, without v", "1.10.0: the next newer version"}},
		{"numbers are compared as numbers", "1.8.0", "1.8.2 1.8.10 1.8.9", []string{"1.8.10: the newest patch of the same minor version", "1.8.2: the next newer version"}},
		{"the next minor version", "1.8.9", "1.8.1 1.10.0 1.9.4 2.0.0", []string{"1.9.4: the next newer version"}},
		{"only older versions", "2.0.0", "1.9.0 1.10.1 1.2.0", []string{"1.10.1: the newest older version"}},
		{"newest revision of Bitnami", "7.2.4-debian-12-r9", "7.2.4-debian-12-r8 7.2.4-debian-12-r16 7.2.4-debian-11-r99 7.2.5-debian-12-r0 7.2.4", []string{
			"7.2.4-debian-12-r16: another build of the same version", "7.2.5-debian-12-r0: the newest patch of the same minor version"}},
		{"another revision of Debian", "7.2.4-debian-11-r9", "7.2.4-debian-12-r1 7.2.4-alpine", []string{"7.2.4-debian-12-r1: another build of the same version"}},
		{"another kind of image", "1.25.0", "1.25.0-alpine 1.25.1-alpine", nil},
		{"the kind of image", "1.25.0-alpine3.17", "1.25.0-alpine3.18 1.25.0 1.25.1-slim", []string{"1.25.0-alpine3.18: another build of the same version"}},
		{"no release candidate for a release", "1.8.0", "1.8.1-rc.1 1.8.0-rc.2", nil},
		{"a release for a release candidate", "v1.8.0-rc.1", "v1.8.0 1.8.0-rc.1", []string{"1.8.0-rc.1: the same version, without v", "v1.8.0: another build of the same version"}},
		{"fewer numbers", "1.8", "1.8.0 v1.8", []string{"v1.8: the same version, with v", "1.8.0: another build of the same version"}},
		{"leading zeros are another text", "1.08", "v1.8 1.8", []string{"1.8: another build of the same version"}},
		{"no version", "latest", "v1.0.0", nil},
		{"no tag", "1.0.0", "1.0.1\n1.0.2 v1.0.0#x", nil},
		{"the same tag", "1.0.0", "1.0.0", nil},
		{"a huge number", "1.0.0", "1.0.99999999999999999999", nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			var got []string
			for _, n := range NearestTags(x.tag, strings.Split(x.tags, " ")) {
				got = append(got, n.Tag+": "+n.Why)
				if n.SameVersion != strings.Contains(n.Why, "same version, with") {
					t.Errorf("%s: SameVersion is %v", n.Tag, n.SameVersion)
				}
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("got %q\nwant %q", got, x.want)
			}
		})
	}
}

// FuzzNearestTags compares with the library semver, and checks what every result must be.
func FuzzNearestTags(f *testing.F) {
	f.Add("1.8.0", "v1.8.0 1.8.1 1.8.10 2.0.0 1.7.9", uint64(1))
	f.Add("v7.2.4-debian-12-r9", "7.2.4-debian-12-r9 v7.2.4-debian-12-r10 v7.2.4-debian-11-r1", uint64(2))
	f.Add("v1.8.0-rc.1", "v1.8.0 v1.8.0-rc.2", uint64(3))
	f.Fuzz(func(t *testing.T, tag, list string, seed uint64) {
		tags := strings.Split(list, " ")
		got := NearestTags(tag, tags)
		shuffled := slices.Concat(tags, tags)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := NearestTags(tag, shuffled); !slices.Equal(got, again) {
			t.Errorf("%q in %q: %v, in another order %v", tag, tags, got, again)
		}
		if len(got) > 5 {
			t.Errorf("%d tags", len(got))
		}
		seen, reasons := map[string]bool{}, map[string]string{}
		for i, n := range got {
			switch {
			case !slices.Contains(tags, n.Tag), n.Tag == tag, seen[n.Tag], reasons[n.Why] != "", !tagRE.MatchString(n.Tag):
				t.Errorf("%q in %q: %v", tag, tags, got)
			case n.SameVersion != (n.Tag == "v"+tag || "v"+n.Tag == tag) || n.SameVersion && i > 0:
				t.Errorf("%q in %q: %v is the same version", tag, tags, n)
			}
			seen[n.Tag], reasons[n.Why] = true, n.Tag
		}
		compareWithSemver(t, tag, tags, reasons)
	})
}

// compareWithSemver compares the newest patch and the next newer version with the library,
// if all tags are plain versions.
func compareWithSemver(t *testing.T, tag string, tags []string, reasons map[string]string) {
	want, err := semver.StrictNewVersion(tag)
	if err != nil || want.Prerelease()+want.Metadata() != "" {
		return
	}
	var patch, next *semver.Version
	for _, text := range tags {
		v, err := semver.StrictNewVersion(text)
		if err != nil || v.Prerelease()+v.Metadata() != "" || max(v.Major(), v.Minor(), v.Patch()) > 999_999_999 {
			return
		}
		if v.GreaterThan(want) && (next == nil || v.LessThan(next)) {
			next = v
		}
		if v.GreaterThan(want) && v.Major() == want.Major() && v.Minor() == want.Minor() && (patch == nil || v.GreaterThan(patch)) {
			patch = v
		}
	}
	if max(want.Major(), want.Minor(), want.Patch()) > 999_999_999 {
		return
	}
	text := func(v *semver.Version) string {
		if v == nil {
			return ""
		}
		return v.String()
	}
	if got := reasons["the newest patch of the same minor version"]; got != text(patch) {
		t.Errorf("%q in %q: the newest patch is %q, want %q", tag, tags, got, text(patch))
	}
	if got := reasons["the next newer version"]; got != text(next) && !(got == "" && text(next) == text(patch)) {
		t.Errorf("%q in %q: the next version is %q, want %q", tag, tags, got, text(next))
	}
}
