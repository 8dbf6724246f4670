package report

import "strconv"

// maxLinesPerFile is the maximum number of lines of one file that locations
// returns.
const maxLinesPerFile = 8

// locations returns the places of mentions, which are in the order of a plan:
// one item per file, "path:12, 19", for at most files files. If room is not
// negative, the items with two columns between them fit in room columns, but
// the first place is always there. hidden is the number of mentions that are in
// none of the items.
func locations(all []fileFinding, files, room int) (items []string, hidden int) {
	item, used := "", 0 // the item of the current file; the columns of the items before it
	lastLine, lines := -1, 0
	for i, x := range all {
		sameFile := i > 0 && all[i-1].file == x.file
		if sameFile && x.Line == lastLine {
			continue
		}
		next, n := item+", "+strconv.Itoa(x.Line), lines+1
		if !sameFile {
			if item != "" {
				items, used = append(items, item), used+columns(item)+2
			}
			next, n = location(x.file.Path, x.Line), 1
			item = ""
		}
		full := !sameFile && len(items) == files || n > maxLinesPerFile
		if i > 0 && (full || room >= 0 && used+columns(next) > room) {
			hidden = len(all) - i
			break
		}
		item, lastLine, lines = next, x.Line, n
	}
	if item != "" {
		items = append(items, item)
	}
	return items, hidden
}

// location returns path:line, or path if line is 0.
func location(path string, line int) string {
	if line == 0 {
		return path
	}
	return path + ":" + strconv.Itoa(line)
}
