package webhook

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"meldklok/incident"
)

// Payload is the body of the JSON format. Names and values are stable: new ones
// may be added, none is renamed or given another meaning. Times are RFC 3339 in
// UTC.
type Payload struct {
	Version  int             `json:"version"` // 1
	ID       string          `json:"id"`      // as in the header webhook-id
	Kind     Kind            `json:"kind"`    // alert, trouble, lasting, over, missed, test
	At       time.Time       `json:"at"`      // of the audit or the queueing
	Level    string          `json:"level"`   // red, amber or ok
	Title    string          `json:"title"`   // in the receiver's language
	Text     string          `json:"text"`    // the same, in sentences, a line each
	Link     string          `json:"link"`    // a page of Meldklok
	Finding  *PayloadFinding `json:"finding,omitempty"`
	Alerts   []PayloadAlert  `json:"alerts,omitempty"`    // nearest deadline first
	MailDown bool            `json:"mail_down,omitempty"` // no relay takes mail
	Missed   int             `json:"missed,omitempty"`    // posts lost before this one
	Head     *PayloadHead    `json:"head,omitempty"`      // end of the record's chain: keep it as proof
}

// PayloadFinding is what the audit found.
type PayloadFinding struct {
	Code  string    `json:"code"` // as in /healthz
	Since time.Time `json:"since"`
}

// PayloadAlert is one rung of one incident.
type PayloadAlert struct {
	Reference incident.Ref    `json:"reference"`
	Duty      incident.DutyID `json:"duty"` // ap, follow-up, people, controller
	Rung      string          `json:"rung"`
	DueAt     time.Time       `json:"due_at"`
	HoursLeft float64         `json:"hours_left"` // at "at", rounded down to a hundredth; negative: too late
}

// PayloadHead is a place in the record's chain.
type PayloadHead struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"` // hexadecimal
}

// request is a post in a receiver's form.
type request struct {
	method string
	suffix string // of the address's path
	header http.Header
	body   []byte
}

// form gives a post the form of a receiver. Signature and token are added when
// it is sent.
func form(t Target, n Note, url string) (request, error) {
	if t.Format == Heartbeat {
		return ping(t, n), nil
	}
	if n.Kind == KindEntry {
		body, err := entryBody(n)
		return request{method: http.MethodPost, header: http.Header{"Content-Type": {"application/json"}}, body: body}, err
	}
	w := voice{t.Lang, url}.say(n)
	if t.Format == Ntfy {
		return ntfy(n, w), nil
	}
	var body any
	switch t.Format {
	case Teams:
		body = card(n, w)
	case Slack:
		body = map[string]string{"text": slackText(w)}
	default:
		body = payload(n, w)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return request{}, fmt.Errorf("webhook: write %s: %w", n.Kind, err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return request{method: http.MethodPost, header: header, body: bytes.TrimSpace(b.Bytes())}, nil
}

func payload(n Note, w words) Payload {
	p := Payload{
		Version: 1, ID: n.ID, Kind: n.Kind, At: n.At.UTC(), Level: n.level(), Title: w.title, Text: strings.Join(w.lines, "\n"),
		Link: w.link, MailDown: n.MailDown, Missed: n.Missed,
	}
	if n.Finding.Code != "" {
		p.Finding = &PayloadFinding{Code: n.Finding.Code, Since: n.Since.UTC()}
	}
	for _, a := range n.Alerts {
		hours := math.Floor(a.Due.Sub(n.At).Hours()*100) / 100
		p.Alerts = append(p.Alerts, PayloadAlert{Reference: a.Ref, Duty: a.Duty, Rung: a.Rung, DueAt: a.Due.UTC(), HoursLeft: hours})
	}
	if n.Head.Seq > 0 {
		p.Head = &PayloadHead{Seq: n.Head.Seq, Hash: hex.EncodeToString(n.Head.Hash[:])}
	}
	return p
}

// card is a message with one Adaptive Card, as a Teams workflow takes it.
// Version 1.2 has all that it needs; workflows refuse versions beyond 1.4.
func card(n Note, w words) any {
	type object = map[string]any
	color := map[string]string{levelRed: "Attention", levelAmber: "Warning", levelOK: "Good"}[n.level()]
	body := []object{{"type": "TextBlock", "text": w.title, "weight": "Bolder", "size": "Medium", "color": color, "wrap": true}}
	for _, line := range w.lines {
		body = append(body, object{"type": "TextBlock", "text": line, "wrap": true})
	}
	content := object{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2",
		"msteams": object{"width": "Full"}, "body": body,
		"actions": []object{{"type": "Action.OpenUrl", "title": w.open, "url": w.link}},
	}
	return object{"type": "message", "attachments": []object{
		{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": content},
	}}
}

// slackText writes Slack's markup, in which three characters are special.
func slackText(w words) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	return fmt.Sprintf("*%s*\n%s\n<%s|%s>", escape.Replace(w.title), escape.Replace(strings.Join(w.lines, "\n")), w.link, w.open)
}

// ntfy puts the title into a header; the server reads encoded words (RFC 2047).
func ntfy(n Note, w words) request {
	priority := 3 // ntfy's default; 5 keeps ringing
	switch {
	case n.Kind == KindAlert && n.level() == levelRed:
		priority = 5
	case n.Kind == KindAlert, n.Kind == KindTrouble, n.Kind == KindLasting:
		priority = 4
	}
	return request{
		method: http.MethodPost, body: []byte(strings.Join(w.lines, "\n")),
		header: http.Header{
			"Content-Type": {"text/plain; charset=utf-8"}, "Title": {mime.QEncoding.Encode("utf-8", w.title)},
			"Priority": {strconv.Itoa(priority)}, "Click": {w.link},
		},
	}
}

// ping carries the chain's head, and nothing else.
func ping(t Target, n Note) request {
	head := fmt.Sprintf("%d %x", n.Head.Seq, n.Head.Hash)
	r := request{method: http.MethodPost, header: http.Header{"X-Meldklok-Head": {head}}}
	if n.Kind == KindFail {
		r.suffix = "/fail"
	}
	if t.Get {
		r.method = http.MethodGet
		return r
	}
	r.header.Set("Content-Type", "text/plain; charset=utf-8")
	r.body = []byte("head " + head + "\n")
	return r
}
