package report

import (
	"fmt"
	"io"

	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// A ClusterWriter writes the images of clusters in one format.
type ClusterWriter struct {
	Name string // the value of --output

	// Write writes images, which are all images of r or some of them. It returns the
	// errors of w.
	Write func(w io.Writer, r *cluster.Report, images []cluster.Image, o ClusterOptions) error
}

// ClusterOptions configure a report about clusters.
type ClusterOptions struct {
	Options
	Advice []cluster.Advice

	// For HTML:
	Point    cluster.Point             // the state now
	History  []cluster.Point           // the oldest first, with the state now
	Labels   []string                  // labels of owners to group by
	IsTarget func(*cluster.Image) bool // whether the image has a name that a rule moves to
}

// clusterWriters are all writers of clusters, the default first.
var clusterWriters = []ClusterWriter{
	{"table", writeClusterTable},
	{"plain", writeClusterPlain},
	{"csv", writeClusterCSV},
	{"json", writeClusterJSON},
	{"html", writeClusterHTML},
}

// ClusterNames returns the names of all writers of clusters, the default first.
func ClusterNames() []string {
	var out []string
	for _, w := range clusterWriters {
		out = append(out, w.Name)
	}
	return out
}

// FindCluster returns the writer of clusters with this name.
func FindCluster(name string) (ClusterWriter, error) {
	for _, w := range clusterWriters {
		if w.Name == name {
			return w, nil
		}
	}
	return ClusterWriter{}, fmt.Errorf("%q: expected %s", name, wording.List(ClusterNames(), "or"))
}
