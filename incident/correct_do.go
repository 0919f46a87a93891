package incident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestDetail bounds a name, an address and a telephone number, in characters.
const longestDetail = 200

// Correct puts right what is known of somebody who reported (GDPR art. 16). A
// detail that is nil stays as it is; an empty one is taken away.
type Correct struct {
	Ref     Ref
	Report  int
	Whose   Whose // empty: the reporter
	Name    *string
	Email   *string
	Phone   *string
	Request Ref // the request that it answers; may be zero
	Reasons string
}

// Correct carries out a correction and returns the incident after it. The old
// values stay in the log. A receipt or a question that has not reached the old
// address goes to the new one; a request that is named learns what was done. It
// returns a *Refusal, or ErrNotFound for an unknown reference.
func (s *Service) Correct(ctx context.Context, by Actor, c Correct) (inc *Incident, err error) {
	if c.Whose == "" {
		c.Whose = WhoseReporter
	}
	given, err := c.given()
	if err != nil {
		return nil, err
	}
	var body *Corrected
	err = s.Store.Update(ctx, func(tx Tx) error {
		act := s.Act(by)
		if inc, err = tx.Incident(c.Ref); err != nil {
			return err
		}
		w, reported, err := c.writer(tx, inc)
		if err != nil {
			return err
		}
		if body, err = c.body(&w, reported, given); err != nil {
			return err
		}
		if err := redirect(tx, inc, body, act); err != nil {
			return err
		}
		if inc, err = tx.Append(Stream{c.Ref}, act, body); err != nil {
			return err
		}
		return noteStep(tx, act, c.Request, RightRectification, Step{Ref: c.Ref, Report: c.Report, Details: body.Details})
	})
	if err == nil {
		s.logRecorded(c.Ref, []Body{body})
	}
	return inc, err
}

// given is what the command says of each detail, tidied up and checked.
func (c Correct) given() (all map[Detail]string, err error) {
	all = map[Detail]string{}
	var wrong []error
	for _, x := range []struct {
		d    Detail
		text *string
	}{{DetailName, c.Name}, {DetailEmail, c.Email}, {DetailPhone, c.Phone}} {
		if x.text == nil {
			continue
		}
		text := strings.Join(strings.Fields(*x.text), " ")
		all[x.d] = text
		switch {
		case utf8.RuneCountInString(text) > longestDetail:
			wrong = append(wrong, refuse(string(x.d), "detail-too-long"))
		case x.d == DetailEmail && !addressable(text):
			wrong = append(wrong, refuse("email", "not-an-address"))
		}
	}
	switch {
	case blank(c.Reasons):
		wrong = append(wrong, refuse("reasons", "required"))
	case utf8.RuneCountInString(c.Reasons) > longestQuestion:
		wrong = append(wrong, refuse("reasons", "too-long"))
	}
	if len(all) == 0 {
		wrong = append(wrong, refuse("", "nothing-to-correct"))
	}
	return all, errors.Join(wrong...)
}

// addressable reports whether something looks like a mail address; an empty one
// takes the address away.
func addressable(email string) bool {
	local, domain, found := strings.Cut(email, "@")
	return email == "" || (found && local != "" && domain != "" && !strings.ContainsAny(email, " <>,;"))
}

// writer reads who it is about, and refuses when that is no longer known.
func (c Correct) writer(v View, inc *Incident) (w Writer, b *Reported, err error) {
	w, b, err = WriterOf(v, inc, c.Report)
	if err != nil {
		return w, nil, err
	}
	switch i := slices.IndexFunc(inc.Reports, func(r Report) bool { return r.N == c.Report }); {
	case inc.Reports[i].Forgotten != nil || b == nil:
		return w, nil, refuse("", "correct-destroyed")
	case c.Whose != WhoseReporter && c.Whose != WhoseOriginal:
		return w, nil, refuse("whose", "choose-one")
	case c.Whose == WhoseOriginal && w.Original == nil:
		return w, nil, refuse("whose", "no-original")
	case c.Whose == WhoseOriginal && c.Phone != nil:
		return w, nil, refuse("phone", "original-phone")
	}
	return w, b, checkRequest(v, c.Request)
}

// body keeps of the given details those that change.
func (c Correct) body(w *Writer, b *Reported, given map[Detail]string) (*Corrected, error) {
	out := &Corrected{Report: c.Report, Item: b.Item, Whose: c.Whose, Request: c.Request}
	out.Private.Reasons = strings.TrimSpace(c.Reasons)
	for _, d := range []Detail{DetailName, DetailEmail, DetailPhone} {
		text, said := given[d]
		if !said || (text == *w.detail(c.Whose, d) && !(d == DetailPhone && w.phoneInRaw(b))) {
			continue
		}
		*out.Private.detail(d) = text
		out.Details = append(out.Details, d)
	}
	if len(out.Details) == 0 {
		return nil, refuse("", "nothing-changed")
	}
	if slices.Contains(out.Details, DetailEmail) && c.Whose == WhoseReporter {
		out.Reach = reachBy(b, out.Private.Email)
	}
	return out, nil
}

// reachBy says how the writer of a report can be reached who has this address.
func reachBy(b *Reported, email string) Reach {
	switch {
	case email != "":
		return ReachMail
	case (b.Channel == ChannelForm || b.Channel == ChannelPhone) && len(b.CodeHash) > 0:
		return ReachCode
	}
	return ReachNone
}

// redirect takes back what is still to go to an address that is put right, and
// notes what has to go to the new one: that, and what never arrived.
func redirect(tx Tx, inc *Incident, b *Corrected, act Act) error {
	if b.Whose != WhoseReporter || !slices.Contains(b.Details, DetailEmail) {
		return nil
	}
	mails, err := mailsTo(tx, inc, b.Report)
	if err != nil {
		return err
	}
	for _, m := range mails {
		again, err := takenBack(tx, m, act)
		switch {
		case err != nil:
			return err
		case !again || b.Private.Email == "":
		case m.Rung == RungReceipt:
			b.Receipt = true
		default:
			b.Questions = append(b.Questions, m.Report)
		}
	}
	return nil
}

// mailsTo lists the last mail to the reporter of a report of each kind: the
// receipt, and each question that nobody has answered.
func mailsTo(v View, inc *Incident, report int) (mails []*Alerted, err error) {
	for e, err := range v.Log(Stream{inc.Ref}, 1) {
		if err != nil {
			return nil, err
		}
		b, ok := e.Body.(*Alerted)
		if !ok || !inc.goesTo(b, report) {
			continue
		}
		mails = slices.DeleteFunc(mails, func(m *Alerted) bool { return m.Rung == b.Rung && m.Report == b.Report })
		mails = append(mails, b)
	}
	return mails, nil
}

// goesTo reports whether a mail is the receipt for a report, or a question to its
// reporter that is still open.
func (inc *Incident) goesTo(b *Alerted, report int) bool {
	switch b.Rung {
	case RungReceipt:
		return b.Report == report
	case RungQuestion:
		i := slices.IndexFunc(inc.Questions, func(q Question) bool { return q.N == b.Report })
		return i >= 0 && inc.Questions[i].Report == report && inc.Questions[i].Answered.IsZero()
	}
	return false
}

// takenBack ends a mail that is still to go. Again says that it has not reached
// anybody.
func takenBack(tx Tx, b *Alerted, act Act) (again bool, err error) {
	if len(b.To) == 0 {
		return b.Note == NoteNoAddress || b.Note == NoteAddress, nil
	}
	m, err := tx.Message(b.To[0].Message)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDestroyed):
		return false, nil
	case err != nil:
		return false, err
	case m.State.Final():
		return m.State.Lost(), nil
	}
	return true, endMail(tx, m, act, "corrected")
}
