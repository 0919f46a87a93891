// Package api is the door for other programs: JSON under /api/v1.
//
//	routes.go     the one table of routes: scope, bodies, statuses
//	guard.go      token, scope, rate, bound of the body
//	problem.go    what went wrong, as application/problem+json (RFC 9457)
//	report.go     report an incident; once.go: the same request sent again
//	read.go       clocks, incidents, their logs
//	filing.go     what was sent to the AP
//	register.go   the register as a file
//	incident.go, duties.go   an incident in JSON; the command line prints the same
//	openapi.go, schema.go    the document at /api/v1/openapi.json, made from the
//	              table and from the Go types, so that it cannot drift
//
// A program is a token with scopes (incident.Scope). It sees what its scopes
// let it see ([incident.MayShow]); a restricted incident does not exist for it
// unless it was given that scope. What it does stands in the log under its name
// ([incident.ByToken]).
//
// As with pages, nothing changes on GET, and the rules are the domain's: a
// handler turns a body into a command of incident.Service and its refusal into
// a problem. Which status an error has is decided in ui, in one place for both
// doors. Sentences are English here; codes are stable, sentences are not.
package api
