package incident

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"meldklok/incident/people"
	"meldklok/incident/risk"
)

// Kind names what an entry says happened. Stored values: never rename one.
type Kind string

// Actor is who did something: "person:<id>", "token:<name>" (another tool),
// "reporter", or "system".
type Actor string

// The actors that are no person.
const (
	System   Actor = "system"
	Reporter Actor = "reporter"
)

// ByPerson returns the actor of a person.
func ByPerson(id people.ID) Actor { return Actor("person:" + string(id)) }

// Person returns the person behind the actor; ok is false for the others.
func (a Actor) Person() (id people.ID, ok bool) {
	s, ok := strings.CutPrefix(string(a), "person:")
	return people.ID(s), ok
}

// ByToken returns the actor of another tool, known by the name of its token.
func ByToken(name string) Actor { return Actor("token:" + name) }

// Token returns the name of the token behind the actor; ok is false for the
// others.
func (a Actor) Token() (name string, ok bool) { return strings.CutPrefix(string(a), "token:") }

// Entry is one fact in a log: what happened, who says so, when. Entries are
// never changed and never migrated: each carries the version its body was
// written under, and older bodies are lifted on reading.
type Entry struct {
	Seq    uint64    // place in the chain of the whole file, from 1
	Stream Stream    // whose log
	N      uint32    // place in that log, from 1
	At     time.Time // UTC
	By     Actor
	Body   Body
}

// Body is what an entry says. Its exported fields are the register part, which
// is kept; what [personal] returns is sealed under the personal key and is
// destroyed first.
type Body interface {
	Kind() Kind
	// personal returns a pointer to the personal part, or nil if the kind has none.
	personal() any
}

// noPersonal is embedded by the kinds without a personal part.
type noPersonal struct{}

func (noPersonal) personal() any { return nil }

// ---- the incident's log ----

// Reported: a report came in. The first one opens the incident.
type Reported struct {
	Report   int           `json:"report"` // number within the incident, from 1
	Channel  Channel       `json:"channel"`
	Received time.Time     `json:"received"`
	Basis    ReceivedBasis `json:"basis"`
	Flag     string        `json:"flag,omitempty"` // why the received time deserves a look
	Arrived  time.Time     `json:"arrived,omitzero"`
	Item     uint64        `json:"item"` // where its raw bytes lie, and under which key
	Size     int64         `json:"size"`
	Machine  string        `json:"machine,omitempty"`  // why it gets no receipt
	Reply    bool          `json:"reply,omitempty"`    // joined this incident by our token
	Of       int           `json:"of,omitempty"`       // a reply by receipt code: the report that the code belongs to
	ByUs     bool          `json:"by_us,omitempty"`    // a reply of an officer or a deputy
	Via      Ref           `json:"via,omitzero"`       // a reply to this incident, which had been merged away
	History  bool          `json:"history,omitempty"`  // older than the start of a watched mailbox
	Exercise bool          `json:"exercise,omitempty"` // a drill
	Suspect  Ref           `json:"suspect,omitzero"`   // another incident with the same Message-ID: perhaps a duplicate

	Unreadable bool      `json:"unreadable,omitempty"`
	Problems   int       `json:"problems,omitempty"`
	Known      time.Time `json:"known,omitzero"`      // proposed: when somebody of ours says they knew
	NoReport   string    `json:"no_report,omitempty"` // proposed: question, request, spam
	CodeHash   []byte    `json:"code,omitempty"`      // keyed hash of the receipt code of a form

	Private ReportPrivate `json:"-"`
}

// ReportPrivate is the personal part of a report. The text is not here: it is
// read from the raw bytes when a page needs it.
type ReportPrivate struct {
	From       Address  `json:"from,omitzero"`
	Phone      string   `json:"phone,omitempty"` // of a form
	Original   *Address `json:"original,omitempty"`
	Sender     string   `json:"sender,omitempty"` // envelope
	Subject    string   `json:"subject,omitempty"`
	MessageID  string   `json:"message_id,omitempty"`
	KnownQuote string   `json:"known_quote,omitempty"`
	Files      []string `json:"files,omitempty"`
	Auth       string   `json:"auth,omitempty"`
	Lang       string   `json:"lang,omitempty"` // in which the receipt is written
	Anonymous  bool     `json:"anonymous,omitempty"`
	SHA256     []byte   `json:"sha256,omitempty"` // of the raw bytes: the chain vouches for them too
}

// Kind implements Body.
func (Reported) Kind() Kind       { return "reported" }
func (b *Reported) personal() any { return &b.Private }

// DutyOpened: an obligation and its clock began.
type DutyOpened struct {
	noPersonal
	Duty  DutyID `json:"duty"`
	Rule  string `json:"rule"`
	Hours int    `json:"hours"`
	Fast  bool   `json:"fast,omitempty"`
	Clock Clock  `json:"clock"`
}

// Kind implements Body.
func (DutyOpened) Kind() Kind { return "duty-opened" }

// ClockSet: the clock of a duty was confirmed or moved.
type ClockSet struct {
	noPersonal
	Duty   DutyID `json:"duty"`
	Clock  Clock  `json:"clock"`
	Rule   string `json:"rule,omitempty"`   // with Hours: the period itself changed, as by a contract
	Hours  int    `json:"hours,omitempty"`  //
	Reason string `json:"reason,omitempty"` // in words; required when the start moved
}

// Kind implements Body.
func (ClockSet) Kind() Kind { return "clock-set" }

// Score is the recorded essence of an assessment: the verdict is a fact of the
// log and is never recomputed. The sentences belong to the codes (risk).
type Score struct {
	Severity  float64  `json:"severity"`
	Band      string   `json:"band"`
	Notify    bool     `json:"notify"`     // the AP
	TellThem  bool     `json:"tell_them"`  // the people concerned
	Reasons   []string `json:"reasons"`    // codes, the deciding one first
	BestBand  string   `json:"best_band"`  // if all that is unknown turns out well
	WorstBand string   `json:"worst_band"` // if it turns out badly
}

// Verdict names the score's proposal: "register", "notify" or "notify-and-tell".
func (s Score) Verdict() string {
	switch {
	case s.TellThem:
		return "notify-and-tell"
	case s.Notify:
		return "notify"
	}
	return "register"
}

// Assessed: facts were scored, by the machine (provisional) or by a person.
type Assessed struct {
	noPersonal
	Facts   risk.Facts `json:"facts"`
	Score   Score      `json:"score"`
	Machine bool       `json:"machine,omitempty"`
}

// Kind implements Body.
func (Assessed) Kind() Kind { return "assessed" }

// Described: a person gave the incident a title and a summary of its own,
// without names.
type Described struct {
	noPersonal
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"`
}

// Kind implements Body.
func (Described) Kind() Kind { return "described" }

// Decided: a person decided. Duties that the decision ends follow from it in
// the fold.
type Decided struct {
	noPersonal
	Decision Decision `json:"decision"`
	Duty     DutyID   `json:"duty,omitempty"`    // for a waiver or «does not apply»
	Code     string   `json:"code,omitempty"`    // reason code
	Reasons  string   `json:"reasons,omitempty"` // in words
	Into     Ref      `json:"into,omitzero"`     // for a merge
	Advice   int      `json:"advice,omitempty"`  // the FG's advice that it goes against,
	Against  string   `json:"against,omitempty"` // and why
}

// Kind implements Body.
func (Decided) Kind() Kind { return "decided" }

// MergedFrom: another incident was merged into this one.
type MergedFrom struct {
	noPersonal
	From    Ref `json:"from"`
	Reports int `json:"reports"`
}

// Kind implements Body.
func (MergedFrom) Kind() Kind { return "merged-from" }

// Repeated: the same bytes were delivered again; nothing new was said.
type Repeated struct {
	noPersonal
	Channel  Channel   `json:"channel"`
	Received time.Time `json:"received"`
}

// Kind implements Body.
func (Repeated) Kind() Kind { return "repeated" }

// SeenBy: somebody pressed «seen». It ends nothing.
type SeenBy struct{ noPersonal }

// Kind implements Body.
func (SeenBy) Kind() Kind { return "seen" }

// Alerted: one rung was queued, for each recipient as a mail of its own or
// inside one. Rung is a ladder's name, "closed" for the closing mail, or
// "receipt" for the mail to the reporter.
type Alerted struct {
	noPersonal
	Duty    DutyID    `json:"duty,omitempty"`
	Version int       `json:"version,omitempty"` // of the clock
	Rung    string    `json:"rung"`
	Rank    int       `json:"rank,omitempty"`
	Missed  []string  `json:"missed,omitempty"`  // earlier rungs that this one stands for
	Due     time.Time `json:"due"`               // the rung's own instant
	To      []Told    `json:"to"`                // nobody: why is in Note
	Note    string    `json:"note,omitempty"`    // why nobody: [NoteNoAddress], [NoteAddress], "capped", "nobody-left", …
	Instead people.ID `json:"instead,omitempty"` // handed over: this person could not be reached
	Report  int       `json:"report,omitempty"`  // for a receipt; for a question its number
}

// Told is one recipient of a rung.
type Told struct {
	Person    people.ID `json:"person,omitempty"` // empty: the reporter
	Message   uint64    `json:"message"`
	MessageID string    `json:"message_id"`
}

// Kind implements Body.
func (Alerted) Kind() Kind { return "alerted" }

// Why a reporter got no mail, when a better address would help. Stored values.
const (
	NoteNoAddress = "no-address"
	NoteAddress   = "address-unusable"
)

// Rewound: our clock had run ahead; the ladder of a duty goes on from To.
type Rewound struct {
	noPersonal
	Duty DutyID    `json:"duty"`
	To   time.Time `json:"to"`
	Rank int       `json:"rank"` // of what had been said by then
}

// Kind implements Body.
func (Rewound) Kind() Kind { return "rewound" }

// Delivery: how one message to one recipient ended, or an attempt that changed
// how it stands.
type Delivery struct {
	noPersonal
	Rung    string        `json:"rung"`
	Duty    DutyID        `json:"duty,omitempty"`
	Version int           `json:"version,omitempty"`
	Person  people.ID     `json:"person,omitempty"`
	Message uint64        `json:"message"`
	State   DeliveryState `json:"state"`
	Reply   string        `json:"reply,omitempty"` // the server's, or the reason
	Relay   string        `json:"relay,omitempty"`
	Hash    []byte        `json:"hash,omitempty"` // SHA-256 of the bytes that were accepted
}

// Kind implements Body.
func (Delivery) Kind() Kind { return "delivery" }

// ---- the organisation's log ----

// RecordCreated opens the organisation's log.
type RecordCreated struct {
	noPersonal
	Organisation string `json:"organisation"` // id; every incident carries it
	Name         string `json:"name,omitempty"`
}

// Kind implements Body.
func (RecordCreated) Kind() Kind { return "record-created" }

// PersonSet: a person was added or changed. The whole person is stated.
type PersonSet struct {
	Private people.Person `json:"-"`
	ID      people.ID     `json:"id"`
	Key     uint64        `json:"key,omitempty"` // whose keys seal it, so that one person can be forgotten; 0: the organisation's
}

// Kind implements Body.
func (PersonSet) Kind() Kind       { return "person-set" }
func (b *PersonSet) personal() any { return &b.Private }

// SettingSet: one setting was changed; Value is its JSON.
type SettingSet struct {
	noPersonal
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Kind implements Body.
func (SettingSet) Kind() Kind { return "setting-set" }

// Parked: a message was parked instead of becoming an incident.
type Parked struct {
	noPersonal
	Item    uint64     `json:"item"`
	Channel Channel    `json:"channel"`
	Reason  ParkReason `json:"reason"`
	Arrived time.Time  `json:"arrived"`
}

// Kind implements Body.
func (Parked) Kind() Kind { return "parked" }

// Unparked: a person looked at a parked message. Ref is the incident it became,
// if it was promoted.
type Unparked struct {
	noPersonal
	Item uint64 `json:"item"`
	Ref  Ref    `json:"ref,omitzero"`
}

// Kind implements Body.
func (Unparked) Kind() Kind { return "unparked" }

// The troubles of a TroubleAlerted. Stored values.
const (
	TroubleParked = "parked" // parked mail that nobody reviewed
	TroubleDigest = "digest" // no trouble: the weekly digest for management
)

// TroubleAlerted: persons were told of something outside an incident.
type TroubleAlerted struct {
	noPersonal
	Trouble string    `json:"trouble"`
	Due     time.Time `json:"due"` // when they had to be told; for a digest the end of its week
	To      []Told    `json:"to"`
}

// Kind implements Body.
func (TroubleAlerted) Kind() Kind { return "trouble-alerted" }

// bodies makes an empty body of each kind.
func bodies() map[Kind]func() Body {
	return map[Kind]func() Body{
		"reported":        func() Body { return new(Reported) },
		"corrected":       func() Body { return new(Corrected) },
		"duty-opened":     func() Body { return new(DutyOpened) },
		"clock-set":       func() Body { return new(ClockSet) },
		"assessed":        func() Body { return new(Assessed) },
		"described":       func() Body { return new(Described) },
		"decided":         func() Body { return new(Decided) },
		"filed":           func() Body { return new(Filed) },
		"filing-tried":    func() Body { return new(FilingTried) },
		"delay-explained": func() Body { return new(DelayExplained) },
		"happened":        func() Body { return new(Happened) },
		"role-set":        func() Body { return new(RoleSet) },
		"informed":        func() Body { return new(Informed) },
		"measure-set":     func() Body { return new(MeasureSet) },
		"measure-ended":   func() Body { return new(MeasureEnded) },
		"attached":        func() Body { return new(Attached) },
		"merged-from":     func() Body { return new(MergedFrom) },
		"repeated":        func() Body { return new(Repeated) },
		"seen":            func() Body { return new(SeenBy) },
		"asked":           func() Body { return new(Asked) },
		"answered":        func() Body { return new(Answered) },
		"imported":        func() Body { return new(Imported) },
		"drafted":         func() Body { return new(Drafted) },
		"restricted":      func() Body { return new(Restricted) },
		"advised":         func() Body { return new(Advised) },
		"linked":          func() Body { return new(Linked) },
		"answer-joined":   func() Body { return new(AnswerJoined) },
		"alerted":         func() Body { return new(Alerted) },
		"rewound":         func() Body { return new(Rewound) },
		"delivery":        func() Body { return new(Delivery) },
		"record-created":  func() Body { return new(RecordCreated) },
		"person-set":      func() Body { return new(PersonSet) },
		"setting-set":     func() Body { return new(SettingSet) },
		"parked":          func() Body { return new(Parked) },
		"unparked":        func() Body { return new(Unparked) },
		"trouble-alerted": func() Body { return new(TroubleAlerted) },
		"probe-sent":      func() Body { return new(ProbeSent) },
		"probe-seen":      func() Body { return new(ProbeSeen) },
		"account":         func() Body { return new(AccountEvent) },
		"access-reviewed": func() Body { return new(AccessReviewed) },
		"token-set":       func() Body { return new(TokenSet) },
		"backups-pruned":  func() Body { return new(BackupsPruned) },
		"backup-made":     func() Body { return new(BackupMade) },
		"backup-tested":   func() Body { return new(BackupTested) },
		"restored":        func() Body { return new(Restored) },
		"released":        func() Body { return new(Released) },
		"destroyed":       func() Body { return new(Destroyed) },
		"braked":          func() Body { return new(Braked) },
		"requested":       func() Body { return new(Requested) },
		"request-step":    func() Body { return new(RequestStep) },
		"key-rotated":     func() Body { return new(KeyRotated) },
	}
}

// Kinds lists every kind of entry.
func Kinds() []Kind { return slices.Sorted(maps.Keys(bodies())) }
