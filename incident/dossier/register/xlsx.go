package register

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"meldklok/incident"
)

// sheetFull is where a new sheet begins. The library keeps up to 16 MiB of a
// sheet in memory and puts more than that into a temporary file: unsealed
// content on a disk, which is not for us.
const sheetFull = 12 << 20

// maxCell is how many characters a cell of a spreadsheet holds.
const maxCell = 32767

// xlsxWriter writes sheets with the rows and, as the last one, what the file is.
// Texts are written as texts: a spreadsheet does not compute them.
type xlsxWriter struct {
	out     io.Writer
	w       *Words
	about   About
	columns []Column
	file    *excelize.File
	sheet   *excelize.StreamWriter
	sheets  int
	line    int
	weight  int // about how many bytes the sheet has
	rows    int
	bold    int // style numbers
	moment  int
	wrap    int
}

func newXLSX(out io.Writer, w *Words, about About) (*xlsxWriter, error) {
	x := &xlsxWriter{out: out, w: w, about: about, columns: Columns(), file: excelize.NewFile()}
	moment := "yyyy-mm-dd hh:mm"
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, style := range []struct {
		id *int
		as excelize.Style
	}{
		{&x.bold, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top}},
		{&x.moment, excelize.Style{CustomNumFmt: &moment, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&x.wrap, excelize.Style{Alignment: top}},
	} {
		id, err := x.file.NewStyle(&style.as)
		if err != nil {
			return nil, fmt.Errorf("register: xlsx: %w", err)
		}
		*style.id = id
	}
	return x, x.begin()
}

// begin starts a sheet with its headings.
func (x *xlsxWriter) begin() (err error) {
	x.sheets++
	name := x.w.t("sheet", nil)
	if x.sheets > 1 {
		name = fmt.Sprintf("%s %d", name, x.sheets)
		_, err = x.file.NewSheet(name)
	} else {
		err = x.file.SetSheetName("Sheet1", name)
	}
	if err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	if x.sheet, err = x.file.NewStreamWriter(name); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	for i, c := range x.columns {
		if err := x.sheet.SetColWidth(i+1, i+1, c.Width); err != nil {
			return fmt.Errorf("register: xlsx: %w", err)
		}
	}
	if err := x.sheet.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	cells := make([]any, len(x.columns))
	for i, c := range x.columns {
		cells[i] = excelize.Cell{StyleID: x.bold, Value: x.w.Heading(c.ID)}
	}
	x.line, x.weight = 0, 0
	return x.write(cells)
}

func (x *xlsxWriter) write(cells []any) error {
	x.line++
	if err := x.sheet.SetRow(fmt.Sprintf("A%d", x.line), cells); err != nil {
		return fmt.Errorf("register: xlsx: row %d: %w", x.line, err)
	}
	return nil
}

// Row implements Writer.
func (x *xlsxWriter) Row(r *Row) error {
	if x.weight > sheetFull {
		if err := x.end(); err != nil {
			return err
		}
		if err := x.begin(); err != nil {
			return err
		}
	}
	cells := make([]any, len(x.columns))
	for i, c := range x.columns {
		cells[i] = x.cell(c.Cell(x.w, r))
	}
	x.rows++
	return x.write(cells)
}

// cell makes a value of the spreadsheet and weighs it as the library will write
// it: tags, and five bytes for what XML escapes.
func (x *xlsxWriter) cell(c Cell) any {
	const tags = 80
	x.weight += tags
	switch {
	case !c.At.IsZero():
		return excelize.Cell{StyleID: x.moment, Value: serial(c.At)}
	case c.Number != nil && plainFigure(c.Text):
		return excelize.Cell{StyleID: x.wrap, Value: *c.Number}
	case c.Text == "":
		return nil
	}
	text := c.Text
	if r := []rune(text); len(r) > maxCell {
		text = string(r[:maxCell-2]) + " …"
	}
	x.weight += len(text) + 5*strings.Count(text, "&") + 5*strings.Count(text, "<") + 5*strings.Count(text, "\n") + 5*strings.Count(text, `"`)
	return excelize.Cell{StyleID: x.wrap, Value: text}
}

// plainFigure reports whether the text is the figure itself, so that nothing is
// lost by writing the figure.
func plainFigure(s string) bool { return strings.Trim(s, "0123456789.,") == "" }

// serial is how a spreadsheet counts time: days since the end of 1899 on the
// wall clock, without a zone. Ours is Amsterdam's.
func serial(t time.Time) float64 {
	local := t.In(incident.Amsterdam())
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	return wall.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
}

// end closes a sheet.
func (x *xlsxWriter) end() error {
	if err := x.sheet.Flush(); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	return nil
}

// Close implements Writer.
func (x *xlsxWriter) Close(o Outside) error {
	if err := x.end(); err != nil {
		return err
	}
	name := x.w.t("about", nil)
	if _, err := x.file.NewSheet(name); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	for i, said := range x.w.about(x.about, x.rows, o) {
		for j, text := range said {
			cell := fmt.Sprintf("%c%d", 'A'+j, i+1)
			if err := x.file.SetCellStr(name, cell, text); err != nil {
				return fmt.Errorf("register: xlsx: %w", err)
			}
		}
	}
	_ = x.file.SetColWidth(name, "A", "A", 30)
	_ = x.file.SetColWidth(name, "B", "B", 90)
	if err := x.file.Write(x.out); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	if err := x.file.Close(); err != nil {
		return fmt.Errorf("register: xlsx: %w", err)
	}
	return nil
}
