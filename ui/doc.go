// Package ui is the door for people: it assembles echo, the middleware and the
// pages into one http.Handler.
//
//	server.go      Config, New, the order of the middleware
//	guard.go       who may do what: every route has a row in web.Routes
//	middleware.go  same origin, headers, bounds, request id, access log, recovery
//	errors.go      the one map from errors to HTTP status
//	api/          the door for other programs: /api/v1
//	probes.go      /livez, /readyz, /healthz for machines
//
// Every change is a POST; nothing changes on GET, because mail scanners follow
// links (DESIGN, promise 10). Forms carry no token: a request from another site
// is refused by what the browser says about its origin (see
// net/http.CrossOriginProtection), so a page that stood open for a day still
// works.
//
// Neither addresses nor content of a case reach the log: it names the route,
// not the path.
//
// echo stops here: it is not known outside ui.
package ui
