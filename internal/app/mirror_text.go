package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/registry"
)

// printCopied prints the results of the copies, and returns the number of failures.
func printCopied(s session.Streams, f *session.Flags, out []registry.CopyResult) int {
	var copied, present, attached, failed, left int
	var failures copyFailures
	for _, x := range out {
		attached += x.Attached
		switch {
		case errors.Is(x.Err, registry.ErrInterrupted):
			left++
			continue
		case x.Err != nil:
			failed++
			failures.add(x.From, x.Err)
			continue
		case x.Present:
			present++
		default:
			copied++
		}
		if f.Verbose {
			verb := "copied "
			if x.Present {
				verb = "present"
			}
			fmt.Fprintf(s.Out, "%s  %s  %s\n", verb, x.To, x.Digest)
		}
		if x.Replaced != "" && !f.Quiet {
			fmt.Fprintf(s.Out, "replaced %s: the digest was %s and is now %s\n", x.To, x.Replaced, x.Digest)
		}
	}
	failures.print(s, f.Verbose)
	if !f.Quiet && len(out) == 0 {
		fmt.Fprintln(s.Out, "nothing to copy: no complete image reference found")
	} else if !f.Quiet {
		fmt.Fprintf(s.Out, "%s: %d copied, %d already present", session.Plural(len(out), "reference"), copied, present)
		if failed > 0 {
			fmt.Fprintf(s.Out, ", %d failed", failed)
		}
		if left > 0 {
			fmt.Fprintf(s.Out, ", %d remaining", left)
		}
		if attached > 0 {
			fmt.Fprintf(s.Out, "; and %s", session.Plural(attached, "signature, attestation or other artifact"))
		}
		fmt.Fprintln(s.Out)
	}
	return failed
}

// printPlanned prints the amount of data to send, and returns the number of images
// that could not be checked.
func printPlanned(s session.Streams, f *session.Flags, plans []registry.PlannedCopy) (failed int) {
	present, blobs, bytes := 0, 0, int64(0)
	var failures copyFailures
	for _, p := range plans {
		switch {
		case p.Err != nil:
			failed++
			failures.add(p.From, p.Err)
			continue
		case p.Present:
			present++
		case p.Replaced != "":
			fmt.Fprintf(s.Err, "%s has the digest %s and would be replaced by %s\n", p.To, p.Replaced, p.Digest)
		}
		blobs, bytes = blobs+p.Blobs, bytes+p.Bytes
		if f.Verbose {
			fmt.Fprintf(s.Err, "%10s  %s\n", formatBytes(p.Bytes), p.To)
		}
	}
	failures.print(s, f.Verbose)
	if !f.Quiet {
		fmt.Fprintf(s.Err, "at most %s in %s to send, %d of %s already present; signatures and other artifacts not counted\n", formatBytes(bytes), session.Plural(blobs, "blob"), present, session.Plural(len(plans), "reference"))
	}
	return failed
}

// mirrorProgress returns a function that describes the progress of a mirror run in
// one line. It estimates the remaining time from the bytes sent since the first copy
// began.
func mirrorProgress(images int, now func() time.Time) func(registry.Progress) string {
	var began time.Time
	return func(p registry.Progress) string {
		if p.Planned < images || p.TotalBytes == 0 && p.Images == 0 {
			return fmt.Sprintf("%d of %s checked", p.Planned, session.Plural(images, "reference"))
		}
		if began.IsZero() {
			began = now()
		}
		s := fmt.Sprintf("%d of %s, %s of %s, %d of %s", p.Images, session.Plural(images, "reference"), formatBytes(p.Bytes), formatBytes(p.TotalBytes), p.Blobs, session.Plural(p.TotalBlobs, "blob"))
		if t := now().Sub(began); p.SentBytes > 0 && t > 3*time.Second {
			left := time.Duration(float64(p.TotalBytes-p.Bytes) / float64(p.SentBytes) * float64(t))
			s += ", about " + roundDuration(left) + " left"
		}
		return s
	}
}

// roundDuration formats a duration in one unit: h, min or s.
func roundDuration(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("%d s", int(max(0, d).Round(time.Second).Seconds()))
}

func printSkipped(s session.Streams, skipped []*imageset.Image) {
	if len(skipped) == 0 {
		return
	}
	fmt.Fprintf(s.Err, "%s not copied:\n", session.Plural(len(skipped), "reference"))
	for i, w := range skipped {
		if i == maxShown {
			fmt.Fprintf(s.Err, "    and %d more\n", len(skipped)-i)
			break
		}
		fmt.Fprintf(s.Err, "    %s%s   %s\n", w.New, firstPlace(w.Places), w.SkipReason)
	}
}

// printRules prints the command and the configuration that make the files refer to
// the mirror. Both include the presets and rules of this command line, because the
// mirror contains the images that these rules produce.
func (x *mirrorRun) printRules(set *session.Session) {
	var hosts []string
	for _, c := range x.copies {
		if host := hostOf(c.From); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	command, yaml := "regmigrate", ""
	for _, p := range set.Presets {
		command += " --preset " + p
		yaml += ", " + p
	}
	if yaml != "" {
		yaml = "  presets: [" + yaml[2:] + "]\n"
	}
	yaml += "  rules:\n"
	for _, rule := range x.flags.Rules {
		from, target, _ := strings.Cut(rule, "=")
		command += " --rule " + rule
		yaml += fmt.Sprintf("  - {from: %s, to: %s}\n", from, target)
	}
	for _, host := range hosts {
		target := x.options.To
		if x.options.WithHost {
			target += "/" + hostAsPath(host)
		}
		command += " --rule " + host + "=" + target
		yaml += fmt.Sprintf("  - {from: %s, to: %s}\n", host, target)
	}
	fmt.Fprintf(x.streams.Out, "next: %s PATH\n        makes the files refer to the mirror; the same in %s:\n%s", command, session.ConfigName, yaml)
}

func formatBytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return session.Plural(int(n), "byte")
}
