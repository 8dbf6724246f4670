package render

// A Rendered is the text that a chart or a kustomization renders to.
type Rendered struct {
	Texts []Text // of a chart, sorted by template
}

// A Text is what one template prints.
type Text struct {
	Template string // its path below the chart's folder
	Body     string
	Objects  []Object
	Hashed   bool // the name ends in the hash that kustomize gives what it holds
}

// An Object is one object of a text. An item of a List is one.
type Object struct {
	Kind, Namespace, Name string
	Line                  int // 1-based, in the text, where its document begins
	Refs                  []Ref
}

// String is Kind, namespace and name, as kubectl writes them.
func (o Object) String() string {
	s := o.Kind + "/" + o.Name
	if o.Namespace != "" {
		s += " in " + o.Namespace
	}
	return s
}

// A Ref is an image reference of an object.
type Ref struct {
	Field string // where it stands: .spec.containers[0].image
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
