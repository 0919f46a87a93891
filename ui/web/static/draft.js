// What somebody types on the open form survives a reload and a lost connection, in
// this tab only: it is gone when the tab is closed or the report has arrived. The
// form works without this file.
"use strict";

const drafts = (() => { try { return sessionStorage; } catch { return undefined; } })();
const draft = document.querySelector("form[data-draft]");

// kept are the inputs worth keeping, with the mark by which the server recognises a
// form that it has had already. Chosen files a browser does not give back.
const kept = () => [...draft.elements].filter((e) => e.name && e.name !== "website" && e.type !== "file" && e.type !== "submit");

function keep() {
  const values = kept().filter((e) => e.type !== "radio" || e.checked).map((e) => [e.name, e.value]);
  try { drafts.setItem(draft.dataset.draft, JSON.stringify(values)); } catch { /* full or not allowed: nothing is kept */ }
}

// bring puts back what was typed, and returns whether there was anything.
function bring(values) {
  let found = false;
  for (const [name, value] of values) {
    for (const input of kept().filter((e) => e.name === name)) {
      if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
      found ||= input.type !== "hidden" && value !== "";
    }
  }
  return found;
}

// Whoever goes back after sending finds an empty form: on a shared computer the
// next person would read the report, and sending it again would make a second one.
// A browser fills in what was typed whenever it likes, so the form is asked for anew.
const arrivedMark = "arrived";
function askAnew() {
  draft.hidden = true;
  drafts.setItem(arrivedMark, "anew");
  location.replace(location.pathname);
}

function begin() {
  const told = document.getElementById("draft-back");
  let values = [];
  try { values = JSON.parse(drafts.getItem(draft.dataset.draft) || "[]"); } catch { /* not ours */ }
  // A refused form, and one that somebody began before this file was here, hold
  // what was typed already.
  const begun = kept().some((e) => e.type === "radio" ? e.checked : e.type !== "hidden" && e.value !== "");
  if (begun) keep();
  else if (bring(values)) told.hidden = false;
  draft.addEventListener("input", keep);
  draft.addEventListener("change", keep);
  told.querySelector("button").addEventListener("click", () => {
    drafts.removeItem(draft.dataset.draft);
    location.assign(location.pathname);
  });
}

if (draft && drafts) {
  const mark = drafts.getItem(arrivedMark);
  if (mark === "yes" && performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
    askAnew();
  } else {
    drafts.removeItem(arrivedMark);
    document.getElementById("draft-sent").hidden = mark !== "anew";
    begin();
  }
  addEventListener("pageshow", (event) => {
    if (event.persisted && drafts.getItem(arrivedMark) === "yes") askAnew();
  });
}

// The report has arrived.
const arrived = document.querySelector("[data-draft-done]");
if (arrived && drafts) {
  drafts.removeItem(arrived.dataset.draftDone);
  drafts.setItem(arrivedMark, "yes");
}
