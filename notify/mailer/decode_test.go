package mailer

import (
	"encoding/base64"
	"io"
	"mime/multipart"
)

// decoded undoes base64; mime/multipart has undone quoted-printable already.
func decoded(p *multipart.Part) io.Reader {
	if p.Header.Get("Content-Transfer-Encoding") == "base64" {
		return base64.NewDecoder(base64.StdEncoding, p)
	}
	return p
}
