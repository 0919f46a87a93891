package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
)

// parkedList is the newest parked messages.
type parkedList struct {
	Items   []incident.ParkedItem
	All     int // how many there are
	Decides bool
}

func (p *Pages) parked(c echo.Context) error {
	d, err := p.parkedList(c)
	if err != nil {
		return err
	}
	return p.show(c, "parked", d)
}

func (p *Pages) parkedList(c echo.Context) (d parkedList, err error) {
	ctx := c.Request().Context()
	if d.Items, err = p.sight(c).Parked(ctx, mostRows); err != nil {
		return d, err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return d, err
	}
	d.All = max(org.Parked, len(d.Items))
	d.Decides, err = p.Admits(ctx, deciders(), me(c))
	return d, err
}

// reviewedMany takes away several parked messages that were judged by the list.
// One that somebody else dealt with meanwhile does not stop the others.
func (p *Pages) reviewedMany(c echo.Context) error {
	values, err := form(c)
	if err != nil {
		return err
	}
	if len(values["item"]) == 0 {
		return p.parkedRefused(c, values, refuse("", "choose-parked"))
	}
	ctx := c.Request().Context()
	for _, text := range values["item"][:min(len(values["item"]), mostRows)] {
		item, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return badRequest(err)
		}
		if _, err = p.sight(c).ParkedItem(ctx, item); err == nil {
			err = p.cfg.Service.Reviewed(ctx, item, actor(c))
		}
		if err != nil && !errors.Is(err, incident.ErrNotFound) {
			return err
		}
	}
	return c.Redirect(http.StatusSeeOther, "/parked?done=reviewed-many")
}

func (p *Pages) parkedRefused(c echo.Context, values url.Values, err error) error {
	d, listErr := p.parkedList(c)
	if listErr != nil {
		return listErr
	}
	v := p.view(c, "parked", d)
	status, err := v.refused("parked", values, err)
	if err != nil {
		return err
	}
	return p.render(c, status, v)
}

// parkedNumber reads which parked message a path names. One that the person may
// not see does not exist.
func (p *Pages) parkedNumber(c echo.Context) (uint64, error) {
	n, err := number(c, "item")
	if err == nil {
		_, err = p.sight(c).ParkedItem(c.Request().Context(), n)
	}
	return n, err
}

// parkedData is one parked message.
type parkedData struct {
	Item    incident.ParkedItem
	Reading incident.Reading
	Decides bool
	Looks   []lookView
}

func (p *Pages) parkedItem(c echo.Context) error {
	n, err := p.parkedNumber(c)
	if err != nil {
		return err
	}
	item, reading, err := p.cfg.Service.ParkedReading(c.Request().Context(), n)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	decides, err := p.Admits(ctx, deciders(), me(c))
	if err != nil {
		return err
	}
	look := incident.Access{By: actor(c), What: incident.AccessParked, Item: item.Item}
	if err := p.cfg.Service.Saw(ctx, look); err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	list, err := p.cfg.Service.ParkedAccesses(ctx, item.Item, mostLooks)
	if err != nil {
		return err
	}
	v := p.view(c, "parked-item", nil)
	v.Data = parkedData{Item: item, Reading: reading, Decides: decides, Looks: looksOf(v, org.People, list)}
	return p.render(c, http.StatusOK, v)
}

func (p *Pages) parkedRaw(c echo.Context) error {
	n, err := p.parkedNumber(c)
	if err != nil {
		return err
	}
	item, _, err := p.cfg.Service.ParkedReading(c.Request().Context(), n)
	if err != nil {
		return err
	}
	look := incident.Access{By: actor(c), What: incident.AccessParkedRaw, Item: item.Item}
	if err := p.cfg.Service.Saw(c.Request().Context(), look); err != nil {
		return err
	}
	return p.sendRaw(c, item.Item, "parked-"+strconv.FormatUint(n, 10)+".eml")
}

// promote makes an incident of a parked message, with its clock from receipt.
func (p *Pages) promote(c echo.Context) error {
	n, err := p.parkedNumber(c)
	if err != nil {
		return err
	}
	ref, err := p.cfg.Service.Promote(c.Request().Context(), n, actor(c))
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/incidents/"+ref.String()+"?done=promoted")
}

func (p *Pages) reviewed(c echo.Context) error {
	n, err := p.parkedNumber(c)
	if err != nil {
		return err
	}
	if err := p.cfg.Service.Reviewed(c.Request().Context(), n, actor(c)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/parked?done=reviewed")
}

// outboxData is one page of outgoing mail, newest first.
type outboxData struct {
	Mails  []outboxRow
	Older  uint64
	Reads  bool // the reader may see the texts
	Folder string
}

type outboxRow struct {
	incident.Message
	Who string // empty: a reporter
}

func (p *Pages) outbox(c echo.Context) error {
	ctx := c.Request().Context()
	before, _ := strconv.ParseUint(c.QueryParam("before"), 10, 64) // anything else: from the newest
	mails, err := p.sight(c).Outbox(ctx, before, mostRows+1)
	if err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	d := outboxData{Reads: readers().Admits(me(c)), Folder: p.cfg.MailNotice()}
	if len(mails) > mostRows {
		mails = mails[:mostRows]
		d.Older = mails[mostRows-1].ID
	}
	for _, m := range mails {
		d.Mails = append(d.Mails, outboxRow{m, nameOf(org.People, m.Person)})
	}
	return p.show(c, "outbox", d)
}

// mailData is one mail with its text.
type mailData struct {
	outboxRow
	Text  string
	Whole string // the stored bytes, as they go out
	Gone  bool
}

func (p *Pages) outboxItem(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	m, raw, err := p.sight(c).Mail(ctx, id)
	if err != nil {
		return err
	}
	org, err := p.cfg.Service.Org(ctx)
	if err != nil {
		return err
	}
	const most = 200_000
	d := mailData{outboxRow: outboxRow{m, nameOf(org.People, m.Person)}, Gone: raw == nil}
	d.Whole = strings.ToValidUTF8(string(raw[:min(len(raw), most)]), "\ufffd")
	if r := p.cfg.Service.Read; r != nil && raw != nil {
		d.Text = r(raw, incident.Incoming{Channel: incident.ChannelPipe, Arrived: m.Queued, Body: bytes.NewReader(raw)}, incident.ReadOptions{Now: p.now()}).Text
	}
	if d.Text == "" {
		d.Text = bodyOf(raw)
	}
	return p.show(c, "mail", d)
}

// bodyOf is what follows the header of a mail.
func bodyOf(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(body), "\ufffd")
}
