package report

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func TestLocations(t *testing.T) {
	tests := []struct {
		name        string
		in          string // "a:1 a:3 b:2"
		files, room int
		want        string // items, separated by |
		hidden      int
	}{
		{"one", "a:1", 3, -1, "a:1", 0},
		{"several lines of a file", "a:1 a:3 b:2", 3, -1, "a:1, 3|b:2", 0},
		{"two mentions on one line", "a:1 a:1 a:3", 3, -1, "a:1, 3", 0},
		{"too many files", "a:1 b:1 c:1 c:2", 2, -1, "a:1|b:1", 2},
		{"too many lines", "a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9 b:1", 3, -1, "a:1, 2, 3, 4, 5, 6, 7, 8", 2},
		{"limited room", "a:1 a:2 b:1 c:1", 3, 11, "a:1, 2|b:1", 1},
		{"room for one line number", "a:1 a:2 b:1", 3, 5, "a:1", 2},
		{"no room for the first location", "abcdef:1 a:2", 3, 1, "abcdef:1", 1},
		{"none", "", 3, 1, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []fileFinding
			files := map[string]*rewrite.File{}
			for _, s := range strings.Fields(tt.in) {
				path, line, _ := strings.Cut(s, ":")
				if files[path] == nil {
					files[path] = &rewrite.File{Path: path}
				}
				all = append(all, fileFinding{files[path], &rewrite.Finding{Line: int(line[0] - '0')}})
			}
			items, hidden := locations(all, tt.files, tt.room)
			if got := strings.Join(items, "|"); got != tt.want || hidden != tt.hidden {
				t.Errorf("got %q, %d hidden; want %q, %d", got, hidden, tt.want, tt.hidden)
			}
		})
	}
}
