package report

import "strconv"

// maxLinesPerFile is how many lines of one file a summary names.
const maxLinesPerFile = 8

// locations returns where the mentions all stand, which are in the order of a
// plan: one item a file, "path:12, 19", for up to files files. If room is not
// negative, the items, two columns between them, take no more columns than
// that, but for the first place, which is there in any case. It also returns
// how many of the mentions are in none of the items.
func locations(all []fileFinding, files, room int) (items []string, hidden int) {
	item, used := "", 0 // the item being made; the columns of those before it
	last := -1          // the line that item ends in
	lines := 0
	for i, x := range all {
		same := i > 0 && all[i-1].file == x.file
		if same && x.Line == last {
			continue
		}
		next, n := item+", "+strconv.Itoa(x.Line), lines+1
		if !same {
			if item != "" {
				items, used = append(items, item), used+columns(item)+2
			}
			next, n = x.file.Path+":"+strconv.Itoa(x.Line), 1
			item = ""
		}
		full := !same && len(items) == files || n > maxLinesPerFile
		if i > 0 && (full || room >= 0 && used+columns(next) > room) {
			hidden = len(all) - i
			break
		}
		item, last, lines = next, x.Line, n
	}
	if item != "" {
		items = append(items, item)
	}
	return items, hidden
}
