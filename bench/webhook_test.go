//go:build linux

package bench

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// reviewSize is the number of bytes of a review of a usual pod.
const reviewSize = 5_000

// The webhook as a process, over TLS with HTTP/2, with reviews of 5 kB: the CPU time of the
// server for a review, the time to the answer at 500 reviews a second, and the memory
// after all reviews: all that is resident, and the part that is not pages of the program's
// file. REGMIGRATE_REVIEWS is the number of reviews. The program is built as a release is.
func BenchmarkWebhook(b *testing.B) {
	reviews := 50_000
	if text := os.Getenv("REGMIGRATE_REVIEWS"); text != "" {
		if _, err := fmt.Sscan(text, &reviews); err != nil {
			b.Fatal(err)
		}
	}
	b.Setenv("CGO_ENABLED", "0")
	program := build(b, "../cmd/regmigrate", "-ldflags=-s -w")
	for name, image := range map[string]string{"moved": "k8s.gcr.io/pause:3.9", "unrelated": "quay.io/prometheus/prometheus:v3"} {
		b.Run(name, func(b *testing.B) {
			cmd, client, url := startWebhook(b, program)
			body := review(image)
			send := func() time.Duration {
				start := time.Now()
				res, err := client.Post(url, "application/json", bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return 0
				}
				defer res.Body.Close()
				if text, err := io.ReadAll(res.Body); err != nil || bytes.Contains(text, []byte("JSONPatch")) != (name == "moved") {
					b.Errorf("%d %s %v", res.StatusCode, text, err)
				}
				return time.Since(start)
			}
			for b.Loop() {
				var wg sync.WaitGroup
				for range 8 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						for range reviews / 8 {
							send()
						}
					}()
				}
				wg.Wait()
			}
			b.ReportMetric(latency(send), "ms-p99-at-500/s")
			memory, own := residentMemory(b, cmd.Process.Pid, "VmRSS:"), residentMemory(b, cmd.Process.Pid, "RssAnon:")
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			use := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			b.ReportMetric(float64(use.Microseconds())/float64(reviews*b.N+latencyReviews), "µs-CPU/review")
			b.ReportMetric(float64(memory)/1024, "MB-after")
			b.ReportMetric(float64(own)/1024, "MB-without-file-after")
			b.ReportMetric(0, "ns/op")
		})
	}
}

const latencyReviews = 2_500

// latency sends 500 reviews a second, and returns the 99th percentile of the times to the
// answers in milliseconds.
func latency(send func() time.Duration) float64 {
	times := make([]time.Duration, latencyReviews)
	var wg sync.WaitGroup
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := range times {
		<-tick.C
		wg.Add(1)
		go func() {
			defer wg.Done()
			times[i] = send()
		}()
	}
	wg.Wait()
	slices.Sort(times)
	return float64(times[len(times)*99/100].Microseconds()) / 1000
}

// residentMemory returns a kind of the resident memory of a process in KiB. Kind is the
// start of a line of /proc/PID/status.
func residentMemory(b *testing.B, pid int, kind string) (kib int) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, kind); ok {
			if _, err := fmt.Sscan(value, &kib); err != nil {
				b.Fatal(err)
			}
		}
	}
	return kib
}

// review returns the review of a pod with the image.
func review(image string) []byte {
	head := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"name":"web","namespace":"default","operation":"CREATE","userInfo":{"username":"u"},"object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"` + image + `"},{"name":"log","image":"quay.io/a/log:1","env":[`
	const tail = `{"name":"LAST","value":""}]}]}},"oldObject":null,"dryRun":false}}`
	var b bytes.Buffer
	b.WriteString(head)
	for i := 0; b.Len() < reviewSize-len(tail); i++ {
		fmt.Fprintf(&b, `{"name":"VARIABLE_%d","value":"value of a usual length"},`, i)
	}
	b.WriteString(tail)
	return b.Bytes()
}

// startWebhook starts the webhook, and returns a client that trusts it.
func startWebhook(b *testing.B, program string) (*exec.Cmd, *http.Client, string) {
	b.Helper()
	dir := b.TempDir()
	certificate := testcluster.WriteCertificate(b, dir)
	cmd := exec.Command(program, "webhook", "serve", "--tls-cert", filepath.Join(dir, "tls.crt"), "--tls-key", filepath.Join(dir, "tls.key"), "--listen", "127.0.0.1:0", "--metrics", "off", "--drain", "0s")
	log, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(log)
	line, err := lines.ReadBytes('\n')
	var start struct{ Reviews string }
	if err != nil || json.Unmarshal(line, &start) != nil {
		b.Fatalf("%v %s", err, line)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
	return cmd, client, "https://" + start.Reviews
}
