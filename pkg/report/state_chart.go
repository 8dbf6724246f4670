package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// A chartPoint is the state of a migration at one time.
type chartPoint struct {
	Time          time.Time
	ToMove, Moved int
}

// A stateChart is the chart of points over time.
type stateChart struct {
	Width, Height, Left, Right, Label, Bottom int
	Title, From, To                           string
	ToMove, Moved                             string
	Grid, Dots                                []chartMark
}

type chartMark struct {
	X, Y int
	Text string
}

// newStateChart returns the chart of at least two points, else nil.
func newStateChart(points []chartPoint, noun string) *stateChart {
	if len(points) < 2 {
		return nil
	}
	c := &stateChart{Width: 900, Height: 260, Left: 60, Right: 890, Label: 52, Bottom: 255}
	const top, low = 15, 225
	first, last := points[0].Time, points[len(points)-1].Time
	most := 1
	for _, p := range points {
		most = max(most, p.ToMove, p.Moved)
	}
	x := func(t time.Time) int {
		if !last.After(first) {
			return c.Left
		}
		return c.Left + int(float64(c.Right-c.Left)*float64(t.Sub(first))/float64(last.Sub(first)))
	}
	y := func(n int) int { return low - (low-top)*n/most }
	var toMove, moved []string
	for _, p := range points {
		toMove = append(toMove, fmt.Sprintf("%d,%d", x(p.Time), y(p.ToMove)))
		moved = append(moved, fmt.Sprintf("%d,%d", x(p.Time), y(p.Moved)))
		c.Dots = append(c.Dots, chartMark{x(p.Time), y(p.ToMove), p.Time.Format("2 January 2006 15:04") + ": " + wording.Count(p.ToMove, noun) + " to move"})
	}
	c.ToMove, c.Moved = strings.Join(toMove, " "), strings.Join(moved, " ")
	for _, n := range slices.Compact([]int{0, most / 2, most}) {
		c.Grid = append(c.Grid, chartMark{0, y(n), wording.Number(n)})
	}
	layout := time.DateOnly
	if first.Format(layout) == last.Format(layout) {
		layout = "2006-01-02 15:04"
	}
	c.From, c.To = first.Format(layout), last.Format(layout)
	c.Title = fmt.Sprintf("%s to move on %s, %s on %s", wording.Count(points[0].ToMove, noun), c.From, wording.Number(points[len(points)-1].ToMove), c.To)
	return c
}
