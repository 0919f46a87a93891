package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

// tokenServer is a token endpoint that answers as it is told.
type tokenServer struct {
	*httptest.Server
	given  atomic.Int64
	refuse atomic.Pointer[string] // an OAuth error code
	forms  chan string
}

func newTokenServer(t *testing.T) *tokenServer {
	s := &tokenServer{forms: make(chan string, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.forms <- r.PostForm.Encode()
		w.Header().Set("Content-Type", "application/json")
		if code := s.refuse.Load(); code != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": *code, "error_description": "AADSTS7000222: the secret has expired"})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint("token-", s.given.Add(1)), "token_type": "Bearer", "expires_in": 3600, "refresh_token": "next-refresh"})
	}))
	t.Cleanup(s.Close)
	return s
}

func secretOf(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// tokenSession signs in with one good token by two mechanisms.
type tokenSession struct {
	imapserver.SessionIMAP4rev2
	good       string
	mechanisms []string
}

func (s *tokenSession) AuthenticateMechanisms() []string { return s.mechanisms }

func (s *tokenSession) Authenticate(mechanism string) (sasl.Server, error) {
	return &tokenCheck{s, mechanism}, nil
}

type tokenCheck struct {
	s         *tokenSession
	mechanism string
}

func (c *tokenCheck) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	if strings.Contains(string(response), "auth=Bearer "+c.s.good+"\x01") && strings.Contains(string(response), testUser) {
		return nil, true, c.s.Login(testUser, testPassword)
	}
	return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
}

// TestLesson13Tokens: XOAUTH2 and OAUTHBEARER sign in with a token that the
// provider gives; one that the server refuses is replaced at once.
func TestLesson13Tokens(t *testing.T) {
	for _, row := range []struct {
		why, good  string
		mechanisms []string
		trouble    string
	}{
		{"XOAUTH2", "token-1", []string{"XOAUTH2"}, ""},
		{"OAUTHBEARER", "token-1", []string{"OAUTHBEARER"}, ""},
		{"XOAUTH2 is preferred", "token-1", []string{"OAUTHBEARER", "XOAUTH2"}, ""},
		{"a token that was withdrawn", "token-2", []string{"XOAUTH2"}, ""},
		{"the same by OAUTHBEARER", "token-2", []string{"OAUTHBEARER"}, ""},
		{"a server that takes passwords only", "token-1", nil, TroubleNoMechanism},
		{"a right that is missing", "none", []string{"XOAUTH2"}, TroubleSignIn},
	} {
		tokens := newTokenServer(t)
		s := newMailServer(t, func(s *mailServer) {
			s.wrap = func(inner imapserver.SessionIMAP4rev2) imapserver.Session {
				return &tokenSession{inner, row.good, row.mechanisms}
			}
		})
		m := s.mailbox()
		m.Password, m.Timeout = nil, 5*time.Second
		m.Token = ClientCredentials(OAuth{TokenURL: tokens.URL, ClientID: "app", Scope: ScopeMicrosoft, Secret: secretOf("s3cret"), Now: time.Now})
		s.put(mailText("een"), testNow)
		r := newRecord()
		w, stop := r.watch(t, m)
		for began := time.Now(); time.Since(began) < 8*time.Second && w.Status().LastGood.IsZero(); time.Sleep(10 * time.Millisecond) {
			if st := w.Status(); row.trouble != "" && st.Trouble != nil && st.Trouble.Code == row.trouble {
				break
			}
		}
		st := w.Status()
		if row.trouble == "" && (st.Trouble != nil || len(r.subjects()) != 1) {
			t.Errorf("%s: %+v, kept %d", row.why, st.Trouble, len(r.subjects()))
		}
		if row.trouble != "" && (st.Trouble == nil || st.Trouble.Code != row.trouble || strings.Contains(st.Trouble.Detail, "token-")) {
			t.Errorf("%s: %+v", row.why, st.Trouble)
		}
		stop()
		form := <-tokens.forms
		for _, want := range []string{"grant_type=client_credentials", "client_id=app", "client_secret=s3cret", "scope=https%3A%2F%2Foutlook.office365.com%2F.default"} {
			if !strings.Contains(form, want) {
				t.Errorf("%s: asked with %s", row.why, form)
			}
		}
	}
}

// TestTokenRenewal: a token is kept until five minutes before its end, and a
// changed refresh token is used from then on.
func TestTokenRenewal(t *testing.T) {
	tokens, now := newTokenServer(t), time.Now()
	get := RefreshToken(OAuth{TokenURL: tokens.URL, ClientID: "app", Secret: secretOf("s"), Refresh: secretOf("first-refresh"), Now: func() time.Time { return now }})
	for _, row := range []struct {
		after time.Duration
		fresh bool
		want  string
		form  string
	}{
		{0, false, "token-1", "refresh_token=first-refresh"},
		{50 * time.Minute, false, "token-1", ""},
		{56 * time.Minute, false, "token-2", "refresh_token=next-refresh"},
		{57 * time.Minute, true, "token-3", "refresh_token=next-refresh"},
	} {
		now = time.Now().Add(row.after)
		got, err := get(t.Context(), row.fresh)
		if err != nil || got != row.want {
			t.Errorf("after %s: %q, %v", row.after, got, err)
		}
		if row.form != "" {
			if form := <-tokens.forms; !strings.Contains(form, row.form) {
				t.Errorf("after %s: asked with %s", row.after, form)
			}
		}
	}
}

// TestLesson6TroubleIsSeenWithinMinutes: a secret that expired shows at once,
// in words that say which one, and the age of the last good look grows.
func TestLesson6TroubleIsSeenWithinMinutes(t *testing.T) {
	for code, want := range map[string]string{
		"invalid_client": TroubleSecret, "unauthorized_client": TroubleConsent, "invalid_scope": TroubleConsent, "invalid_grant": TroubleGrant, "server_error": TroubleToken,
	} {
		tokens := newTokenServer(t)
		tokens.refuse.Store(&code)
		s := newMailServer(t, nil)
		m := s.mailbox()
		m.Password, m.Token = nil, ClientCredentials(OAuth{TokenURL: tokens.URL, ClientID: "app", Secret: secretOf("s3cret"), Now: time.Now})
		w, stop := newRecord().watch(t, m)
		for began := time.Now(); time.Since(began) < 5*time.Second && w.Status().Trouble == nil; time.Sleep(5 * time.Millisecond) {
		}
		stop()
		st := w.Status()
		if st.Trouble == nil || st.Trouble.Code != want || !strings.Contains(st.Trouble.Detail, "AADSTS7000222") || strings.Contains(st.Trouble.Detail, "s3cret") {
			t.Errorf("%s: %+v", code, st.Trouble)
		}
		if age := st.Age(testNow.Add(10 * time.Minute)); age.Round(time.Second) != 10*time.Minute || st.Connected {
			t.Errorf("%s: age %s", code, age)
		}
	}
}

// TestExplain: errors that come in other ways, and a sentence for each trouble
// in both languages.
func TestExplain(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{&stage{stageConnect, &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, TroubleUnreachable},
		{&stage{stageConnect, &net.DNSError{Err: "no such host", Name: "mail.example"}}, TroubleUnreachable},
		{&stage{stageConnect, context.DeadlineExceeded}, TroubleTimeout},
		{&stage{stageToken, errors.New("no such file")}, TroubleToken},
		{&stage{stageList, net.ErrClosed}, TroubleDropped},
		{&stage{stageAccept, errors.New("disk full")}, TroubleStore},
		{&stage{stageRecord, errors.New("disk full")}, TroubleStore},
		{errors.New("something else"), TroubleUnknown},
		{nil, TroubleDropped},
	} {
		if got := Explain(row.err); got.Code != row.want {
			t.Errorf("%v: %s, want %s", row.err, got.Code, row.want)
		}
	}
	for code, s := range troubleSentences() {
		if s.nl == "" || s.en == "" || s.nl == s.en || (Trouble{Code: code}).In("nl") != s.nl || (Trouble{Code: code}).In("en") != s.en {
			t.Errorf("%s has no sentence in both languages", code)
		}
	}
	if (Trouble{Code: "new"}).In("nl") == "" {
		t.Error("an unknown code says nothing")
	}
}

// TestWrongPasswordAndFolder: what the server refuses is told apart.
func TestWrongPasswordAndFolder(t *testing.T) {
	for want, change := range map[string]func(*Mailbox){
		TroubleSignIn: func(m *Mailbox) { m.Password = secretOf("wrong") },
		TroubleFolder: func(m *Mailbox) { m.Folder = "Archief/Leeg" },
	} {
		s := newMailServer(t, nil)
		m := s.mailbox()
		change(&m)
		w, stop := newRecord().watch(t, m)
		for began := time.Now(); time.Since(began) < 5*time.Second && w.Status().Trouble == nil; time.Sleep(5 * time.Millisecond) {
		}
		stop()
		if st := w.Status(); st.Trouble == nil || st.Trouble.Code != want {
			t.Errorf("%s: %+v", want, st.Trouble)
		}
	}
}
