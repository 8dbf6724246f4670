package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A browser is a Chromium, controlled over pipes with the DevTools Protocol.
type browser struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	id      int
	session string
	console []string // messages of the console, and exceptions
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	if os.Getenv("REGMIGRATE_REAL_BROWSER") == "" {
		t.Skip("NOT TESTED in a browser: REGMIGRATE_REAL_BROWSER is not set")
	}
	profile, err := os.MkdirTemp("", "regmigrate-browser")
	if err != nil {
		t.Fatal(err)
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Getenv("REGMIGRATE_REAL_BROWSER"), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--user-data-dir="+profile, "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: ourOut, out: bufio.NewReader(ourIn)}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		ourIn.Close()
		ourOut.Close()
		os.RemoveAll(profile) // fails while child processes run
	})
	if end, ok := t.Deadline(); ok {
		ourIn.SetReadDeadline(end.Add(-10 * time.Second)) // for a browser that does not answer
	}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Runtime", "Log", "Page"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// call calls a method and reads messages until its response.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.id++
	if params == nil {
		params = map[string]any{}
	}
	msg, err := json.Marshal(map[string]any{"id": b.id, "method": method, "params": params, "sessionId": b.session})
	if b.session == "" {
		msg, err = json.Marshal(map[string]any{"id": b.id, "method": method, "params": params})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(msg, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &got); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case got.Method == "Runtime.consoleAPICalled" || got.Method == "Runtime.exceptionThrown" || got.Method == "Log.entryAdded":
			b.console = append(b.console, string(got.Params))
		case got.ID == b.id && got.Error != nil:
			b.t.Fatalf("%s: %s", method, got.Error.Message)
		case got.ID == b.id:
			if result != nil {
				if err := json.Unmarshal(got.Result, result); err != nil {
					b.t.Fatal(err)
				}
			}
			return
		}
	}
}

// eval returns the value of a JavaScript expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var got struct {
		Result struct{ Value any }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true}, &got)
	return fmt.Sprint(got.Result.Value)
}

// until polls until an expression has the value want.
func (b *browser) until(expression, want string) {
	b.t.Helper()
	got := ""
	for range 600 {
		if got = b.eval(expression); got == want {
			return
		}
		b.eval("new Promise((r) => setTimeout(r, 100))")
	}
	b.t.Fatalf("%s = %s, want %s", expression, got, want)
}

// open opens a report in a window of the given width and colour scheme.
func (b *browser) open(page string, width int, scheme string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	b.until("document.documentElement.dataset.ready", "1")
}

// press sends the events of one key press.
func (b *browser) press(key, code string, vk int, text string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := map[string]any{"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": vk}
		if kind == "keyDown" && text != "" {
			p["text"] = text
		}
		b.call("Input.dispatchKeyEvent", p, nil)
	}
}

func TestRealPage(t *testing.T) {
	b := startBrowser(t)
	p := typicalPlanWithProofs(t)
	b.open(write(t, "html", p, Options{DryRun: true, Presets: []string{"k8s"}}), 1280, "light")
	for expression, want := range map[string]string{
		"document.querySelector('h1').textContent":                                               "4 references in 2 files would move to registry.k8s.io",
		"document.querySelectorAll('#picture path').length":                                      "2",
		"document.getElementById('found').textContent":                                           "7 findings in 4 files",
		"document.querySelectorAll('#proofs tbody tr').length":                                   "2",
		"document.querySelectorAll('#registries tbody tr').length":                               "2",
		"document.querySelectorAll('#actions tbody tr').length":                                  "3",
		"document.querySelectorAll('main section[aria-labelledby]').length":                      "7",
		"[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length).length": "0",
		"getComputedStyle(document.body).backgroundColor":                                        "rgb(255, 255, 255)",
		"[...document.querySelectorAll('#proofs td:first-child, #registries td:first-child')].filter((e) => e.getBoundingClientRect().height < 2 * parseFloat(getComputedStyle(e).lineHeight) || getComputedStyle(e).whiteSpace == 'nowrap').length": "4",
		"performance.getEntriesByType('resource').length":                                               "0",
		"document.querySelectorAll('nav a').length == document.querySelectorAll('main section').length": "true",
	} {
		if got := b.eval(expression); got != want {
			t.Errorf("%s = %s, want %s", expression, got, want)
		}
	}

	// With the keyboard: search for a word, and open the first file.
	b.press("/", "Slash", 191, "/")
	b.call("Input.insertText", map[string]any{"text": "pause"}, nil)
	b.until("document.getElementById('found').textContent", "1 finding in 1 file")
	for range 4 {
		b.press("Tab", "Tab", 9, "")
	}
	b.until("document.activeElement.tagName", "SUMMARY")
	if got := b.eval("getComputedStyle(document.activeElement).outlineStyle"); got != "solid" {
		t.Errorf("the focused element has the outline %s, want solid", got)
	}
	b.press("Enter", "Enter", 13, "\r")
	b.until("document.querySelectorAll('.diff mark').length", "2")
	if got, want := b.eval("[...document.querySelectorAll('.diff mark')].map((m) => m.textContent).join()"), "k8s.gcr.io,registry.k8s.io"; got != want {
		t.Errorf("got marks %s, want %s", got, want)
	}

	// In the dark colour scheme, on a narrow screen.
	b.open(write(t, "html", p, Options{DryRun: true}), 390, "dark")
	if got := b.eval("getComputedStyle(document.body).backgroundColor"); got != "rgb(17, 22, 28)" {
		t.Errorf("got background %s in the dark colour scheme", got)
	}
	if got := b.eval("document.documentElement.scrollWidth <= 390"); got != "true" {
		t.Errorf("the page is wider than the screen: %s", b.eval("document.documentElement.scrollWidth"))
	}
	for _, x := range b.console {
		t.Errorf("console message %s", x)
	}
}

// The number of elements does not depend on the number of findings.
func TestRealPageLarge(t *testing.T) {
	b := startBrowser(t)
	p := &rewrite.Plan{Rules: k8sRules(t), ScannedFiles: 2000}
	for i := range 2000 {
		f := changedFile(fmt.Sprintf("folder/%04d.yaml", i), notChanged(9, "k8s.gcr.io", format.Comment, ""))
		for j := range 4 {
			f.Findings = append(f.Findings, moved(j+1, fmt.Sprintf("k8s.gcr.io/app%d:%d", i, j), "registry.k8s.io/x"))
		}
		p.Files = append(p.Files, f)
	}
	one := changedFile("one.yaml")
	for j := range 10_000 {
		one.Findings = append(one.Findings, notChanged(j+1, "k8s.gcr.io/one", format.Comment, ""))
	}
	p.Files = append(p.Files, one)
	b.open(write(t, "html", p, Options{DryRun: true}), 390, "light")
	nodes := func() string { return b.eval("document.querySelectorAll('*').length < 1500") }
	b.until("document.getElementById('found').textContent", "20,000 findings in 2,001 files")
	if nodes() != "true" {
		t.Errorf("got %s elements, want fewer than 1500", b.eval("document.querySelectorAll('*').length"))
	}
	b.eval("byId('search').value = 'one'; byId('search').dispatchEvent(new Event('input'))")
	b.until("document.getElementById('found').textContent", "10,000 findings in 1 file")
	b.eval("document.querySelector('.file').open = true")
	b.until("document.querySelectorAll('.file li').length", "100")
	if nodes() != "true" {
		t.Errorf("got %s elements with an open file, want fewer than 1500", b.eval("document.querySelectorAll('*').length"))
	}
	b.eval("byId('search').value = 'app1999:3'; byId('search').dispatchEvent(new Event('input'))")
	b.until("document.getElementById('found').textContent", "1 finding in 1 file")
	for _, x := range b.console {
		t.Errorf("console message %s", x)
	}
}

// Text of a repository is neither executed nor added as an element.
func TestRealPageHostile(t *testing.T) {
	b := startBrowser(t)
	elements := ""
	for _, evil := range []string{"x", `"><img src=x onerror="document.title='owned'">`, "</script><script>document.title='owned'</script>", "<!--<script>", "${document.title='owned'}", "javascript:alert(1)", "https://x.example/\"onclick=\"x"} {
		b.open(write(t, "html", hostilePlan(t, evil), Options{DryRun: true, Presets: []string{evil}, Rules: evil}), 1280, "light")
		b.eval("for (const d of document.querySelectorAll('details')) d.open = true")
		b.until("[...document.querySelectorAll('details')].every((d) => d.dataset.full)", "true")
		if strings.Contains(b.eval("document.title"), "owned") && !strings.Contains(b.eval("document.title"), "regmigrate: ") {
			t.Errorf("%s was executed", evil)
		}
		got := b.eval("document.querySelectorAll('*:not(mark):not(#actions a):not(#notes a)').length")
		if elements == "" {
			elements = got
		}
		if got != elements {
			t.Errorf("%s: got %s elements, want %s", evil, got, elements)
		}
		if got := b.eval("document.querySelectorAll('img, script').length"); got != "2" {
			t.Errorf("%s: got %s scripts and images, want 2", evil, got)
		}
	}
	for _, x := range b.console {
		t.Errorf("console message %s", x)
	}
}
