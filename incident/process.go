package incident

import (
	"context"
	"errors"
	"strings"
	"time"

	"meldklok/incident/risk"
)

// Settled is the outcome of a delivery.
type Settled struct {
	Ref       Ref    // the incident it opened, joined, or repeated
	Parked    uint64 // parked instead; the item's number
	Duplicate bool   // the same bytes were here before
	Joined    bool   // a reply that carries our token
	Probe     bool   // a probe of ours: nothing to keep
	Bounced   int    // alerts that it proves to have come back
}

// Process gives an accepted delivery its outcome: it is parked, joins an
// incident, repeats one, or opens one with a provisional clock and score.
// Whatever the bytes are, there is an outcome; the errors are the record's.
// Processing twice is processing once.
func (s *Service) Process(ctx context.Context, item uint64) (out Settled, err error) {
	var d Delivered
	err = s.Store.View(ctx, func(v View) error { d, err = v.Pended(item); return err })
	if err != nil {
		return Settled{}, err
	}
	if d.Size >= largeSize {
		defer s.large.enter(mostLarge)()
	}
	form, reading, err := s.readStored(ctx, d)
	if err != nil {
		return Settled{}, err
	}
	scanned := s.scan(d, form, reading)
	err = s.Store.Update(ctx, func(tx Tx) error {
		if _, err := tx.Pended(item); err != nil {
			return err
		}
		p := processing{s: s, tx: tx, d: d, form: form, reading: reading, scanned: scanned, act: s.Act(enteredBy(d, form))}
		if out, err = p.settle(); err != nil {
			return err
		}
		if out.Duplicate || out.Probe {
			err = tx.Stage(item) // so that a crash before discard leaves no bytes behind
		}
		return errors.Join(err, tx.Settle(item))
	})
	if err == nil && (out.Duplicate || out.Probe) {
		err = s.discard(ctx, item, d.Chunks)
	}
	if err == nil {
		s.logSettled(item, d, out)
	}
	return out, err
}

// enteredBy is who records a delivery: we do, or the tool that handed it in.
func enteredBy(d Delivered, form *Form) Actor {
	if form != nil && d.Channel == ChannelAPI {
		if _, ok := Actor(form.Entered).Token(); ok {
			return Actor(form.Entered)
		}
	}
	return System
}

// PendingItems returns accepted deliveries without an outcome that nobody is
// giving one, oldest first, at most limit. One whose row is damaged does not keep
// the others waiting; health tells that it is stuck.
func (s *Service) PendingItems(ctx context.Context, limit int) (items []uint64, err error) {
	err = s.Store.View(ctx, func(v View) error {
		for d, err := range v.Pending() {
			if err != nil {
				s.logger().Error("a delivery is damaged on disk and has no outcome; the others go on", "err", err)
				continue
			}
			if _, claimed := s.claims.Load(d.Item); claimed {
				continue
			}
			if items = append(items, d.Item); len(items) == limit {
				break
			}
		}
		return nil
	})
	return items, err
}

// readStored reads a delivery from the record. Bytes that are damaged on disk
// are a report that nobody can read, and still one that came in: somebody must
// look, and its clock runs. The error is of a record that cannot be read now.
func (s *Service) readStored(ctx context.Context, d Delivered) (*Form, Reading, error) {
	raw, err := s.raw(ctx, d.Item)
	switch {
	case err == nil:
		form, reading := s.read(raw, d)
		return form, reading, nil
	case ctx.Err() != nil, errors.Is(err, ErrUnavailable):
		return nil, Reading{}, err
	}
	s.logger().Error("the bytes of a delivery are damaged on disk; it is kept as an unreadable report", "item", d.Item, "err", err)
	return nil, unreadable(d, "bytes-damaged"), nil
}

// unreadable is the reading of a delivery that nobody can read.
func unreadable(d Delivered, problem string) Reading {
	return Reading{Unreadable: true, Received: d.Arrived, ReceivedBasis: BasisListener, Problems: []string{problem}}
}

// read parses raw bytes. A parser that panics on a stranger's bytes has found
// an unreadable report, not a reason to lose it.
func (s *Service) read(raw []byte, d Delivered) (form *Form, r Reading) {
	defer func() {
		if p := recover(); p != nil {
			s.logger().Error("the parser panicked; the report is kept as unreadable", "item", d.Item, "panic", panicText(p))
			r = unreadable(d, "parser-panic")
		}
	}()
	if d.Channel.IsForm() {
		f, r := ReadForm(raw, d.Arrived)
		return &f, r
	}
	o := s.Options
	o.Now = d.Arrived
	in := Incoming{Channel: d.Channel, Sender: d.Sender, Recipients: d.Recipients, Arrived: d.Arrived, Stated: d.Stated, Cursor: d.Cursor, History: d.History}
	return nil, s.Read(raw, in, o)
}

// scan scores what can be read, provisionally.
func (s *Service) scan(d Delivered, form *Form, r Reading) (out risk.Scanned) {
	defer func() {
		if p := recover(); p != nil {
			s.logger().Error("the scan panicked; the report has no provisional score", "item", d.Item, "panic", panicText(p))
			out = risk.Scanned{Assessment: risk.Assess(risk.Facts{})}
		}
	}()
	if len(r.Attachments) > 0 {
		defer s.scans.enter(mostScans)()
	}
	doc := risk.Document{Subject: r.Subject, Text: r.Text, Received: r.Received}
	for _, a := range r.Attachments {
		doc.Attachments = append(doc.Attachments, risk.Attachment{Name: a.Name, Type: a.Type, Data: a.Data})
	}
	return risk.Scan(doc)
}

// processing is one delivery on its way to an outcome.
type processing struct {
	s       *Service
	tx      Tx
	d       Delivered
	form    *Form
	reading Reading
	scanned risk.Scanned
	act     Act
}

func (p *processing) settle() (Settled, error) {
	if known, ok := p.tx.Lookup(p.d.Hash); ok {
		return p.repeat(known)
	}
	if out, ok, err := p.probed(); ok {
		return out, err
	}
	bounced := 0
	if p.reading.Park == ParkBounce && p.reading.Bounce != nil {
		var err error
		if bounced, err = p.bounce(*p.reading.Bounce); err != nil {
			return Settled{}, err
		}
	}
	if p.reading.Park != "" {
		out, err := p.park()
		out.Bounced = bounced
		return out, err
	}
	if ref, ok := p.answered(); ok && p.stands(ref) {
		return p.join(ref)
	}
	if ref, ok := p.replyTo(); ok && p.stands(ref) {
		return p.join(ref)
	}
	return p.open()
}

// repeat records that known bytes came again, and lets an earlier receipt of
// them move a clock that nobody has confirmed.
func (p *processing) repeat(known Known) (Settled, error) {
	out := Settled{Ref: known.Ref, Parked: known.Item, Duplicate: true}
	if known.Ref.IsZero() {
		return out, nil
	}
	inc, err := p.tx.Incident(known.Ref)
	if errors.Is(err, ErrDestroyed) {
		return out, nil // the same bytes, years later: a mailbox that is read anew
	}
	if err != nil {
		return Settled{}, err
	}
	received := p.reading.Received
	bodies := []Body{&Repeated{Channel: p.d.Channel, Received: received}}
	if d := inc.Duty(DutyAP); d != nil && d.Open() && d.Clock.Provisional() && received.Before(d.Clock.Start) {
		clock := Clock{Version: d.Clock.Version + 1, Start: received, Due: d.DueFrom(received), Basis: ClockReceipt}
		bodies = append(bodies, &ClockSet{Duty: DutyAP, Clock: clock})
	}
	_, err = p.tx.Append(Stream{known.Ref}, p.act, bodies...)
	return out, err
}

func (p *processing) park() (Settled, error) {
	item := ParkedItem{Delivered: p.d, Reason: p.reading.Park, From: p.reading.From, Subject: p.reading.Subject, About: p.about()}
	if err := p.tx.Park(item); err != nil {
		return Settled{}, err
	}
	if err := p.tx.Remember(p.d.Hash, Known{Item: p.d.Item}); err != nil {
		return Settled{}, err
	}
	_, err := p.tx.Append(OrgStream(), p.act, &Parked{Item: p.d.Item, Channel: p.d.Channel, Reason: p.reading.Park, Arrived: p.d.Arrived})
	return Settled{Parked: p.d.Item}, err
}

// about returns the incident whose mail a parked message answers or brings back.
func (p *processing) about() Ref {
	if ref, ok := p.replyTo(); ok {
		return ref
	}
	if b := p.reading.Bounce; b != nil {
		if mark, ok := p.s.Tokens.Read(b.MessageID); ok {
			return mark.Ref
		}
	}
	return Ref{}
}

// bounce believes a delivery report only if our token proves that the mail it
// quotes was ours: a forged one must not switch anybody off (LESSONS 16). It
// returns how many alerts came back.
func (p *processing) bounce(b Bounce) (int, error) {
	mark, ok := p.s.Tokens.Read(b.MessageID)
	if !ok || mark.Message == 0 || !strings.EqualFold(b.Action, "failed") {
		return 0, nil
	}
	m, err := p.tx.Message(mark.Message)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDestroyed) || (err == nil && m.State != Accepted) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	m.State, m.Reply = Bounced, strings.TrimSpace("bounced "+b.Status)
	for _, a := range m.Alerts {
		_, err := p.tx.Append(Stream{a.Ref}, p.act, &Delivery{
			Rung: a.Rung, Duty: a.Duty, Version: a.Version, Person: m.Person, Message: m.ID, State: Bounced, Reply: m.Reply,
		})
		if err != nil && !errors.Is(err, ErrDestroyed) {
			return 0, err
		}
	}
	return len(m.Alerts), p.tx.SetMessage(m)
}

// stands reports whether an answer can join an incident: neither it nor the one
// it was merged into was destroyed as a whole. Otherwise it opens a new one.
func (p *processing) stands(ref Ref) bool {
	_, err := survivor(p.tx, ref)
	return !errors.Is(err, ErrDestroyed)
}

// replyTo returns the incident whose keyed token the mail carries.
func (p *processing) replyTo() (Ref, bool) {
	for _, id := range append(p.reading.InReplyTo, p.reading.Addressees...) {
		if mark, ok := p.s.Tokens.Read(id); ok && !mark.Ref.IsZero() {
			if _, err := p.tx.Incident(mark.Ref); err == nil {
				return mark.Ref, true
			}
		}
	}
	return Ref{}, false
}

// open makes a new incident with its provisional clock and score.
func (p *processing) open() (Settled, error) {
	ref, err := p.tx.Create(p.reading.Received.In(Amsterdam()).Year(), p.d.Item)
	if err != nil {
		return Settled{}, err
	}
	first := p.reported(1)
	if first.Suspect, err = p.suspect(ref); err != nil {
		return Settled{}, err
	}
	if p.isRequest() {
		return p.openRequest(ref, first)
	}
	bodies := []Body{first}
	if !p.d.History {
		start, basis := p.reading.Received, ClockReceipt
		if !first.Known.IsZero() && first.Known.Before(start) {
			start, basis = first.Known, ClockKnown
		}
		if bodies, err = p.appendAP(bodies, start, basis); err != nil {
			return Settled{}, err
		}
	}
	bodies = append(bodies, &Assessed{Facts: p.scanned.Facts, Score: ScoreOf(p.scanned.Assessment), Machine: true})
	if _, err := p.tx.Append(Stream{ref}, p.act, bodies...); err != nil {
		return Settled{}, err
	}
	if p.form != nil && len(p.form.CodeHash) > 0 {
		if err := p.tx.Remember(p.form.CodeHash, Known{Ref: ref}); err != nil {
			return Settled{}, err
		}
	}
	return Settled{Ref: ref}, p.tx.Remember(p.d.Hash, Known{Ref: ref})
}

// isRequest reports whether an officer entered a request of a person.
func (p *processing) isRequest() bool {
	return p.form != nil && p.form.Right != "" && p.d.Channel == ChannelPhone
}

// openRequest makes what is no report of a leak, with the duty to answer.
func (p *processing) openRequest(ref Ref, first *Reported) (Settled, error) {
	bodies := []Body{first, &Decided{Decision: DecideNoReport, Code: NoReportRequest}}
	bodies, err := requestDuty(bodies, p.form.Right, p.form.Received, p.act)
	if err != nil {
		return Settled{}, err
	}
	if _, err := p.tx.Append(Stream{ref}, p.act, bodies...); err != nil {
		return Settled{}, err
	}
	return Settled{Ref: ref}, p.tx.Remember(p.d.Hash, Known{Ref: ref})
}

// appendAP opens the duty to notify: under the law's rule, or for a drill that
// we ordered ourselves under that of the drill.
func (p *processing) appendAP(bodies []Body, start time.Time, basis ClockBasis) ([]Body, error) {
	id, drill := p.s.Tokens.Drill(p.reading.MessageID)
	if !drill {
		return appendDuty(bodies, DutyAP, start, basis, p.act)
	}
	for _, rule := range p.s.Rules {
		if rule.ID == id {
			return append(bodies, openUnder(rule, p.reading.Received, ClockReceipt)), nil
		}
	}
	return nil, refuse("", "no-rule-in-force")
}

// suspect looks for another mail with the same Message-ID: it may be a
// duplicate, which is shown and never dropped (LESSONS 10).
func (p *processing) suspect(ref Ref) (Ref, error) {
	if p.reading.MessageID == "" {
		return Ref{}, nil
	}
	hash := p.s.Store.MAC("message-id-of-report", []byte(p.reading.MessageID))
	if known, ok := p.tx.Lookup(hash); ok {
		return known.Ref, nil
	}
	return Ref{}, p.tx.Remember(hash, Known{Ref: ref})
}

// longestKnown is how far before receipt a moment found in a text is believed:
// an older one is a story, not the day somebody noticed.
const longestKnown = 30 * 24 * time.Hour

func (p *processing) reported(n int) *Reported {
	r := p.reading
	b := &Reported{
		Report: n, Channel: p.d.Channel, Received: r.Received.UTC(), Basis: r.ReceivedBasis, Flag: r.ReceivedFlag, Arrived: p.d.Arrived,
		Item: p.d.Item, Size: p.d.Size, Machine: r.Machine, History: p.d.History, Unreadable: r.Unreadable, Problems: len(r.Problems),
		Private: ReportPrivate{
			From: r.From, Original: r.Original, Sender: p.d.Sender, Subject: r.Subject, MessageID: r.MessageID,
			Auth: r.Authentication, Lang: language(r.Subject + " " + r.Text), SHA256: p.d.SHA256,
		},
	}
	_, b.Exercise = p.s.Tokens.Drill(r.MessageID)
	for _, a := range r.Attachments {
		b.Private.Files = append(b.Private.Files, a.Name)
	}
	if k := p.scanned.KnownSince; k != nil && k.At.Before(r.Received) && r.Received.Sub(k.At) <= longestKnown {
		b.Known, b.Private.KnownQuote = k.At.UTC(), k.Quote
	}
	if p.scanned.NoReport != nil {
		b.NoReport = string(p.scanned.NoReport.Kind)
	}
	if f := p.form; f != nil {
		b.CodeHash, b.Private.Lang, b.Private.Phone = f.CodeHash, f.Lang, f.Phone
		if f.Right != "" {
			b.Machine = "request" // whoever entered it answers the person
		}
		b.Private.Anonymous = f.Name == "" && f.Email == "" && f.Phone == ""
		if !f.Known.IsZero() && (b.Known.IsZero() || f.Known.Before(b.Known)) {
			b.Known = f.Known.UTC()
		}
	}
	return b
}

// language guesses in which language a report is written, for the receipt:
// Dutch unless common English words clearly prevail.
func language(text string) string {
	const enough = 2
	count := map[bool]int{}
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		switch strings.Trim(word, ".,:;!?()\"'") {
		case "the", "and", "of", "to", "that", "with", "this", "was", "our", "have", "has", "been", "from", "you", "we", "my":
			count[true]++
		case "de", "het", "een", "en", "van", "dat", "met", "ik", "wij", "ons", "onze", "zijn", "aan", "niet", "naar", "er", "heb":
			count[false]++
		}
	}
	if count[true] >= enough && count[true] > 2*count[false] {
		return "en"
	}
	return "nl"
}
