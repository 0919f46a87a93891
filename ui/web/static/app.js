// Everything works without this file. It keeps the board fresh, tells the reader
// of a case that something changed, and sends a form only once.
"use strict";

// replace fetches a page again and puts its part in place of the present one.
function replace(part) {
  const request = new XMLHttpRequest();
  request.open("GET", location.pathname + location.search);
  request.responseType = "document";
  request.onload = () => {
    const fresh = request.response && request.response.querySelector(part);
    const old = document.querySelector(part);
    if (request.status === 200 && fresh && old && !old.contains(document.activeElement)) {
      old.replaceWith(fresh);
    }
  };
  request.send();
}

for (const live of document.querySelectorAll("[data-live]")) {
  const { part, news } = live.dataset;
  let first = "";
  const source = new EventSource(live.dataset.live);
  source.addEventListener("head", (event) => {
    if (first === "") {
      first = event.data;
    } else if (event.data !== first && part) {
      replace(part);
    } else if (event.data !== first && news) {
      document.querySelector(news).hidden = false;
    }
  });
  addEventListener("pagehide", () => source.close());
  if (part) {
    setInterval(() => document.visibilityState === "visible" && replace(part), 30000);
  }
}

const posts = (form) => form.getAttribute("method") === "post";

// Without a connection a browser would put its own page in place of the form. The
// message stands beside the button that was pressed.
const offline = document.getElementById("offline");
addEventListener("submit", (event) => {
  if (navigator.onLine || !posts(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter || event.target.querySelector("button:not([type=button])");
  (button?.closest("p, .row, .bulk, .buttons") || button || event.target).before(offline);
  offline.hidden = false;
  offline.focus();
}, true);
addEventListener("online", () => { offline.hidden = true; });

// Pressed twice, a form is sent once: a second question would be a second mail.
// After a while it may go again, should no answer ever come.
const patience = 10000;
const sent = new WeakMap();
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !posts(form)) return;
  if (Date.now() - sent.get(form) < patience) {
    event.preventDefault();
    return;
  }
  sent.set(form, Date.now());
  event.submitter?.classList.add("going");
  setTimeout(() => event.submitter?.classList.remove("going"), patience);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) sent.delete(form);
  for (const button of document.querySelectorAll(".going")) button.classList.remove("going");
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      setTimeout(() => { button.disabled = true; });
    }
  });
  addEventListener("pageshow", () => {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });
}

// The score moves as somebody answers. Nothing is saved by it.
for (const form of document.querySelectorAll("form[data-weigh]")) {
  let waiting;
  form.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const request = new XMLHttpRequest();
      request.open("POST", form.dataset.weigh);
      request.responseType = "document";
      request.onload = () => {
        const fresh = request.response && request.response.querySelector("#weighed");
        if (request.status === 200 && fresh) document.querySelector("#weighed").replaceWith(fresh);
      };
      request.send(new URLSearchParams(new FormData(form)));
    }, 300);
  });
}

// All rows of a page are chosen with one press.
for (const all of document.querySelectorAll("[data-all]")) {
  const box = all.querySelector("input");
  all.hidden = false;
  box.addEventListener("change", () => {
    for (const one of all.closest("form").querySelectorAll(".pick input")) one.checked = box.checked;
  });
}

// An answer of a form is copied with one press; without this file the text can be
// selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.innerText);
    } catch {
      getSelection().selectAllChildren(text);
      document.execCommand("copy");
    }
    document.querySelector(".copy.fresh")?.classList.remove("fresh");
    button.classList.add("fresh");
    document.getElementById("copied").textContent = button.dataset.done;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A link to an action opens it.
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (!fold) return;
  fold.open = true;
  const field = fold === target ? fold.querySelector("input:not([type=hidden]), textarea, select") : target;
  if (!typing()) field?.focus({ preventScroll: true });
  fold.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", openTarget);

// Whoever was quicker than this file and is in a field already stays there: the
// keys pressed meanwhile would go astray.
const typing = () => document.activeElement && document.activeElement.matches("input, textarea, select");
openTarget();
addEventListener("load", openTarget); // a browser goes to the address's part when all is there, and takes the focus along

// After a refusal the reader, and a screen reader, start at what is wrong.
if (!typing()) document.querySelector(".problems")?.focus();

// A page that only hands something on does so by itself.
document.querySelector("form[data-go]")?.requestSubmit();
document.querySelector("a[data-go]")?.click();

// A menu closes by Escape and by a click elsewhere; the links work without this.
const menus = document.querySelectorAll("[data-menu]");
const close = (menu) => { menu.open = false; };
addEventListener("keydown", (event) => {
  for (const menu of menus) {
    if (event.key === "Escape" && menu.open) {
      close(menu);
      menu.querySelector("summary").focus();
    }
  }
});
addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) close(menu);
});
