package format

import (
	"slices"
	"testing"
)

func TestIsQuadlet(t *testing.T) {
	const unit = "[Container]\nImage=x\n"
	tests := []struct {
		path, src string
		want      bool
	}{
		{"web.container", unit, true},
		{"a/web@.container", unit, true},
		{"web.container.d/10.conf", unit, true},
		{"web-.container.d/10.conf", unit, true},
		{"container.d/10.conf", unit, true},
		{"a/container.d/10.conf", unit, true},
		{"network.d/10.conf", unit, false}, // of another tool
		{"a.d/10.conf", unit, false},
		{"container.d/x.ini", unit, false},
		{"x.build", unit, true},
		{"x.build", "A=b\n", false}, // a shell script
		{"x.image", "\x00\x01[A]\nA=b\n", false},
		{"x.image", "", false},
		{"web.service", unit, false},
		{"web.service.d/10.conf", unit, false},
		{"web.conf", unit, false},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if got := isQuadlet(tt.path, []byte(tt.src)); got != tt.want {
				t.Errorf("%q: got %v, want %v", tt.src, got, tt.want)
			}
		})
	}
}

// TestQuadletImages checks which references the inventory lists from each field,
// and whether a rule for Docker Hub applies to names without a domain.
func TestQuadletImages(t *testing.T) {
	tests := []struct {
		path, src string
		listed    []string
		isImage   bool
	}{
		{"a.container", "[Container]\nImage=nginx\n", []string{"nginx"}, false},
		{"a.container", "[Container]\nImage=redis:7\n", []string{"redis:7"}, false},
		{"a.container", "[Container]\nImage=q.io/x:1\n", []string{"q.io/x:1"}, true},
		{"a.container", "[Container]\nImage=x.image\n", nil, false},
		{"a.container", "[Container]\nImage=x.build\n", nil, false},
		{"a.container", "[Service]\nImage=nginx\n", nil, false},
		{"a.container", "[Volume]\nImage=nginx\n", nil, false},
		{"a.container.d/b.conf", "[Container]\nImage=nginx\n", []string{"nginx"}, false},
		{"a.image", "[Image]\nImage=docker://q.io/x:1\nImageTag=q.io/y\n", []string{"q.io/x:1", "q.io/y"}, true},
		{"a.volume", "[Volume]\nImage=nginx\n", []string{"nginx"}, false},
		{"a.build", "[Build]\nImageTag=q.io/x:1\n", []string{"q.io/x:1"}, false},
		{"a.build", "[Build]\nImageTag=x:1\n", nil, false},
		{"a.kube", "[Kube]\nYaml=q.io/x.yaml\n", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.src, func(t *testing.T) {
			out, err := Quadlet.Scan(Input{Path: tt.path, Src: []byte(tt.src)})
			if err != nil {
				t.Fatal(err)
			}
			var listed []string
			for i := range out.Occurrences {
				o := &out.Occurrences[i]
				listed = append(listed, o.Text())
				if i == 0 && o.IsImage != tt.isImage {
					t.Errorf("IsImage: got %v, want %v", o.IsImage, tt.isImage)
				}
				if o.Tag != "" {
					t.Errorf("%s: got the tag %q of another key", o.Text(), o.Tag)
				}
			}
			if !slices.Equal(listed, tt.listed) {
				t.Errorf("got %q, want %q", listed, tt.listed)
			}
		})
	}
}
