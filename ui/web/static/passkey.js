// Passkeys: the browser makes one, or answers with one (WebAuthn). The forms
// stay hidden where a browser cannot.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// known turns the identifiers in a list of credentials into bytes.
const known = (list) => (list || []).map((c) => ({ ...c, id: bytes(c.id) }));

async function made(options) {
  const { user, challenge, excludeCredentials } = options;
  const credential = await navigator.credentials.create({
    publicKey: { ...options, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) }, excludeCredentials: known(excludeCredentials) },
  });
  return [credential, {
    attestationObject: text(credential.response.attestationObject),
    transports: credential.response.getTransports ? credential.response.getTransports() : [],
  }];
}

async function answered(options) {
  const credential = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) },
  });
  const { authenticatorData, signature, userHandle } = credential.response;
  return [credential, { authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle ? text(userHandle) : undefined }];
}

async function ask(form) {
  const reply = await fetch(form.dataset.options, { method: "POST" });
  if (!(reply.headers.get("Content-Type") || "").includes("json")) {
    return ""; // the server has to ask something else first: it says so when the form comes
  }
  const { publicKey } = await reply.json();
  const [credential, response] = await (form.dataset.passkey === "create" ? made(publicKey) : answered(publicKey));
  response.clientDataJSON = text(credential.response.clientDataJSON);
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const trouble = form.querySelector("[data-trouble]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble.hidden = true;
      try {
        form.elements.answer.value = await ask(form);
        form.submit();
      } catch {
        trouble.hidden = false; // the person stopped, or the device knows no passkey
      }
    });
  }
}
