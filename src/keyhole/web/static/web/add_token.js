// Add token, nicer: the check runs without leaving the page, with progress, and the token stays in its field (and
// nowhere else) until it is stored or the page is left. Without this file the form answers as a page.
"use strict";
const form = document.getElementById("add-token");
const token = document.getElementById("token");
const result = document.getElementById("result");
const checking = document.getElementById("checking");
const bar = checking.querySelector("progress");

function showProgress({ done, of, what }) {
  if (!of) return;
  bar.max = of;
  bar.value = done;
  checking.querySelector("[data-count]").textContent = `${done} of about ${of} requests, now ${what}`;
}

async function watch(signal) {
  const address = `${form.dataset.progress}?watch=${encodeURIComponent(form.elements.watch.value)}`;
  while (!signal.aborted) {
    await new Promise((done) => setTimeout(done, 400));
    try {
      const answer = await fetch(address, { credentials: "same-origin", signal });
      if (answer.ok && !answer.redirected) showProgress(await answer.json());
    } catch { /* the check itself says what is wrong */ }
  }
}

function showProblem(text) {
  const error = document.getElementById("token-error");
  error.textContent = text || "";
  error.hidden = !text;
  if (text) token.setAttribute("aria-invalid", "true"); else token.removeAttribute("aria-invalid");
}

async function check(button) {
  const ended = new AbortController();
  checking.hidden = false;
  button.disabled = true;
  result.setAttribute("aria-busy", "true");
  watch(ended.signal);
  try {
    const sent = new FormData(form);
    sent.set("do", "check");
    const answer = await fetch(form.action, { method: "POST", body: sent, credentials: "same-origin", headers: { "X-Keyhole-Part": "1" } });
    const text = await answer.text();
    if (answer.redirected || text.includes("<html")) return location.reload();  // signed out meanwhile, say
    result.innerHTML = text;
    showProblem(result.querySelector("[data-token-error]")?.dataset.tokenError);
    result.focus({ preventScroll: false });
    document.getElementById("announce").textContent = result.querySelector("[data-sentence]")?.textContent || "";
  } catch {
    showProblem("Keyhole did not answer. Is it running? Then check again.");
  } finally {
    ended.abort();
    checking.hidden = true;
    button.disabled = false;
    result.removeAttribute("aria-busy");
  }
}

const buttons = () => document.querySelectorAll("button[name=do]");
form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "store") {  // the page goes on to the connection; until then it shows how far it is
    setTimeout(() => buttons().forEach((button) => { button.disabled = true; }), 0);
    checking.hidden = false;
    return watch(new AbortController().signal);
  }
  event.preventDefault();
  check(form.querySelector("button[value=check]"));
});
addEventListener("pageshow", () => { checking.hidden = true; buttons().forEach((button) => { button.disabled = false; }); });
addEventListener("pagehide", () => { token.value = ""; });
