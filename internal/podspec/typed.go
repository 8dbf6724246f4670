package podspec

import "strconv"

// A Spec holds the fields of a pod spec from which [Spec.Images] reads images. Decoding
// JSON into a Spec costs less than decoding it into a map: other fields are skipped.
type Spec struct {
	InitContainers      []Container `json:"initContainers"`
	Containers          []Container `json:"containers"`
	EphemeralContainers []Container `json:"ephemeralContainers"`
	Volumes             []Volume    `json:"volumes"`
}

// A Container is an item of one of the ContainerLists.
type Container struct {
	Name  string  `json:"name"`
	Image *string `json:"image"`
}

// A Volume is a volume of a pod.
type Volume struct {
	Name  string       `json:"name"`
	Image *VolumeImage `json:"image"`
}

// A VolumeImage is the source of an image volume.
type VolumeImage struct {
	Reference *string `json:"reference"`
}

// Images returns the images of the spec, which is at the JSON pointer at. For an object
// whose fields have the types that the API says, the result is the same as that of
// [Resource.Images].
func (s *Spec) Images(at string) []Image {
	var out []Image
	for i, list := range [][]Container{s.InitContainers, s.Containers, s.EphemeralContainers} {
		l := ContainerLists[i]
		for n, c := range list {
			if c.Image != nil {
				out = append(out, Image{at + "/" + l.Key + "/" + strconv.Itoa(n) + "/image", l.Item + ` "` + c.Name + `"`, *c.Image})
			}
		}
	}
	for n, v := range s.Volumes {
		if v.Image != nil && v.Image.Reference != nil {
			out = append(out, Image{at + "/volumes/" + strconv.Itoa(n) + "/image/reference", `volume "` + v.Name + `"`, *v.Image.Reference})
		}
	}
	return out
}
