package web

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrPicture is a QR code as one path of an SVG, so that the content security
// policy needs no exception for pictures made on the way.
type qrPicture struct {
	Side int    // of the whole picture, in modules, with the quiet zone around it
	Path string // of the dark modules
}

// quiet is the empty border that readers need, in modules (ISO/IEC 18004).
const quiet = 4

func qrOf(text string) (qrPicture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrPicture{}, fmt.Errorf("web: QR code: %w", err)
	}
	var path strings.Builder
	size := code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return qrPicture{Side: size + 2*quiet, Path: path.String()}, nil
}
