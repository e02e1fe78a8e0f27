// Passkeys need the browser's own interface; pages without one load no such file. Values travel as base64url.
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const each = (list) => (list || []).map((known) => ({ ...known, id: bytes(known.id) }));

function asked(options) {
  const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
  if (key.excludeCredentials) key.excludeCredentials = each(key.excludeCredentials);
  if (key.allowCredentials) key.allowCredentials = each(key.allowCredentials);
  return { publicKey: key };
}

function answered(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

async function onPasskey(form) {
  const told = (words) => { form.querySelector("[data-told]").textContent = words; };
  told("");
  try {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const options = await answer.json();
    if (!answer.ok) return told(options.problem);
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create(asked(options)) : await navigator.credentials.get(asked(options));
    form.elements.answer.value = answered(credential);
    form.submit();
  } catch (problem) {
    told(problem.name === "InvalidStateError" ? "This device holds a passkey of yours already."
      : "Nothing was done: the browser stopped, or has no passkey for this Keyhole.");
  }
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); onPasskey(form); });
});
