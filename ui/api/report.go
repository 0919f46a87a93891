package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"meldklok/incident"
	"meldklok/ui/session"
)

// ReportRequest is a report of a suspected leak.
type ReportRequest struct {
	Text        string       `json:"text" doc:"what happened, verbatim"`
	Who         string       `json:"who,omitempty" doc:"whose data, roughly how many people"`
	KnownAt     time.Time    `json:"known_at,omitzero" doc:"when somebody of the organisation first knew; it may start the clock"`
	Lang        string       `json:"lang,omitempty" doc:"of the receipt: nl (default) or en" enum:"nl,en"`
	Reporter    *Reporter    `json:"reporter,omitempty" doc:"left out: anonymous"`
	Attachments []Attachment `json:"attachments,omitempty" doc:"files, at most 50"`
}

// Reporter is who reports. With an address they get a receipt by mail.
type Reporter struct {
	Name  string `json:"name,omitempty" doc:"in full"`
	Email string `json:"email,omitempty" doc:"where the receipt goes"`
	Phone string `json:"phone,omitempty" doc:"for questions"`
}

// Attachment is a file that comes with a report.
type Attachment struct {
	Name string `json:"name" doc:"of the file"`
	Type string `json:"type,omitempty" doc:"media type"`
	Data []byte `json:"data" doc:"in base64"`
}

// Reported says under which reference a report was recorded, and until when
// the AP must be notified as far as is known now.
type Reported struct {
	Reference  string     `json:"reference" doc:"of the incident, such as 2026-0042"`
	ReceivedAt time.Time  `json:"received_at" doc:"now, or when the same report came first"`
	AwareAt    time.Time  `json:"aware_at" doc:"start of the clock"`
	DueAt      *time.Time `json:"due_at" doc:"deadline of the duty to notify the AP"`
	URL        string     `json:"url" doc:"page of the incident, for people who may sign in"`
}

// mostAttachments bounds the files of one report.
const mostAttachments = 50

// form makes of a request what the open form makes of its fields.
func (r ReportRequest) form(t session.Token) (incident.Form, error) {
	f := incident.Form{Lang: "nl", What: r.Text, Who: r.Who, Known: r.KnownAt.UTC(), Entered: string(t.Actor())}
	switch r.Lang {
	case "", "nl", "en":
		if r.Lang != "" {
			f.Lang = r.Lang
		}
	default:
		return f, refuse("lang", "choose-one")
	}
	if r.KnownAt.IsZero() {
		f.Known = time.Time{}
	}
	if r.Reporter != nil {
		f.Name, f.Email, f.Phone = strings.TrimSpace(r.Reporter.Name), strings.TrimSpace(r.Reporter.Email), strings.TrimSpace(r.Reporter.Phone)
	}
	if len(r.Attachments) > mostAttachments {
		return f, refuse("attachments", "too-many-files")
	}
	for _, file := range r.Attachments {
		if strings.TrimSpace(file.Name) == "" {
			return f, refuse("attachments.name", "required")
		}
		f.Files = append(f.Files, incident.FormFile{Name: file.Name, Type: file.Type, Data: file.Data})
	}
	return f, nil
}

// reportFields are the names of the open form's fields in the body.
func reportFields() map[string]string {
	return map[string]string{"what": "text", "known": "known_at", "email": "reporter.email"}
}

// report records a report. It is on disk before the answer goes out.
func (a *API) report(c Call) error {
	var req ReportRequest
	raw, err := read(c, &req)
	if err != nil {
		return err
	}
	form, err := req.form(c.Token)
	if err == nil {
		err = form.Check(a.cfg.Now().UTC())
	}
	if err != nil {
		return renamed(err, reportFields())
	}
	return a.once(c, raw, func(o *session.Once) (any, error) {
		return a.record(c.ctx(), form, o)
	})
}

// record records a report under a mark of its own: the same request sent again
// after a crash, before its answer was remembered, has the same bytes and is
// known by them; another report with the same words has not.
func (a *API) record(ctx context.Context, form incident.Form, o *session.Once) (any, error) {
	form.Once = rand.Text()
	if o != nil {
		form.Once = o.Mark()
	}
	raw, err := form.Raw()
	if err != nil {
		return nil, err
	}
	out, err := a.cfg.Service.Record(ctx, incident.Incoming{Channel: incident.ChannelAPI, Arrived: a.cfg.Now().UTC(), Body: bytes.NewReader(raw)})
	if err != nil {
		return nil, err
	}
	inc, err := a.cfg.Service.Incident(ctx, out.Ref)
	if err != nil {
		return nil, err
	}
	s := SummaryOf(inc)
	answer := Reported{s.Reference, s.ReceivedAt, s.AwareAt, s.DueAt, a.cfg.URL + "/incidents/" + s.Reference}
	if o == nil {
		return answer, nil
	}
	return answer, a.cfg.Service.Store.Update(context.WithoutCancel(ctx), func(tx incident.Tx) error { return keep(tx, o, answer) })
}
