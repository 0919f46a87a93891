// Package locale is the catalogue: every sentence of the product in Dutch and
// in English, and how times and durations are written in both. It is a leaf: it
// imports nothing of ours, so that mails and pages can share it.
//
// The sentences stand in catalogue/*.json, one line each, with the identifier
// first: "board.title": ["Lopende klokken", "Open clocks"]. In a sentence
// {name} is replaced by the argument of that name. A sentence with a bar has
// two forms, «one|other», and the argument n chooses.
//
// Identifiers of enumerations are a group and the stored value: "status.new",
// "duty.ap", "refusal.required", "health.no-relay". [Word] reads them and falls
// back to the value itself, so that a value from a newer program is still
// shown.
//
// Results are plain text: whoever puts them into HTML escapes them.
package locale
