package web

import "testing"

func TestAPageOfTheBoardCountsWhatItShows(t *testing.T) {
	full := make([]boardRow, mostRows)
	for _, row := range []struct {
		why           string
		d             boardData
		newest, lates string
	}{
		{"everything fits", boardData{Rows: full[:3], New: 2, Late: 3}, "2", "3"},
		{"there are more, which may be new too; the late ones come first", boardData{Rows: full, More: true, New: 99, Late: 4}, "99+", "4"},
		{"a whole page is late", boardData{Rows: full, More: true, Late: mostRows}, "0+", "100+"},
	} {
		if n, l := row.d.AtLeast(row.d.New), row.d.LateCount(); n != row.newest || l != row.lates {
			t.Errorf("%s: %s new and %s late, want %s and %s", row.why, n, l, row.newest, row.lates)
		}
	}
}
