// The little that a page does by itself: keys, the colour switch, the live stream's words. Everything else is the server's.
// @ts-check
(() => {
  "use strict";
  const root = document.documentElement;
  /** @param {string} css @returns {HTMLElement | null} */
  const find = (css) => document.querySelector(css);

  // ---- colours: light, dark or the machine's
  find("[data-look-switch]")?.addEventListener("click", () => {
    const dark = root.dataset.look ? root.dataset.look === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.look = dark ? "light" : "dark";
    localStorage.setItem("look", root.dataset.look);
  });

  // ---- the menu on a phone
  const menu = find("[data-menu]");
  menu?.addEventListener("click", () => {
    const open = document.body.classList.toggle("menu-open");
    menu.setAttribute("aria-expanded", String(open));
  });

  // ---- forms that ask again when a choice changes
  document.addEventListener("change", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.tagName === "SELECT" || field.type === "checkbox" || field.type === "radio") {
      /** @type {HTMLFormElement | null} */ (field.closest("form[data-auto]"))?.requestSubmit();
    }
  });

  // ---- a form is sent once; the button says that it is on its way
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method === "get") {
      for (const field of form.querySelectorAll("input, select")) {
        const f = /** @type {HTMLInputElement} */ (field);
        if (f.value === "" && f.name) f.disabled = true; // a short address is one people can send to each other
      }
      return;
    }
    const ask = form.dataset.confirm;
    if (ask && !confirm(ask)) {
      event.preventDefault();
      return;
    }
    const file = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"))?.files?.[0];
    if (file && file.size > Number(form.dataset.most)) { // said before it is sent for minutes
      event.preventDefault();
      alert(form.dataset.mostWord);
      return;
    }
    if (form.hasAttribute("data-download")) return; // the page stays
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete /** @type {HTMLElement} */ (form).dataset.sent;
    for (const f of document.querySelectorAll("form[method=get] :disabled")) /** @type {HTMLInputElement} */ (f).disabled = false;
  });

  // ---- keys: / search, J and K rows, Enter opens, ? help. Never while composing, never inside a field, and they can be switched off.
  const help = /** @type {HTMLDialogElement | null} */ (find("#keys"));
  const keysOn = /** @type {HTMLInputElement | null} */ (find("#keys-on"));
  if (keysOn) {
    keysOn.checked = localStorage.getItem("keys") !== "off";
    keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
  }
  for (const opener of document.querySelectorAll("[data-keys-help]")) opener.addEventListener("click", () => help?.showModal());
  help?.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  /** @param {number} step */
  const moveRow = (step) => {
    const rows = [...document.querySelectorAll("tbody tr, .tile, .entry")].filter((row) => row.querySelector("a"));
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.min(Math.max(here + step, 0), rows.length - 1)];
    const link = /** @type {HTMLElement | null | undefined} */ (row?.querySelector("a[data-opens]") ?? row?.querySelector("a")); // what the row is about
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (at.matches("input, textarea, select") || at.isContentEditable || localStorage.getItem("keys") === "off") return;
    if (event.key === "/") find("[data-search]")?.focus();
    else if (event.key === "j" || event.key === "J") moveRow(1);
    else if (event.key === "k" || event.key === "K") moveRow(-1);
    else if (event.key === "?") help?.open ? help.close() : help?.showModal();
    else return;
    event.preventDefault();
  });

  // ---- a curve wider than the screen begins with its latest days
  for (const box of document.querySelectorAll(".one-curve")) box.scrollLeft = box.scrollWidth;

  // ---- the live stream
  const live = find("#live");
  const state = find("[data-live-state]");
  const pause = /** @type {HTMLInputElement | null} */ (find("#pause"));
  /** @param {string} word one of the words the server wrote into the line: on, paused, lost */
  const say = (word) => {
    if (!state || state.dataset.liveState === word) return;
    state.dataset.liveState = word;
    state.textContent = state.getAttribute("data-word-" + word) ?? "";
  };
  const leave = () => location.assign("/login?over=1&next=" + encodeURIComponent(location.pathname + location.search));
  if (live) {
    live.addEventListener("htmx:sse:before:message", (event) => {
      const held = pause?.checked || document.activeElement?.matches("#list input, #list select");
      const message = /** @type {CustomEvent} */ (event).detail.message;
      if (held && !message.event) event.preventDefault(); // the newest picture comes with the next message
    });
    live.addEventListener("htmx:sse:after:message", () => {
      say(pause?.checked ? "paused" : "on");
      document.body.dataset.ready = "1";
    });
    live.addEventListener("signed-out", leave);
    live.addEventListener("htmx:sse:error", (event) => {
      const status = /** @type {CustomEvent} */ (event).detail.status;
      if (status === 401) leave();
      else if (!document.hidden) say("lost");
    });
    live.addEventListener("htmx:sse:after:connection", () => { if (!pause?.checked) say("on"); });
    pause?.addEventListener("change", () => say(pause.checked ? "paused" : "on"));
  } else {
    document.body.dataset.ready = "1";
  }

  // ---- the page for a lost connection, kept by the browser
  if (isSecureContext && "serviceWorker" in navigator) {
    navigator.serviceWorker.register("/offline-worker.js").catch(() => { /* a browser that keeps nothing shows its own page */ });
  }

  // ---- answers that are not swapped: the server is busy or fell over
  const banner = find("#banner");
  document.addEventListener("htmx:error", (event) => {
    const source = /** @type {CustomEvent} */ (event).detail?.ctx?.sourceElement;
    if (banner && source !== live) banner.hidden = false;
  });
  document.addEventListener("htmx:after:request", (event) => {
    const status = /** @type {CustomEvent} */ (event).detail?.ctx?.response?.status;
    if (banner && status) banner.hidden = status < 500;
  });
  find("#banner button")?.addEventListener("click", () => location.reload());
})();
