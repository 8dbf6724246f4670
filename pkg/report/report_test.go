package report

import (
	"errors"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, name := range Names() {
		if w, err := Find(name); err != nil || w.Name != name || w.Write == nil {
			t.Errorf("Find(%q) = %+v, %v", name, w, err)
		}
	}
	_, err := Find("jsn")
	if want := `unknown format "jsn", expected one of: text, diff, json`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want prefix %s", err, want)
	}
}

type brokenPipe struct{}

var errFull = errors.New("no space left")

func (brokenPipe) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	for _, name := range Names() {
		for _, color := range []bool{false, true} {
			w, err := Find(name)
			if err != nil {
				t.Fatal(err)
			}
			err = w.Write(brokenPipe{}, twoFiles(), Options{Color: color})
			if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "writing the ") {
				t.Errorf("%s: got error %v", name, err)
			}
		}
	}
}
