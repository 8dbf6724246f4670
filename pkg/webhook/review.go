package webhook

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// The types of admission.k8s.io/v1, with the fields that the webhook reads.
// Source: k8s.io/api/admission/v1/types.go.
const (
	reviewVersion = "admission.k8s.io/v1"
	reviewKind    = "AdmissionReview"
)

// A head has the fields of a review that every decision needs. Object is the object of
// the request: a pod, or nothing if the object is not decoded.
type head[Object any] struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Request    *request[Object] `json:"request"`
}

type request[Object any] struct {
	UID         string   `json:"uid"`
	Resource    resource `json:"resource"`
	SubResource string   `json:"subResource"`
	Operation   string   `json:"operation"`
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Object      *Object  `json:"object"`
	OldObject   *Object  `json:"oldObject"`
}

type resource struct {
	Group    string `json:"group"`
	Version  string `json:"version"`
	Resource string `json:"resource"`
}

// ignored is an object that is not decoded: json skips the fields that it does not have.
type ignored struct{}

type pod struct {
	Metadata metadata     `json:"metadata"`
	Spec     podspec.Spec `json:"spec"`
}

type metadata struct {
	Name         string            `json:"name"`
	GenerateName string            `json:"generateName"`
	Annotations  map[string]string `json:"annotations"`
	Owners       []owner           `json:"ownerReferences"`
}

type owner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller *bool  `json:"controller"`
}

// decode decodes a review in one pass. As in the API server, names of fields are
// case-sensitive. Package encoding/json needs ten times as long for a review whose object
// is not decoded, and does not distinguish case.
func decode[Object any](body []byte) (*request[Object], error) {
	var h head[Object]
	if err := json.Unmarshal(body, &h); err != nil {
		return nil, fmt.Errorf("the body is not an AdmissionReview: %w", err)
	}
	switch {
	case h.Kind != reviewKind:
		return nil, fmt.Errorf("kind: expected %s, got %.80q", reviewKind, h.Kind)
	case h.APIVersion != reviewVersion:
		return nil, fmt.Errorf("apiVersion: expected %s, got %.80q; set admissionReviewVersions: [v1] in the webhook configuration", reviewVersion, h.APIVersion)
	case h.Request == nil:
		return nil, errors.New("request: expected an object, got none")
	case h.Request.UID == "":
		return nil, errors.New("request.uid: expected a text, got none")
	}
	r := h.Request
	if r.Resource != (resource{"", "v1", "pods"}) || r.place() == otherRequest {
		return nil, fmt.Errorf("request: expected CREATE of pods, or UPDATE of pods/ephemeralcontainers, in version v1; got %.20s of %s; select only these in the webhook configuration", r.Operation, r.describeResource())
	}
	return r, nil
}

// A requestPlace says which images of a pod may change in a request.
type requestPlace uint8

const (
	otherRequest requestPlace = iota // not a request of the webhook
	allImages                        // a pod is made
	newEphemeral                     // only ephemeral containers that are added: Kubernetes does not accept other changes
)

func (r *request[Object]) place() requestPlace {
	switch {
	case r.Operation == "CREATE" && r.SubResource == "":
		return allImages
	case r.Operation == "UPDATE" && r.SubResource == "ephemeralcontainers":
		return newEphemeral
	}
	return otherRequest
}

func (r *request[Object]) describeResource() string {
	name := r.Resource.Resource
	if r.Resource.Group != "" {
		name += "." + r.Resource.Group
	}
	if r.SubResource != "" {
		name += "/" + r.SubResource
	}
	return fmt.Sprintf("%.200q in version %.20q", name, r.Resource.Version)
}

// hasEscapes reports whether body may write a letter of an image as an escape sequence, in
// which [rules.Set.MayMatch] does not find it. The API server writes only <, > and & so.
func hasEscapes(body []byte) bool {
	return bytes.Contains(body, []byte(`\u`)) || bytes.Contains(body, []byte(`\/`))
}
