package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"meldklok/incident"
	"meldklok/incident/dossier/sheet"
	"meldklok/incident/people"
)

// ErrForbidden: the person is known and may not do this.
var ErrForbidden = errors.New("web: not allowed")

// Access says who may use a route.
type Access struct {
	everybody bool
	roles     []people.Role
	deciding  bool // and the FG, where the organisation lets the FG decide
}

// Everybody admits also those who are not signed in.
func Everybody() Access { return Access{everybody: true} }

// Only admits persons with one of the roles.
func Only(roles ...people.Role) Access { return Access{roles: roles} }

// Admits reports whether the person (nil: not signed in) may use the route.
func (a Access) Admits(p *people.Person) bool {
	return a.everybody || (p != nil && p.Has(a.roles...))
}

// Roles lists the roles that are admitted; nil for everybody.
func (a Access) Roles() []people.Role { return a.roles }

// Open reports whether everybody is admitted.
func (a Access) Open() bool { return a.everybody }

// The groups of the table. The FG reads, advises, and decides only where the
// organisation says so (GDPR art. 38(3) and 38(6)); management and administrators see no case content; an auditor changes
// nothing.
func signedIn() Access { return Only(people.Roles()...) }
func readers() Access {
	return Only(people.Officer, people.Deputy, people.FG, people.Auditor)
}
func deciders() Access {
	return Access{roles: []people.Role{people.Officer, people.Deputy}, deciding: true}
}
func advisers() Access   { return Only(people.FG) }
func lookers() Access    { return Only(people.Officer, people.Deputy, people.FG) }
func keepers() Access    { return Only(people.Admin) }
func overseers() Access  { return Only(append(readers().roles, people.Management)...) }
func mailSeers() Access  { return Only(append(readers().roles, people.Admin)...) }
func healthSeen() Access { return mailSeers() }

// accessSeers see who may see what: the administrator, and whoever checks that.
func accessSeers() Access { return Only(people.Admin, people.Auditor) }

// Route is one row of the table.
type Route struct {
	Method, Path string
	Access       Access
	Handle       echo.HandlerFunc
	Limit        int64 // bytes of the body; 0: the ordinary bound
	Stream       bool  // stays open
	Fresh        bool  // asks who is there, if that was proved long ago
	Setup        bool  // open to somebody who must set up a second step first
}

// Routes is the one table of who may do what. Whatever is not in it does not
// exist.
func (p *Pages) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Path: "/static/:hash/:file", Access: Everybody(), Handle: p.static},
		{Method: get, Path: "/favicon.ico", Access: Everybody(), Handle: p.favicon},
		{Method: get, Path: "/robots.txt", Access: Everybody(), Handle: p.robots},

		{Method: get, Path: "/melden", Access: Everybody(), Handle: p.reportForm},
		{Method: post, Path: "/melden", Access: Everybody(), Handle: p.report, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: get, Path: "/melden/ontvangen", Access: Everybody(), Handle: p.reported},
		{Method: get, Path: "/melding", Access: Everybody(), Handle: p.codeForm},
		{Method: post, Path: "/melding", Access: Everybody(), Handle: p.code},
		{Method: post, Path: "/language", Access: Everybody(), Handle: p.setLanguage},

		{Method: get, Path: "/sign-in", Access: Everybody(), Handle: p.signInForm},
		{Method: post, Path: "/sign-in", Access: Everybody(), Handle: p.signIn},
		{Method: post, Path: "/sign-out", Access: Everybody(), Handle: p.signOut},
		{Method: get, Path: "/link/:token", Access: Everybody(), Handle: p.linkForm},
		{Method: post, Path: "/link/:token", Access: Everybody(), Handle: p.takeLink},
		{Method: post, Path: "/sign-in/code", Access: Everybody(), Handle: p.secondStep},
		{Method: post, Path: "/sign-in/passkey", Access: Everybody(), Handle: p.signInPasskey},
		{Method: post, Path: "/sign-in/passkey/options", Access: Everybody(), Handle: p.askPasskey},
		{Method: post, Path: "/sign-in/sso", Access: Everybody(), Handle: p.beginSSO},
		{Method: get, Path: "/sign-in/sso/back", Access: Everybody(), Handle: p.backFromSSO},
		{Method: post, Path: "/sign-in/sso/back", Access: Everybody(), Handle: p.finishSSO},
		{Method: get, Path: "/account", Access: signedIn(), Handle: p.account, Setup: true},
		{Method: post, Path: "/account/:action", Access: signedIn(), Handle: p.changeAccount, Setup: true},
		{Method: post, Path: "/account/confirm", Access: signedIn(), Handle: p.confirm, Setup: true},
		{Method: get, Path: "/account/second", Access: signedIn(), Handle: p.setUpSecond, Setup: true},
		{Method: post, Path: "/account/app", Access: signedIn(), Handle: p.draftApp, Fresh: true, Setup: true},
		{Method: post, Path: "/account/app/confirm", Access: signedIn(), Handle: p.confirmApp, Setup: true},
		{Method: post, Path: "/account/passkeys", Access: signedIn(), Handle: p.addPasskey, Fresh: true, Setup: true},
		{Method: post, Path: "/account/passkeys/options", Access: signedIn(), Handle: p.newPasskey, Fresh: true, Setup: true},
		{Method: post, Path: "/account/recovery", Access: signedIn(), Handle: p.newRecovery, Fresh: true},
		{Method: post, Path: "/account/factors/remove", Access: signedIn(), Handle: p.removeFactor, Fresh: true},
		{Method: post, Path: "/account/sessions/end", Access: signedIn(), Handle: p.endSession, Setup: true},

		{Method: get, Path: "/", Access: signedIn(), Handle: p.home},
		{Method: get, Path: "/board", Access: readers(), Handle: p.board},
		{Method: get, Path: "/events", Access: readers(), Handle: p.events, Stream: true},
		{Method: get, Path: "/incidents", Access: readers(), Handle: p.list},
		{Method: post, Path: "/incidents/no-report", Access: deciders(), Handle: p.sortOut},
		{Method: get, Path: "/incidents/new", Access: deciders(), Handle: p.enterForm},
		{Method: post, Path: "/incidents/new", Access: deciders(), Handle: p.enter, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: get, Path: "/incidents/new/code", Access: deciders(), Handle: p.entered},
		{Method: get, Path: "/incidents/:ref", Access: readers(), Handle: p.incident},
		{Method: get, Path: "/incidents/:ref/assess", Access: deciders(), Handle: p.assessForm},
		{Method: post, Path: "/incidents/:ref/assess", Access: deciders(), Handle: p.assess},
		{Method: post, Path: "/incidents/:ref/weigh", Access: deciders(), Handle: p.weigh},
		{Method: post, Path: "/incidents/:ref/seen", Access: lookers(), Handle: p.seen},
		{Method: post, Path: "/incidents/:ref/merge", Access: deciders(), Handle: p.merge},
		{Method: post, Path: "/incidents/:ref/advise", Access: advisers(), Handle: p.advise},
		{Method: post, Path: "/incidents/:ref/link", Access: deciders(), Handle: p.relate},
		{Method: post, Path: "/incidents/:ref/unlink", Access: deciders(), Handle: p.unrelate},
		{Method: post, Path: "/incidents/:ref/file", Access: deciders(), Handle: p.actWithFiles, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: post, Path: "/incidents/:ref/try-file", Access: deciders(), Handle: p.actWithFiles, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: post, Path: "/incidents/:ref/tell", Access: deciders(), Handle: p.actWithFiles, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: post, Path: "/incidents/:ref/attach", Access: deciders(), Handle: p.actWithFiles, Limit: p.cfg.MaxUpload + formOverhead},
		{Method: post, Path: "/incidents/:ref/:action", Access: deciders(), Handle: p.act},
		{Method: get, Path: "/incidents/:ref/:action", Access: readers(), Handle: p.actAgain},
		{Method: get, Path: "/incidents/:ref/access", Access: readers(), Handle: p.accesses},
		{Method: get, Path: "/incidents/:ref/files/:n", Access: readers(), Handle: p.attached},
		{Method: get, Path: "/incidents/:ref/dossier", Access: readers(), Handle: p.apForm},
		{Method: post, Path: "/incidents/:ref/dossier", Access: deciders(), Handle: p.answerAP},
		{Method: get, Path: "/incidents/:ref/dossier.pdf", Access: readers(), Handle: p.dossierPDF},
		{Method: get, Path: "/incidents/:ref/edpb", Access: readers(), Handle: p.edpbForm},
		{Method: post, Path: "/incidents/:ref/edpb", Access: deciders(), Handle: p.answerEDPB},
		{Method: get, Path: "/incidents/:ref/letters/:letter/:lang", Access: readers(), Handle: p.letter},
		{Method: post, Path: "/incidents/:ref/letters/:letter/:lang", Access: deciders(), Handle: p.saveLetter},
		{Method: get, Path: "/incidents/:ref/documents/:file", Access: readers(), Handle: p.document},
		{Method: get, Path: "/incidents/:ref/proof", Access: readers(), Handle: p.proof},
		{Method: get, Path: "/incidents/:ref/file.zip", Access: readers(), Handle: p.caseFile},
		{Method: post, Path: "/incidents/:ref/reports/:n/:whose", Access: deciders(), Handle: p.correct},
		{Method: get, Path: "/incidents/:ref/reports/:n/raw", Access: readers(), Handle: p.reportRaw},
		{Method: get, Path: "/incidents/:ref/reports/:n/files/:file", Access: readers(), Handle: p.reportFile},

		{Method: get, Path: "/keys", Access: signedIn(), Handle: p.keys},
		{Method: get, Path: "/register", Access: readers(), Handle: p.register},
		{Method: get, Path: "/register/export/:format", Access: readers(), Handle: p.exportRegister},
		{Method: get, Path: "/register/years/:format", Access: overseers(), Handle: p.exportYears},
		{Method: get, Path: "/register/import", Access: deciders(), Handle: p.importForm},
		{Method: post, Path: "/register/import", Access: deciders(), Handle: p.importUpload, Limit: sheet.MaxBytes + formOverhead},
		{Method: get, Path: "/register/import/:id", Access: deciders(), Handle: p.importLook},
		{Method: post, Path: "/register/import/:id", Access: deciders(), Handle: p.importTake},
		{Method: get, Path: "/search", Access: readers(), Handle: p.search},
		{Method: get, Path: "/search/hits", Access: readers(), Handle: p.searchHits},

		{Method: get, Path: "/parked", Access: readers(), Handle: p.parked},
		{Method: get, Path: "/parked/:item", Access: readers(), Handle: p.parkedItem},
		{Method: get, Path: "/parked/:item/raw", Access: readers(), Handle: p.parkedRaw},
		{Method: post, Path: "/parked/reviewed", Access: deciders(), Handle: p.reviewedMany},
		{Method: post, Path: "/parked/:item/promote", Access: deciders(), Handle: p.promote},
		{Method: post, Path: "/parked/:item/reviewed", Access: deciders(), Handle: p.reviewed},

		{Method: get, Path: "/requests", Access: deciders(), Handle: p.requests},
		{Method: post, Path: "/requests", Access: deciders(), Handle: p.newRequest},
		{Method: post, Path: "/requests/find", Access: deciders(), Handle: p.findSubject},
		{Method: get, Path: "/requests/find/:search", Access: deciders(), Handle: p.subject},
		{Method: get, Path: "/requests/find/:search/export", Access: deciders(), Handle: p.subjectExport},
		{Method: post, Path: "/requests/find/:search/:action", Access: deciders(), Handle: p.handleSubject},
		{Method: get, Path: "/retention", Access: retainers(), Handle: p.retention},
		{Method: post, Path: "/retention", Access: retainers(), Handle: p.setRetention},
		{Method: post, Path: "/retention/hold", Access: retainers(), Handle: p.holdRecord},
		{Method: get, Path: "/retention/lines", Access: deciders(), Handle: p.lines},
		{Method: post, Path: "/retention/lines", Access: deciders(), Handle: p.destroyLines},

		{Method: get, Path: "/outbox", Access: mailSeers(), Handle: p.outbox},
		{Method: get, Path: "/outbox/:id", Access: readers(), Handle: p.outboxItem},
		{Method: get, Path: "/mailbox", Access: healthSeen(), Handle: p.mailbox},
		{Method: get, Path: "/health", Access: healthSeen(), Handle: p.health},
		{Method: post, Path: "/health/release", Access: Only(incident.Releasers()...), Handle: p.release},
		{Method: get, Path: "/management", Access: overseers(), Handle: p.management},

		{Method: get, Path: "/settings", Access: accessSeers(), Handle: p.settings},
		{Method: get, Path: "/settings/ladders", Access: accessSeers(), Handle: p.ladders},
		{Method: post, Path: "/settings/ladders/on-call", Access: keepers(), Handle: p.setOnCall, Fresh: true},
		{Method: get, Path: "/settings/ladders/:kind", Access: accessSeers(), Handle: p.ladder},
		{Method: post, Path: "/settings/ladders/:kind", Access: keepers(), Handle: p.setLadder, Fresh: true},
		{Method: post, Path: "/settings/ladders/:kind/sample", Access: keepers(), Handle: p.sample},
		{Method: get, Path: "/settings/relays", Access: accessSeers(), Handle: p.relays},
		{Method: post, Path: "/settings/relays", Access: keepers(), Handle: p.tryRelays},
		{Method: get, Path: "/settings/webhooks", Access: accessSeers(), Handle: p.webhooks},
		{Method: post, Path: "/settings/webhooks", Access: keepers(), Handle: p.tryWebhooks},
		{Method: get, Path: "/settings/texts", Access: accessSeers(), Handle: p.texts},
		{Method: post, Path: "/settings/texts", Access: keepers(), Handle: p.setTexts},
		{Method: get, Path: "/settings/organisation", Access: accessSeers(), Handle: p.organisation},
		{Method: post, Path: "/settings/organisation", Access: keepers(), Handle: p.setOrganisation},
		{Method: post, Path: "/mailbox", Access: keepers(), Handle: p.tryMailbox},

		{Method: get, Path: "/people", Access: keepers(), Handle: p.people},
		{Method: post, Path: "/people", Access: keepers(), Handle: p.addPerson, Fresh: true},
		{Method: get, Path: "/people/review", Access: accessSeers(), Handle: p.review},
		{Method: post, Path: "/people/review", Access: keepers(), Handle: p.recordReview},
		{Method: get, Path: "/people/sign-ins", Access: accessSeers(), Handle: p.accountLog},
		{Method: get, Path: "/people/rules", Access: keepers(), Handle: p.signInRules},
		{Method: post, Path: "/people/rules", Access: keepers(), Handle: p.setSignInRules, Fresh: true},
		{Method: get, Path: "/people/:id", Access: keepers(), Handle: p.person},
		{Method: post, Path: "/people/:id", Access: keepers(), Handle: p.changePerson, Fresh: true},
		{Method: post, Path: "/people/:id/invite", Access: keepers(), Handle: p.invite, Fresh: true},
		{Method: post, Path: "/people/:id/factors", Access: keepers(), Handle: p.disableFactors, Fresh: true},
		{Method: post, Path: "/people/:id/absence", Access: keepers(), Handle: p.absence},
		{Method: post, Path: "/people/:id/sign-out", Access: keepers(), Handle: p.signOutPerson},
		{Method: post, Path: "/people/:id/sessions/end", Access: keepers(), Handle: p.endPersonSession},

		{Method: get, Path: "/settings/tokens", Access: keepers(), Handle: p.tokens},
		{Method: post, Path: "/settings/tokens", Access: keepers(), Handle: p.addToken, Fresh: true},
		{Method: post, Path: "/settings/tokens/revoke", Access: keepers(), Handle: p.revokeToken, Fresh: true},
	}
}
