package session_test

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pquerna/otp/totp"

	"meldklok/incident"
	"meldklok/incident/people"
	"meldklok/ui/session"
)

// codeAt is what somebody's app shows at a moment.
func codeAt(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// withApp gives a person an app and returns its secret and the recovery codes.
func (h *house) withApp(id people.ID) (secret string, recovery []string) {
	h.t.Helper()
	if err := h.m.DraftApp(h.ctx, id); err != nil {
		h.t.Fatal(err)
	}
	draft, err := h.m.Draft(h.ctx, id)
	if err != nil {
		h.t.Fatal(err)
	}
	if recovery, err = h.m.ConfirmApp(h.ctx, id, codeAt(h.t, draft.Secret, time.Now())); err != nil {
		h.t.Fatal(err)
	}
	return draft.Secret, recovery
}

var home = session.From{Address: "192.0.2.1", Browser: "Firefox, Linux"}

func (h *house) password() session.Entered {
	h.t.Helper()
	in, err := h.m.SignIn(h.ctx, "officer@example.org", good, home)
	if err != nil {
		h.t.Fatal(err)
	}
	return in
}

func TestAnAppIsAskedForOnlyOnceItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.member("officer@example.org")
		if err := h.m.DraftApp(h.ctx, id); err != nil {
			t.Fatal(err)
		}
		if in := h.password(); in.Second != "" || !h.in(in.Token) {
			t.Error("an app that has shown no code yet must not be asked for: it may never have been set up")
		}
		draft, err := h.m.Draft(h.ctx, id)
		if err != nil || !strings.HasPrefix(draft.URI, "otpauth://totp/Meldklok:officer@example.org?issuer=Meldklok&secret=") {
			t.Fatal(draft, err)
		}
		if raw, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(draft.Secret, " ", "")); err != nil || len(raw) != 20 {
			t.Errorf("the secret has %d bytes (%v)", len(raw), err)
		}
		if _, err := h.m.ConfirmApp(h.ctx, id, "000000"); !refused(err, "code-wrong") {
			t.Errorf("a wrong code: %v", err)
		}
		codes, err := h.m.ConfirmApp(h.ctx, id, codeAt(t, draft.Secret, time.Now()))
		if err != nil || len(codes) != 10 {
			t.Fatal(codes, err)
		}
		in := h.password()
		if in.Second == "" || in.Token != "" {
			t.Error("from now on a password alone is not enough")
		}
		if h.in(in.Second) {
			t.Error("what names the second step is no session")
		}
		if bytes := string(h.bytes()); strings.Contains(bytes, strings.ReplaceAll(draft.Secret, " ", "")) || strings.Contains(bytes, codes[0][:5]+codes[0][6:]) {
			t.Error("a secret stands readable in the record")
		}
	})
}

func TestCodesOfTheSecondStep(t *testing.T) {
	for _, row := range []struct {
		why  string
		code func(t *testing.T, secret string, recovery []string) string
		want error
		by   incident.Factor
	}{
		{"the code of now", func(t *testing.T, s string, _ []string) string { return codeAt(t, s, time.Now()) }, nil, incident.FactorApp},
		{"with a space in it, as apps show it", func(t *testing.T, s string, _ []string) string {
			c := codeAt(t, s, time.Now())
			return c[:3] + " " + c[3:]
		}, nil, incident.FactorApp},
		{"a phone whose clock is half a minute behind", func(t *testing.T, s string, _ []string) string { return codeAt(t, s, time.Now().Add(-30*time.Second)) }, nil, incident.FactorApp},
		{"a code of two minutes ago", func(t *testing.T, s string, _ []string) string { return codeAt(t, s, time.Now().Add(-2*time.Minute)) }, session.ErrCode, ""},
		{"a code of two minutes ahead", func(t *testing.T, s string, _ []string) string { return codeAt(t, s, time.Now().Add(2*time.Minute)) }, session.ErrCode, ""},
		{"a recovery code", func(_ *testing.T, _ string, r []string) string { return r[3] }, nil, incident.FactorRecovery},
		{"a recovery code in capitals without its dash", func(_ *testing.T, _ string, r []string) string {
			return strings.ToUpper(strings.ReplaceAll(r[9], "-", ""))
		}, nil, incident.FactorRecovery},
		{"nothing", func(*testing.T, string, []string) string { return "" }, session.ErrCode, ""},
		{"nonsense", func(*testing.T, string, []string) string { return "abcde-fghij" }, session.ErrCode, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			id := h.member("officer@example.org")
			secret, recovery := h.withApp(id)
			time.Sleep(10 * time.Minute)
			in, err := h.m.Second(h.ctx, h.password().Second, row.code(t, secret, recovery), home)
			if !errors.Is(err, row.want) || (err == nil) != (in.Token != "") {
				t.Errorf("%s: %v, want %v", row.why, err, row.want)
			}
			if a, _ := h.m.Account(h.ctx, id); err == nil && (a.LastBy != row.by || !h.in(in.Token)) {
				t.Errorf("%s: signed in by %q, want %q", row.why, a.LastBy, row.by)
			}
		})
	}
}

func TestNoCodeWorksTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		secret, recovery := h.withApp(h.member("officer@example.org"))
		first := codeAt(t, secret, time.Now())
		if _, err := h.m.Second(h.ctx, h.password().Second, first, home); !errors.Is(err, session.ErrCode) {
			t.Errorf("the code that confirmed the app was taken again: %v", err)
		}
		time.Sleep(time.Minute)
		code := codeAt(t, secret, time.Now())
		for _, used := range []string{code, recovery[0]} {
			step := h.password().Second
			if _, err := h.m.Second(h.ctx, step, used, home); err != nil {
				t.Fatal(err)
			}
			if _, err := h.m.Second(h.ctx, h.password().Second, used, home); !errors.Is(err, session.ErrCode) {
				t.Errorf("%s worked twice: %v", used, err)
			}
			if _, err := h.m.Second(h.ctx, step, recovery[1], home); !errors.Is(err, session.ErrAgain) {
				t.Errorf("a second step worked twice: %v", err)
			}
		}
		if earlier := codeAt(t, secret, time.Now().Add(-30*time.Second)); earlier != code {
			if _, err := h.m.Second(h.ctx, h.password().Second, earlier, home); !errors.Is(err, session.ErrCode) {
				t.Errorf("a code older than the last one used was taken: %v", err)
			}
		}
	})
}

func TestTheSecondStepEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		_, recovery := h.withApp(h.member("officer@example.org"))
		step := h.password().Second
		time.Sleep(11 * time.Minute)
		if _, err := h.m.Second(h.ctx, step, recovery[0], home); !errors.Is(err, session.ErrAgain) {
			t.Errorf("after ten minutes the password is asked again: %v", err)
		}
		step = h.password().Second
		for i := range 5 {
			want := session.ErrCode
			if i == 4 {
				want = session.ErrAgain
			}
			if _, err := h.m.Second(h.ctx, step, "wrong", home); !errors.Is(err, want) {
				t.Errorf("wrong code %d: %v", i, err)
			}
		}
		if _, err := h.m.Second(h.ctx, step, recovery[0], home); !errors.Is(err, session.ErrAgain) {
			t.Errorf("after five wrong codes the password is asked again: %v", err)
		}
	})
}

// TestCodesCannotBeGuessed: who knows the password gets few tries at the code,
// and the owner still gets in.
func TestCodesCannotBeGuessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		secret, recovery := h.withApp(h.member("officer@example.org"))
		time.Sleep(time.Minute)
		tries := 0
		for range 10 {
			step := h.password().Second
			for range 4 {
				_, err := h.m.Second(h.ctx, step, "12345x"[:5]+fmt.Sprint(tries%10), session.From{Address: fmt.Sprint(tries)})
				if errors.Is(err, session.ErrCode) {
					tries++
				}
			}
		}
		if tries > 20 {
			t.Errorf("%d codes could be tried", tries)
		}
		step := h.password().Second
		if _, err := h.m.Second(h.ctx, step, codeAt(t, secret, time.Now()), home); !errors.Is(err, session.ErrPaused) {
			t.Errorf("codes of the app must rest: %v", err)
		}
		if _, err := h.m.Second(h.ctx, step, recovery[0], home); err != nil {
			t.Errorf("the owner must get in with a recovery code: %v", err)
		}
	})
}

func TestALinkReplacesThePasswordAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.member("officer@example.org")
		h.withApp(id)
		link, err := h.m.Invite(h.ctx, incident.System, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.m.Take(h.ctx, link, "nog vier andere woorden", nil); err != nil {
			t.Fatal(err)
		}
		in, err := h.m.SignIn(h.ctx, "officer@example.org", "nog vier andere woorden", home)
		if err != nil || in.Second == "" {
			t.Errorf("a new password must not take the second step away: %v", err)
		}
		if err := h.m.DisableFactors(h.ctx, incident.System, id); err != nil {
			t.Fatal(err)
		}
		if in, err := h.m.SignIn(h.ctx, "officer@example.org", "nog vier andere woorden", home); err != nil || in.Token == "" {
			t.Errorf("after the reset the password is enough: %v", err)
		}
	})
}

func TestTheLastWayInStays(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	if err := h.m.RemoveFactor(h.ctx, incident.System, id, incident.FactorPassword, ""); !refused(err, "last-way-in") {
		t.Errorf("a password that is the only way in: %v", err)
	}
	h.withApp(id)
	if err := h.m.RemoveFactor(h.ctx, incident.System, id, incident.FactorPassword, ""); !refused(err, "last-way-in") {
		t.Errorf("an app alone is no way in: %v", err)
	}
	if err := h.m.RemoveFactor(h.ctx, incident.System, id, incident.FactorApp, ""); err != nil {
		t.Error(err)
	}
	if a, _ := h.m.Account(h.ctx, id); a.Recovery != 0 || a.Strong() {
		t.Errorf("recovery codes go with the last second step: %+v", a)
	}
	if err := h.m.RemoveFactor(h.ctx, incident.System, id, incident.FactorPasskey, "none"); !errors.Is(err, incident.ErrNotFound) {
		t.Error(err)
	}
}

// TestWhatHappenedIsRecorded: in the organisation's log, without any address.
func TestWhatHappenedIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.member("officer@example.org")
		for range 7 {
			_, _ = h.m.SignIn(h.ctx, "officer@example.org", "wrong wrong wrong", home)
			_, _ = h.m.SignIn(h.ctx, "nobody@example.org", "wrong wrong wrong", home)
		}
		h.password()
		h.withApp(id)
		if err := h.m.DisableFactors(h.ctx, incident.ByPerson("p9"), id); err != nil {
			t.Fatal(err)
		}
		entries, next, err := h.service.AccountLog(h.ctx, 0, 100)
		if err != nil || next != 0 {
			t.Fatal(next, err)
		}
		var got []string
		codec := incident.NewCodec()
		for _, e := range entries {
			b := e.Body.(*incident.AccountEvent)
			got = append(got, fmt.Sprintf("%s %s %s %d by %s", b.Event, b.Person, b.Factor, b.Failures, e.By))
			register, personal, err := codec.Encode(e)
			if err != nil || personal != nil || strings.ContainsAny(string(register), "@") || strings.Contains(string(register), "192.0.2") {
				t.Errorf("an address stands in the log: %s (%v)", register, err)
			}
		}
		want := []string{
			"reset p1  0 by person:p9", "factor-added p1 app 0 by person:p1", "signed-in p1 password 7 by person:p1",
			"failed   5 by system", "failed p1  5 by system", "password-set p1  0 by system",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("recorded:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if part, next, err := h.service.AccountLog(h.ctx, 0, 2); err != nil || len(part) != 2 || next == 0 {
			t.Errorf("two at a time: %d, next %d (%v)", len(part), next, err)
		} else if rest, _, err := h.service.AccountLog(h.ctx, next, 100); err != nil || len(rest) != len(entries)-2 {
			t.Errorf("the rest: %d (%v)", len(rest), err)
		}
	})
}

func TestOwnSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		id := h.member("officer@example.org")
		one := h.password().Token
		time.Sleep(time.Hour)
		in, err := h.m.SignIn(h.ctx, "officer@example.org", good, session.From{Address: "192.0.2.2", Browser: "Safari, iPhone"})
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.m.Sessions(h.ctx, id, in.Token)
		if err != nil || len(list) != 2 || list[0].Browser != "Safari, iPhone" || !list[0].Here || list[1].Here || list[1].Browser != "Firefox, Linux" {
			t.Fatalf("%+v %v", list, err)
		}
		other := h.member("deputy@example.org")
		if err := h.m.EndSession(h.ctx, incident.ByPerson(other), other, list[1].Handle); !errors.Is(err, incident.ErrNotFound) || !h.in(one) {
			t.Errorf("nobody ends somebody else's session by its name: %v", err)
		}
		if err := h.m.EndSession(h.ctx, incident.ByPerson(id), id, list[1].Handle); err != nil || h.in(one) || !h.in(in.Token) {
			t.Errorf("the one session must be over, and only it: %v", err)
		}
		time.Sleep(9 * time.Hour)
		if list, err := h.m.Sessions(h.ctx, id, in.Token); err != nil || len(list) != 0 {
			t.Errorf("a session that has ended is not listed: %+v %v", list, err)
		}
	})
}

func TestProvingToBeThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.member("officer@example.org")
		token := h.password().Token
		fresh := func() bool { v, _ := h.m.Visit(h.ctx, token); return v.Fresh }
		if !fresh() {
			t.Error("who has just signed in is there")
		}
		time.Sleep(16 * time.Minute)
		if fresh() {
			t.Error("after a quarter of an hour it is asked again")
		}
		if err := h.m.Confirm(h.ctx, token, "wrong wrong wrong", home); !errors.Is(err, session.ErrSignIn) || fresh() {
			t.Errorf("a wrong password proves nothing: %v", err)
		}
		if err := h.m.Confirm(h.ctx, token, good, home); err != nil || !fresh() {
			t.Errorf("the password proves it: %v", err)
		}
		if err := h.m.Confirm(h.ctx, "no session", good, home); !errors.Is(err, session.ErrNone) {
			t.Errorf("without a session: %v", err)
		}
	})
}

func TestARoleCanRequireASecondStep(t *testing.T) {
	h := newHouse(t)
	id := h.member("officer@example.org")
	token := h.begin(id)
	lacks := func() bool { v, _ := h.m.Visit(h.ctx, token); return v.Lacks() }
	if lacks() {
		t.Error("by default it is recommended only")
	}
	rules := incident.SignInRules{Second: map[people.Role]incident.Demand{people.Officer: incident.DemandRequired}, ReviewMonths: 6}
	if err := h.service.SetSignInRules(h.ctx, incident.System, rules); err != nil || !lacks() {
		t.Errorf("required at once, also of sessions under way: %v", err)
	}
	h.withApp(id)
	if lacks() {
		t.Error("an app is a second step")
	}
	for _, bad := range []incident.SignInRules{{ReviewMonths: 0}, {ReviewMonths: 25}, {ReviewMonths: 6, Second: map[people.Role]incident.Demand{"boss": incident.DemandOff}}, {ReviewMonths: 6, Second: map[people.Role]incident.Demand{people.FG: "sometimes"}}} {
		var r *incident.Refusal
		if err := h.service.SetSignInRules(h.ctx, incident.System, bad); !errors.As(err, &r) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
