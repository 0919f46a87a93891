package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/people"
)

// turnView is one turn of the conversation with a reporter.
type turnView struct {
	incident.Turn
	Who      string // who of ours asked
	Cut      bool
	Answered bool
	ByCode   bool                   // the reporter reads it with the receipt code
	State    incident.DeliveryState // of the mail with the question; empty while there is none
	Reply    string
	Note     string // why there is no mail
}

// shownTurn is how many bytes of one turn a page shows; the whole report stands
// below.
const shownTurn = 4_000

// talk gathers the conversation with the reporters of an incident. Before the
// first question there is none: replies to a receipt stand among the reports.
func (p *Pages) talk(ctx context.Context, inc *incident.Incident, all people.Directory, entries []incident.Entry) ([]turnView, error) {
	if len(inc.Questions) == 0 {
		return nil, nil
	}
	turns, err := p.cfg.Service.Conversation(ctx, inc)
	if errors.As(err, new(*incident.Refusal)) {
		return nil, nil // the reports beside it say why
	}
	if err != nil {
		return nil, err
	}
	mailed, last := questionMails(entries)
	views := make([]turnView, 0, len(turns))
	for _, t := range turns {
		v := turnView{Turn: t}
		if len(v.Text) > shownTurn {
			v.Text, v.Cut = strings.ToValidUTF8(v.Text[:shownTurn], ""), true
		}
		if t.Question > 0 {
			v.Answered = !inc.Questions[t.Question-1].Answered.IsZero()
			v.ByCode = inc.Reports[t.Report-1].Reach == incident.ReachCode
			if id, ok := t.By.Person(); ok {
				v.Who = nameOf(all, id)
			}
			if a := mailed[t.Question]; a != nil && len(a.To) > 0 {
				v.State, v.Reply = p.stateOf(ctx, last[a.To[0].Message], a.To[0].Message)
			} else if a != nil {
				v.Note = a.Note
			}
		}
		views = append(views, v)
	}
	return views, nil
}

// questionMails finds which mail carried which question, and what was last said
// of each mail.
func questionMails(entries []incident.Entry) (mailed map[int]*incident.Alerted, last map[uint64]*incident.Delivery) {
	mailed, last = map[int]*incident.Alerted{}, map[uint64]*incident.Delivery{}
	for _, e := range entries {
		switch b := e.Body.(type) {
		case *incident.Alerted:
			if b.Rung == incident.RungQuestion {
				mailed[b.Report] = b
			}
		case *incident.Delivery:
			last[b.Message] = b
		}
	}
	return mailed, last
}

// AskReports lists the reports whose reporters can be asked, when there is a
// choice.
func (d incidentData) AskReports() (numbers []string) {
	for _, r := range d.Inc.Reports {
		if r.Reach != incident.ReachNone && !r.Reply && !r.History {
			numbers = append(numbers, strconv.Itoa(r.N))
		}
	}
	if len(numbers) < 2 {
		return nil
	}
	return numbers
}

func askCommand(values url.Values) incident.Command {
	n, _ := strconv.Atoi(values.Get("report")) // anything else: the first who can be reached
	return incident.Ask{Report: n, Text: values.Get("text")}
}

// answer takes what the holder of a receipt code writes. It answers only when
// that is on disk.
func (p *Pages) answer(c echo.Context, values url.Values) error {
	code := values.Get("code")
	data, err := p.byCode(c, code)
	if err != nil {
		return p.codeRefused(c, nil, "code", values, err)
	}
	err = p.cfg.Service.AnswerByCode(c.Request().Context(), code, values.Get("answer"), values.Get("once"), p.language(c))
	if err != nil {
		return p.codeRefused(c, data, "answer", values, err)
	}
	if data, err = p.codeView(c, code); err != nil {
		return err
	}
	v := p.view(c, "code", data)
	v.Done = v.T("done.answer")
	return p.render(c, http.StatusOK, v)
}

// codeRefused shows the page of a receipt code with what has to change.
func (p *Pages) codeRefused(c echo.Context, data *codeData, form string, values url.Values, err error) error {
	status := 0
	switch {
	case errors.Is(err, errFlood):
		err, status = refuse("code", "too-many-tries"), http.StatusTooManyRequests
	case errors.Is(err, incident.ErrNotFound):
		err = refuse("code", "no-such-code")
	case errors.Is(err, incident.ErrUnavailable):
		err, status = refuse("", "unavailable"), http.StatusServiceUnavailable
	}
	v := p.view(c, "code", nil)
	if data != nil {
		v.Data = data
	}
	refusedStatus, err := v.refused(form, values, err)
	if err != nil {
		return err
	}
	return p.render(c, max(status, refusedStatus), v)
}

// codeView is what the holder of a receipt code may see: how the report stands,
// what we asked, and what was answered with this code.
func (p *Pages) codeView(c echo.Context, code string) (*codeData, error) {
	inc, turns, err := p.cfg.Service.ConversationByCode(c.Request().Context(), code)
	if err != nil {
		return nil, err
	}
	once, err := newOnce()
	if err != nil {
		return nil, err
	}
	d := &codeData{Status: inc.Status(), Since: inc.Received, Turns: turns, Code: code, Once: once}
	for i, t := range d.Turns {
		if len(t.Text) > shownText {
			d.Turns[i].Text = strings.ToValidUTF8(t.Text[:shownText], "")
		}
	}
	return d, nil
}
