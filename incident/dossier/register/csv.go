package register

import (
	"encoding/csv"
	"fmt"
	"io"
)

// csvWriter writes CSV that a Dutch Excel opens right by a double click: UTF-8
// with its mark, semicolons, CRLF.
type csvWriter struct {
	w       *Words
	out     *csv.Writer
	columns []Column
}

// byteOrderMark tells Excel that the file is UTF-8.
const byteOrderMark = "\ufeff"

func newCSV(out io.Writer, w *Words) (*csvWriter, error) {
	if _, err := io.WriteString(out, byteOrderMark); err != nil {
		return nil, fmt.Errorf("register: csv: %w", err)
	}
	c := &csvWriter{w: w, out: csv.NewWriter(out), columns: Columns()}
	c.out.Comma, c.out.UseCRLF = ';', true
	headings := make([]string, len(c.columns))
	for i, col := range c.columns {
		headings[i] = w.Heading(col.ID)
	}
	return c, c.line(headings)
}

func (c *csvWriter) line(cells []string) error {
	if err := c.out.Write(cells); err != nil {
		return fmt.Errorf("register: csv: %w", err)
	}
	return nil
}

// Row implements Writer.
func (c *csvWriter) Row(r *Row) error {
	cells := make([]string, len(c.columns))
	for i, col := range c.columns {
		cell := col.Cell(c.w, r)
		cells[i] = cell.Text
		if cell.Number == nil && cell.At.IsZero() {
			cells[i] = harmless(cell.Text)
		}
	}
	return c.line(cells)
}

// Close implements Writer. A table has no place for what is outside it.
func (c *csvWriter) Close(Outside) error {
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return fmt.Errorf("register: csv: %w", err)
	}
	return nil
}
