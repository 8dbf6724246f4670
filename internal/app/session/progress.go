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

// A Progress shows on a terminal how far a long run has come: one line, gone
// when the run is done. It is silent for the first second and off terminals.
type Progress struct {
	mu    sync.Mutex
	w     io.Writer // nil: silent
	start time.Time
	last  time.Time
	shown bool

	failed int    // proofs so far; these come one call at a time
	worst  string // the last of these
}

func NewProgress(w io.Writer, quiet bool) *Progress {
	p := &Progress{start: time.Now()}
	if !quiet && isTerminal(w) {
		p.w = w
	}
	return p
}

// FilesScanned tells that n files have been looked at.
func (p *Progress) FilesScanned(n int) { p.Show(fmt.Sprintf("%d files looked at", n)) }

// Proofs tells how many charts have been rendered, or kustomizations built, and
// which one failed.
func (p *Progress) Proofs(done, total int, v *render.Verdict) {
	what := "charts rendered"
	if v.Kustomization {
		what = "kustomizations built"
	}
	words := fmt.Sprintf("%d of %d %s", done, total, what)
	if v.State == render.Failed {
		p.failed++
		p.worst = v.Dir
	}
	if p.failed > 0 {
		words += fmt.Sprintf(", %d FAILED, such as %.40s", p.failed, report.EscapeText(strings.ReplaceAll(p.worst, "\n", " ")))
	}
	p.Show(words)
}

func (p *Progress) Show(words string) { p.ShowFunc(func() string { return words }) }

// ShowFunc is tell for words that are made only when they are shown.
func (p *Progress) ShowFunc(words func() string) {
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
	fmt.Fprint(p.w, "\r\x1b[K"+words())
}

// Clear takes the line away.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
