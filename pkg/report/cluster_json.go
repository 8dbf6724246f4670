package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/regmigrate/regmigrate/pkg/cluster"
	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// clusterVersion is the version of the JSON of clusters.
const clusterVersion = 1

// A JSONCluster is the JSON of `regmigrate cluster`. Programs that read the JSON of
// `regmigrate images` can read it: it has the same images, and more about each use.
type JSONCluster struct {
	Version     int                 `json:"version"`
	Program     string              `json:"program,omitempty"`
	Time        string              `json:"time,omitempty"`        // of the list, RFC 3339, in UTC
	Digest      string              `json:"rulesDigest,omitempty"` // of the rules; equal digests decide alike
	Rules       []JSONRule          `json:"rules,omitempty"`
	Contexts    []string            `json:"contexts"`
	Interrupted bool                `json:"interrupted,omitempty"`
	Counts      JSONClusterCounts   `json:"counts"`
	Images      []JSONClusterImage  `json:"images"`
	Advice      []JSONClusterAdvice `json:"advice"`
	Notes       []JSONClusterNote   `json:"notes"`
	Skipped     []JSONSkip          `json:"skipped"`
	Failures    []JSONFailure       `json:"failures"`
	Unrendered  []JSONFailure       `json:"unrendered"`
}

// JSONClusterCounts are the sums of a JSONCluster.
type JSONClusterCounts struct {
	Images     int `json:"images"`
	Uses       int `json:"uses"`
	Registries int `json:"registries"`
	Moving     int `json:"moving"`     // images that a rule moves
	MovingUses int `json:"movingUses"` // their uses
	GatingUses int `json:"gatingUses"` // of these, the uses that run or would run
	MovingPods int `json:"movingPods"` // pods that have not ended, of the uses that move; one for each container
	Objects    int `json:"objectsRead"`
	Pods       int `json:"podsRead"`
}

// A JSONClusterImage is one reference and its uses in clusters.
type JSONClusterImage struct {
	JSONImage
	Uses []JSONClusterUse `json:"uses"`
}

// A JSONClusterUse is a container, or another field, that names an image.
type JSONClusterUse struct {
	JSONUse
	Context     string               `json:"context"`
	Owner       JSONClusterObject    `json:"owner"`
	State       string               `json:"state"`
	Gates       bool                 `json:"gates"`
	Pods        int                  `json:"pods,omitempty"`
	Waiting     int                  `json:"waiting,omitempty"`
	Reason      string               `json:"reason,omitempty"`
	Digests     []string             `json:"digests,omitempty"`
	Managers    []JSONClusterManager `json:"managers,omitempty"`
	Labels      map[string]string    `json:"labels,omitempty"`
	StaticPod   bool                 `json:"staticPod,omitempty"`
	ByOperator  bool                 `json:"byOperator,omitempty"`
	PullPolicy  string               `json:"pullPolicy,omitempty"`
	PullSecrets []string             `json:"pullSecrets,omitempty"`
	Match       string               `json:"match,omitempty"`
	Sources     []JSONClusterSource  `json:"sources,omitempty"`
}

// A JSONClusterObject is the name of an object.
type JSONClusterObject struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// A JSONClusterManager is what put an object into a cluster.
type JSONClusterManager struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// A JSONClusterSource is a place in a repository.
type JSONClusterSource struct {
	Repository string `json:"repository"`
	Path       string `json:"path"`
	Line       int    `json:"line,omitempty"`
	Reference  string `json:"reference,omitempty"` // if it differs from that of the image
}

// A JSONClusterAdvice asks a person to do something, or informs a person.
type JSONClusterAdvice struct {
	Kind   string `json:"kind"` // a cluster.AdviceKind
	Text   string `json:"text"`
	Object string `json:"object,omitempty"`
}

// A JSONClusterNote is a fact about a list.
type JSONClusterNote struct {
	Context string `json:"context"`
	Text    string `json:"text"`
}

func writeClusterJSON(w io.Writer, r *cluster.Report, images []cluster.Image, o ClusterOptions) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(jsonCluster(r, images, o)); err != nil {
		return fmt.Errorf("writing the images of the cluster as JSON: %w", err)
	}
	return nil
}

func jsonCluster(r *cluster.Report, images []cluster.Image, o ClusterOptions) JSONCluster {
	t := clusterTotalsOf(images)
	out := JSONCluster{
		Version: clusterVersion, Program: o.Version, Time: o.Point.Time.Format(time.RFC3339), Contexts: append([]string{}, r.Contexts...), Interrupted: r.Interrupted,
		Counts: JSONClusterCounts{len(images), t.uses, t.registries, t.moving, t.movingUses, t.gatingUses, t.movingPods, r.Objects, r.Pods},
		Images: []JSONClusterImage{}, Advice: []JSONClusterAdvice{}, Notes: []JSONClusterNote{},
		Skipped: []JSONSkip{}, Failures: []JSONFailure{}, Unrendered: []JSONFailure{},
	}
	out.Digest, out.Rules = jsonRules(o.RuleSet)
	for i := range images {
		m := &images[i]
		j := JSONClusterImage{JSONImage: jsonImage(&m.Image), Uses: []JSONClusterUse{}}
		for k := range m.Uses {
			j.Uses = append(j.Uses, jsonClusterUse(&m.Uses[k]))
		}
		out.Images = append(out.Images, j)
	}
	for _, a := range o.Advice {
		out.Advice = append(out.Advice, JSONClusterAdvice{string(a.Kind), utf8Text(a.Text), utf8Text(a.Object)})
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, JSONClusterNote{n.Context, utf8Text(n.Text)})
	}
	for _, p := range r.Problems {
		out.Failures = append(out.Failures, JSONFailure{Path: utf8Text(problemPlace(p)), Error: utf8Text(p.Err.Error())})
	}
	return out
}

func jsonClusterUse(u *cluster.Use) JSONClusterUse {
	out := JSONClusterUse{
		JSONUse: JSONUse{Origin: inventory.InObject.String(), Path: utf8Text(u.Context), Field: utf8Text(u.Field), Object: objectTitle(u.Object), Likely: u.IsLikely},
		Context: utf8Text(u.Context), Owner: JSONClusterObject{u.Owner.APIVersion, u.Owner.Kind, u.Owner.Namespace, u.Owner.Name},
		State: string(u.State), Gates: u.State.Gates(), Pods: u.Pods, Waiting: u.Waiting, Reason: utf8Text(u.Reason), Digests: u.Digests, Labels: u.Labels,
		StaticPod: u.IsStatic, ByOperator: u.ByOperator, PullPolicy: u.PullPolicy, PullSecrets: u.PullSecrets, Match: string(u.SourceStatus),
	}
	if len(u.Digests) == 1 {
		out.RunningDigest = u.Digests[0]
	}
	for _, m := range u.Managers {
		out.Managers = append(out.Managers, JSONClusterManager{m.Kind, utf8Text(m.Name)})
	}
	for _, s := range u.Sources {
		out.Sources = append(out.Sources, JSONClusterSource{utf8Text(s.Repository), utf8Text(s.Path), s.Line, utf8Text(s.Ref)})
	}
	return out
}

// objectTitle returns the words of inventory.Use.Object for an object.
func objectTitle(o cluster.Object) string {
	if o.APIVersion == "" {
		return utf8Text(o.String())
	}
	return utf8Text(o.String() + " (" + o.APIVersion + ")")
}

// problemPlace names what could not be listed.
func problemPlace(p cluster.Problem) string {
	out := p.Context
	for _, x := range []string{p.Namespace, p.Kind} {
		if x != "" {
			out += "/" + x
		}
	}
	return strings.TrimPrefix(out, "/")
}

// clusterColumns are the columns of the CSV. New columns are appended.
var clusterColumns = []string{"reference", "registry", "repository", "tag", "digest", "new", "rule", "keep", "context", "namespace", "ownerKind", "owner", "object", "field",
	"state", "gates", "pods", "waiting", "runningDigests", "managers", "match", "sources", "labels"}

func writeClusterCSV(w io.Writer, _ *cluster.Report, images []cluster.Image, _ ClusterOptions) error {
	c := csv.NewWriter(w)
	if err := c.Write(clusterColumns); err != nil {
		return err
	}
	for i := range images {
		m := &images[i]
		for k := range m.Uses {
			u := &m.Uses[k]
			row := []string{m.Ref, m.Registry, m.Repository, m.Tag, m.Digest, m.New, m.Rule, m.Keep, u.Context, u.Owner.Namespace, u.Owner.Kind, u.Owner.Name, objectTitle(u.Object), u.Field,
				string(u.State), strconv.FormatBool(u.State.Gates()), strconv.Itoa(u.Pods), strconv.Itoa(u.Waiting), strings.Join(u.Digests, " "), managerWords(u), string(u.SourceStatus), strings.Join(sourceWords(u), "; "), labelWords(u)}
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
