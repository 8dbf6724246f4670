package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/fleet"
)

// A FleetWriter writes the state of many repositories and clusters in one format.
type FleetWriter struct {
	Name string // the value of --output

	// Write returns the errors of w.
	Write func(w io.Writer, s *fleet.State, o FleetOptions) error
}

// FleetOptions configure a report about many repositories and clusters.
type FleetOptions struct {
	Options
	History []fleet.Point // the oldest first, with the state now; for text and HTML
}

// fleetWriters are all writers of fleets, the default first.
var fleetWriters = []FleetWriter{
	{"text", writeFleetText},
	{"csv", writeFleetCSV},
	{"json", writeFleetJSON},
	{"html", writeFleetHTML},
}

// FleetNames returns the names of all writers of fleets, the default first.
func FleetNames() []string {
	var out []string
	for _, w := range fleetWriters {
		out = append(out, w.Name)
	}
	return out
}

// FindFleet returns the writer of fleets with this name.
func FindFleet(name string) (FleetWriter, error) {
	for _, w := range fleetWriters {
		if w.Name == name {
			return w, nil
		}
	}
	return FleetWriter{}, unknownFormat(name, FleetNames())
}

func writeFleetJSON(w io.Writer, s *fleet.State, _ FleetOptions) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("writing the merged state as JSON: %w", err)
	}
	return nil
}

// fleetColumns are the columns of the CSV. New columns are appended.
var fleetColumns = []string{"kind", "name", "status", "owner", "registry", "toMove", "likely", "byHand", "notChanged", "moved", "reasons", "commit", "time", "source", "program", "rulesDigest", "otherRules", "pullRequest", "file"}

// writeFleetCSV writes one row per owner and registry of a subject, and one for a subject
// without any.
func writeFleetCSV(w io.Writer, s *fleet.State, _ FleetOptions) error {
	c := csv.NewWriter(w)
	if err := c.Write(fleetColumns); err != nil {
		return err
	}
	for i := range s.Subjects {
		x := &s.Subjects[i]
		cells := x.Cells
		if len(cells) == 0 {
			cells = []fleet.Cell{{}}
		}
		pull := ""
		if x.PullRequest != nil {
			pull = strings.TrimSpace(x.PullRequest.Action + " " + x.PullRequest.URL)
		}
		for _, cell := range cells {
			row := []string{string(x.Kind), x.Name, string(x.Status), cell.Owner, cell.Registry}
			for _, n := range []int{cell.ToMove, cell.Likely, cell.ByHand, cell.NotChanged, cell.Moved} {
				row = append(row, strconv.Itoa(n))
			}
			row = append(row, strings.Join(x.Reasons, "; "), x.Commit, x.Time, string(x.Source), x.Program, x.Rules, strconv.FormatBool(x.OtherRules), pull, x.File)
			for j := range row {
				row[j] = csvCell(row[j])
			}
			if err := c.Write(row); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}
