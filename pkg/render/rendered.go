package render

// A Rendered is the text that a chart or a kustomization renders to.
type Rendered struct {
	Texts []Text // sorted by template
}

// A Text is the output of one template of a chart, or one object of a
// kustomization.
type Text struct {
	Template string // the path of the template in the chart's folder
	Body     string
	Objects  []Object
	Hashed   bool // kustomize appends a hash of the content to the object's name
}

// An Object is a Kubernetes object in a text. Each item of a List is an Object.
type Object struct {
	Kind, Namespace, Name string
	Line                  int // the first line of the object's document in the text, counted from 1
	Refs                  []Ref

	// Registries are the hosts in fields such as imageRegistry, whose value is a
	// host alone.
	Registries []Ref

	// Incomplete are the values of image fields that are not a reference because
	// a part of it is empty: "/web:1" without the registry, "web:" without the tag.
	Incomplete []Ref
}

// String formats kind, name and namespace: "Deployment/web in shop".
func (o Object) String() string {
	s := o.Kind + "/" + o.Name
	if o.Namespace != "" {
		s += " in " + o.Namespace
	}
	return s
}

// A Ref is an image reference of an object.
type Ref struct {
	Field string // the path of its field: .spec.containers[0].image
	Text  string
}

// Objects returns the number of objects in r.
func (r *Rendered) Objects() int {
	n := 0
	for i := range r.Texts {
		n += len(r.Texts[i].Objects)
	}
	return n
}

// ByTemplate returns the texts of r by the template that prints them.
func (r *Rendered) ByTemplate() map[string]*Text {
	out := make(map[string]*Text, len(r.Texts))
	for i := range r.Texts {
		out[r.Texts[i].Template] = &r.Texts[i]
	}
	return out
}
