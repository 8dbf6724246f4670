package session

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// A Progress is a progress line on a terminal. It appears after one second. On
// other outputs it prints nothing.
type Progress struct {
	mu    sync.Mutex
	w     io.Writer // nil: print nothing
	start time.Time
	last  time.Time
	shown bool

	failed     int    // number of failed proofs
	lastFailed string // folder of the last failed proof
}

// NewProgress returns a progress line on w. It prints nothing if quiet is set or w
// is not a terminal.
func NewProgress(w io.Writer, quiet bool) *Progress {
	p := &Progress{start: time.Now()}
	if !quiet && isTerminal(w) {
		p.w = w
	}
	return p
}

// FilesScanned shows the number of scanned files.
func (p *Progress) FilesScanned(n int) { p.Show(fmt.Sprintf("%d files scanned", n)) }

// Proofs shows the number of charts rendered or kustomizations built, and the last
// one that failed. Calls must not be concurrent.
func (p *Progress) Proofs(done, total int, v *render.Verdict) {
	unit := "charts rendered"
	if v.Kustomization {
		unit = "kustomizations built"
	}
	text := fmt.Sprintf("%d of %d %s", done, total, unit)
	if v.State == render.Failed {
		p.failed++
		p.lastFailed = v.Dir
	}
	if p.failed > 0 {
		text += fmt.Sprintf(", %d FAILED, such as %.40s", p.failed, report.EscapeText(strings.ReplaceAll(p.lastFailed, "\n", " ")))
	}
	p.Show(text)
}

// Show shows text.
func (p *Progress) Show(text string) { p.ShowFunc(func() string { return text }) }

// ShowFunc shows the result of text, which it calls only if the line is due: at
// most every 100 ms.
func (p *Progress) ShowFunc(text func() string) {
	if p.w == nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.start) < time.Second || now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprint(p.w, "\r\x1b[K"+text())
}

// Clear removes the line.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
