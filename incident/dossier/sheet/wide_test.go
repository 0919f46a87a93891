package sheet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/xuri/excelize/v2"

	"meldklok/incident"
)

// TestFarCellIsRefused: a row with one cell at the far end has 16,384 cells, and
// a small file of such rows fills the memory.
func TestFarCellIsRefused(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for cell, value := range map[string]string{"A1": "naam", "B1": "plaats", "A2": "A", "XFD2": "1"} {
		if err := f.SetCellStr("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, err := Read(b.Bytes())
	var refusal *incident.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "import-too-large" {
		t.Errorf("got %v, want a refusal", err)
	}
}
