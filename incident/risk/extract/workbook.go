package extract

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
)

// mostTags bounds the parts of a workbook that the spreadsheet library turns into
// a tree at once: the texts of its cells, its styles. Each tag costs about a
// hundred bytes there, so 300 KiB of attachment could become three GiB. Half a
// million texts have two million tags; the sheets themselves are read row by row
// and are not counted.
const mostTags = 2_000_000

// Workbook unpacks an XLSX file once, throwing the result away, to learn what it
// truly holds before a library does: sizes in the archive may lie. It returns why
// the file must not be read, or nothing, and how many bytes were unpacked.
func Workbook(data []byte, limit int64) (reason Reason, unpacked int64) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return Damaged, 0
	}
	var tags tagCount
	for _, e := range z.File {
		rc, err := e.Open()
		if err != nil {
			return entryReason(e), unpacked
		}
		var to io.Writer = &tags
		if strings.HasPrefix(strings.ToLower(e.Name), "xl/worksheets/") {
			to = io.Discard
		}
		n, err := io.Copy(to, io.LimitReader(rc, limit-unpacked+1))
		rc.Close()
		unpacked += n
		switch {
		case unpacked > limit, tags > mostTags:
			return TooLarge, unpacked
		case err != nil && !errors.Is(err, zip.ErrChecksum):
			return Damaged, unpacked
		}
	}
	return "", unpacked
}

// tagCount counts what may be the beginning of a tag.
type tagCount int

// Write implements io.Writer.
func (c *tagCount) Write(p []byte) (int, error) {
	*c += tagCount(bytes.Count(p, []byte("<")))
	return len(p), nil
}
