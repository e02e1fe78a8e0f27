// Every page works without this file, but for copy buttons; it adds what is nicer while something changes.
// No library: the two places that swap a fragment need twenty lines, and htmx would be larger than any page.
"use strict";
document.documentElement.classList.add("js");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function onCopy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const told = (text) => {
    button.textContent = text;
    document.getElementById("announce").textContent = text;
    setTimeout(() => { button.textContent = "Copy"; }, 2500);
  };
  const select = () => {  // no clipboard outside a secure context: select it, so that Ctrl+C copies it
    getSelection().selectAllChildren(source);
    told(document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
  };
  if (!navigator.clipboard) select();
  else navigator.clipboard.writeText(source.textContent.trim()).then(() => told("Copied"), select);
}

// What was sent as a form has an address of its own, to reload and to keep.
function showAddress(within) {
  all("[data-address]", within).forEach((element) => history.replaceState(null, "", element.dataset.address));
}

function watchForm(form) {
  const target = document.getElementById(form.dataset.summaryTarget);
  let timer, latest = 0;
  const refresh = async () => {
    const turn = ++latest;
    try {
      const sent = new FormData(form);
      for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);  // a recording is sent once, by its button
      const answer = await fetch(form.dataset.summary, { method: "POST", body: sent, credentials: "same-origin" });
      if (answer.ok && !answer.redirected && turn === latest) {
        target.innerHTML = await answer.text();
        showAddress(target);
        document.getElementById("announce").textContent = target.querySelector(".says")?.textContent ?? "";
      }
    } catch { /* offline for a moment: the next change asks again, and Generate shows the truth in any case */ }
  };
  const soon = (event) => {  // a field with data-settled counts when it is left, and not while it is typed
    if (event.target.type === "search" || (event.type === "input") === ("settled" in event.target.dataset)) return;
    clearTimeout(timer);
    timer = setTimeout(refresh, 180);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

function filterRows(input) {
  const rows = all(input.dataset.filter), texts = rows.map((row) => [row, row.textContent.toLowerCase()]), count = document.getElementById(input.dataset.count || "");
  const folds = new Map(all("details[data-opens]").map((fold) => [fold, fold.open]));
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of texts) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    for (const [fold, open] of folds) if (fold.querySelector(input.dataset.filter)) fold.open = words.length ? true : open;
    if (count) count.textContent = words.length ? `${shown} of ${rows.length} shown` : "";
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !input.form?.dataset.submits) event.preventDefault(); });
}

function countPicks(element) {
  const boxes = all(`input[name=${element.dataset.counts}]`);
  const tell = () => { element.textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length} selected`; };
  boxes.forEach((box) => box.addEventListener("change", tell));
  tell();
}

// Only what differs is replaced, and nothing around the focus; what has merely grown, such as a log, is added to.
function renew(html) {
  for (const part of all("[data-part]", new DOMParser().parseFromString(html, "text/html"))) {
    const shown = document.querySelector(`[data-part="${part.dataset.part}"]`), focused = document.activeElement;
    if (!shown || (shown !== focused && shown.contains(focused))) continue;
    const [before, now] = [shown.innerHTML, part.innerHTML];
    if (now.startsWith(before)) shown.insertAdjacentHTML("beforeend", now.slice(before.length));
    else shown.innerHTML = now;
  }
}

function follow(element) {
  const again = async () => {
    try {
      const answer = await fetch(element.dataset.follow, { credentials: "same-origin" });
      if (answer.redirected || answer.status === 404) return location.reload();  // 404: somebody deleted it
      if (answer.ok) {
        const before = element.querySelector("mark")?.textContent;
        renew(await answer.text());
        const stage = element.querySelector("mark")?.textContent;
        if (stage && stage !== before) document.getElementById("announce").textContent = stage;  // not each number
        if (answer.headers.get("X-Keyhole-Finished")) return location.reload();
      }
    } catch { /* the server may be restarting; the scan goes on, and so do we */ }
    setTimeout(again, document.hidden ? 5000 : 1000);
  };
  setTimeout(again, 700);
}

async function offerRefs(select) {
  const list = document.getElementById(select.dataset.refs);
  const answer = select.value && await fetch(`${select.dataset.from}?repository=${encodeURIComponent(select.value)}`, { credentials: "same-origin" });
  list.innerHTML = answer && answer.ok && !answer.redirected ? await answer.text() : "";
}

document.addEventListener("click", onCopy);
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (form) setTimeout(() => all("button", form).forEach((button) => {
    button.disabled = true;
    if (form.dataset.busy) [button.dataset.says, button.textContent] = [button.textContent, form.dataset.busy];
  }), 0);
});
addEventListener("pageshow", () => all("form[data-once] button").forEach((button) => {
  button.disabled = false;
  if (button.dataset.says) button.textContent = button.dataset.says;
}));
addEventListener("pagehide", () => all("[data-secret]").forEach((element) => { element.textContent = ""; }));
all("form[data-summary]").forEach(watchForm);
all("input[data-filter]").forEach(filterRows);
all("[data-counts]").forEach(countPicks);
all("[data-follow]").forEach(follow);
all("select[data-change]").forEach((select) => select.addEventListener("change", () => {
  const button = document.getElementById(select.dataset.change);
  if (button) select.form.requestSubmit(button);
}));
all("select[data-refs]").forEach((select) => select.addEventListener("change", () => offerRefs(select)));
showAddress(document);
