package extract

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// mail reads a mail that is attached to the report: its subject, texts and files.
func (r *Reader) mail(name string, data []byte, depth int) {
	m, err := mail.ReadMessage(strings.NewReader(string(data)))
	if err != nil {
		r.lines(name, decode(data))
		return
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err == nil && subject != "" {
		r.emit(name+" subject", subject)
	}
	r.part(name, header{m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), ""}, m.Body, depth)
}

// header is what a part of a mail says about itself.
type header struct{ contentType, encoding, file string }

// part reads one part, or the parts inside it.
func (r *Reader) part(name string, h header, body io.Reader, depth int) {
	if depth > r.limits.Depth {
		r.problem(name, TooLarge)
		return
	}
	media, params, err := mime.ParseMediaType(h.contentType)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		r.parts(name, multipart.NewReader(body, params["boundary"]), depth)
		return
	}
	data, err := io.ReadAll(io.LimitReader(plain(h.encoding, body), int64(r.limits.FileBytes)+1))
	if err != nil && len(data) == 0 {
		r.problem(name, Damaged)
		return
	}
	if media == "text/html" && h.file == "" {
		r.html(name, decode(data))
		return
	}
	if h.file != "" {
		name += "/" + h.file
	}
	r.file(name, data, depth+1)
}

func (r *Reader) parts(name string, mr *multipart.Reader, depth int) {
	for n := 0; ; n++ {
		p, err := mr.NextRawPart()
		if err != nil {
			return // the end, or a cut mail: what came before has been read
		}
		if n >= r.limits.Entries {
			r.problem(name, TooLarge)
			return
		}
		r.part(name, header{p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName()}, p, depth+1)
	}
}

// plain undoes the transfer encoding.
func plain(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}
