package register

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// jsonWriter writes one object: what the file is, the incidents, and at the end
// what is outside the register.
type jsonWriter struct {
	out   io.Writer
	enc   *json.Encoder
	first bool
}

// jsonAbout is About under its stable names.
type jsonAbout struct {
	Format       int       `json:"meldklok_register"` // 1
	Organisation string    `json:"organisation,omitempty"`
	From         time.Time `json:"from,omitzero"`
	Until        time.Time `json:"until,omitzero"`
	Filtered     bool      `json:"filtered"`
	MadeAt       time.Time `json:"made_at"`
	HeadSeq      uint64    `json:"head_seq"`
	HeadHash     string    `json:"head_hash"`
}

func newJSON(out io.Writer, a About) (*jsonWriter, error) {
	about, err := json.Marshal(jsonAbout{
		Format: 1, Organisation: a.Organisation, From: a.From, Until: a.Until, Filtered: a.Filtered,
		MadeAt: a.Made.UTC(), HeadSeq: a.Head.Seq, HeadHash: hex.EncodeToString(a.Head.Hash[:]),
	})
	if err != nil {
		return nil, fmt.Errorf("register: json: %w", err)
	}
	j := &jsonWriter{out: out, enc: json.NewEncoder(out), first: true}
	j.enc.SetEscapeHTML(false)
	return j, j.text(`{"about":` + string(about) + ",\n" + `"incidents":[` + "\n")
}

func (j *jsonWriter) text(s string) error {
	if _, err := io.WriteString(j.out, s); err != nil {
		return fmt.Errorf("register: json: %w", err)
	}
	return nil
}

// Row implements Writer.
func (j *jsonWriter) Row(r *Row) error {
	if !j.first {
		if err := j.text(","); err != nil {
			return err
		}
	}
	j.first = false
	if err := j.enc.Encode(r); err != nil {
		return fmt.Errorf("register: json: %w", err)
	}
	return nil
}

// Close implements Writer.
func (j *jsonWriter) Close(o Outside) error {
	outside, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("register: json: %w", err)
	}
	return j.text(`],"outside":` + string(outside) + "}\n")
}
