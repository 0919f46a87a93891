// Keys, searching as somebody types, and how far an upload is. Everything works
// without this file.
"use strict";

// Single keys can be switched off (WCAG 2.1.4); the choice stays in the browser.
const keysOff = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };

function move(step) {
  const rows = [...document.querySelectorAll("ol.clocks a.cover, [data-rows] li > a, main td.ref a")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const office = document.querySelector('a[href="/search"]'); // only for whom the pages are
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || keysOff()) return;
  const go = { "?": document.querySelector('a[href="/keys"]') && "/keys", b: office && "/board" }[event.key];
  if (event.key === "j" || event.key === "k") {
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "/" && office) {
    event.preventDefault();
    const field = document.querySelector("[data-search]");
    if (field) field.focus(); else location.assign("/search");
  } else if (go) {
    location.assign(go);
  }
});

const choice = document.querySelector("#keys-off");
if (choice) {
  const box = choice.querySelector("input");
  choice.hidden = false;
  box.checked = !keysOff();
  box.addEventListener("change", () => {
    try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* it stays as it is */ }
  });
}

const field = document.querySelector("[data-search]");
if (field) {
  let waiting, asking;
  if (!field.value) field.focus();
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      asking?.abort();
      const request = asking = new XMLHttpRequest();
      const query = "?q=" + encodeURIComponent(field.value);
      request.open("GET", field.dataset.search + query);
      request.responseType = "document";
      request.onload = () => {
        if (request.status !== 200 || !request.response) return;
        document.querySelector("#hits").replaceChildren(...request.response.body.childNodes);
        history.replaceState(null, "", field.value ? location.pathname + query : location.pathname);
      };
      request.send();
    }, 200);
  });
}

// A form with files says how far it is. The answer takes the place of the page;
// whatever goes wrong on the way, the form is sent as if this file were not here.
function upload(form, data) {
  const bar = document.createElement("progress");
  bar.max = 100;
  const label = document.createElement("label");
  label.className = "uploading";
  label.append(form.dataset.progress + " ", bar);
  form.append(label);
  const plainly = () => {
    label.remove();
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    HTMLFormElement.prototype.submit.call(form);
  };
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document"; // parsed by the browser: our policy forbids parsing a text ourselves
  request.upload.onprogress = (sent) => { if (sent.lengthComputable) bar.value = 100 * sent.loaded / sent.total; };
  request.onload = () => {
    try {
      if (new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
        location.assign(request.responseURL);
        return;
      }
      const fresh = request.response.querySelector("main");
      document.querySelector("main").replaceWith(fresh);
      document.title = request.response.title;
      fresh.querySelector(".problems")?.focus();
    } catch {
      plainly();
    }
  };
  request.onerror = plainly;
  request.send(data);
}

// It listens to the page, not to the forms: a refused form comes back as a new one.
addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-progress]");
  const files = form && [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!files || event.defaultPrevented) return;
  event.preventDefault();
  upload(form, new FormData(form, event.submitter));
});
