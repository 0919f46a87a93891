// Package web is the pages: server-made HTML that works without JavaScript, in
// Dutch and in English.
//
//	routes.go     the one table of routes and who may use them
//	web.go        Config, New
//	view.go       what every page is rendered from: language, person, banners
//	form.go       fields, and what is wrong with them, beside them
//	templates.go  the pages as templates; settle.go: what is the same for everybody
//	              is written once in each language
//	open*.go      for everybody: report a leak, see how a report stands
//	enter.go      an officer enters what somebody told
//	intake.go     how much strangers may send at once; nav.go: who is shown what
//	sign.go       sign in and out, one-time links, the own account
//	board.go      the open clocks; steps.go: what to set up before the first of them
//	register*.go  the register of all cases, its files, another one taken over
//	incident*.go  one case: clock first, then what to do next
//	correct.go    who reported, put right beside the report; requests.go: requests of people
//	dossier.go    a form of an authority with the answers of a case; letters.go
//	pages/*.html  the templates; base.html is around all of them
//	static/       style sheet, script, icon: embedded, named by their content
//
// The pages hold no rule of the domain: they show what incident.Service says,
// turn a form into one of its commands, and show its refusal beside the field
// it is about, with everything that was typed still there.
package web
