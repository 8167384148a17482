// The sampling point's page: scan a tube, scan people, close the tube. It works without a network and never waits for one.
// @ts-check
(() => {
  "use strict";
  const { BoothStore: store, BoothCode: code, BoothSync: sync, BoothCamera: camera } = /** @type {any} */ (globalThis);
  const CHILD = 2, PARTIAL = 4, RECENT = 10, USED = 5000, CORRECTABLE = 2 * 3600_000, GRACE = 14 * 24 * 3600_000;
  /** @param {string} id @returns {any} */
  const $ = (id) => document.getElementById(id);
  /** @param {string} tag @param {Record<string, any>} [props] @param {...(Node | string)} inner */
  const make = (tag, props = {}, ...inner) => {
    const e = Object.assign(document.createElement(tag), props);
    e.append(...inner);
    return e;
  };
  const { view } = sync;
  let proofs = /** @type {any[]} */ ([]), draft = /** @type {any} */ (null), recent = /** @type {any[]} */ ([]), amending = /** @type {any} */ (null);
  let duty = /** @type {any} */ (null); // who works with the device
  let used = /** @type {string[]} */ ([]); // serials of tubes this device closed
  let lang = "";

  // ---- words: the page speaks every language, and its reader's may change at any moment
  /** @param {string} name @param {Record<string, any>} [slots] */
  const say = (name, slots = {}) => {
    const text = document.querySelector('[data-words="' + lang + '"] [data-k="' + name + '"]')?.textContent ?? name;
    return text.replace(/\{([a-z_]+)\}/g, (_, slot) => String(slots[slot] ?? ""));
  };
  /** @param {string} to */
  const speak = (to) => {
    lang = to;
    localStorage.setItem("booth-lang", to);
    document.documentElement.lang = to === "zh" ? "zh-CN" : to;
    for (const e of document.querySelectorAll("[data-say]")) e.textContent = say(/** @type {HTMLElement} */ (e).dataset.say ?? "");
    for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", say(/** @type {HTMLElement} */ (e).dataset.label ?? ""));
    retell();
    document.title = say("title") + " · Breakwater";
    show();
  };
  const time = (/** @type {number} */ ms) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);

  // ---- what the last scan was: a word, a colour and a sound
  /** @type {AudioContext | null} */
  let sound = null;
  /** @type {[string, string, any] | null} */
  let told = null;
  const retell = () => {
    if (!told) return;
    const said = $("said");
    said.className = "notice " + told[0];
    said.textContent = say(told[1], told[2]);
    said.hidden = false;
  };
  /** @param {"good" | "soon" | "late"} how @param {string} name @param {Record<string, any>} [slots] */
  const tell = (how, name, slots) => {
    told = [how, name, slots];
    retell();
    try {
      sound ??= new AudioContext();
      const tone = sound.createOscillator(), soft = sound.createGain();
      soft.gain.value = 0.15;
      tone.frequency.value = how === "good" ? 880 : how === "soon" ? 440 : 220;
      tone.connect(soft).connect(sound.destination);
      tone.start();
      tone.stop(sound.currentTime + (how === "good" ? 0.08 : 0.3));
    } catch { /* a machine without sound has the colour and the word */ }
  };

  // ---- the open tube
  // A planned round is known a day ahead, and offered from an hour before it opens by the device's clock: nothing may have told of its opening.
  const rounds = () => view.state.rounds.filter((/** @type {any} */ r) => r.state !== "planned" || Date.now() >= r.opens_ms - 3600_000);
  const round = () => rounds().find((/** @type {any} */ r) => r.round === $("round").value) ?? rounds()[0] ?? view.state.last_round;
  const keepDraft = () => store.put("draft", draft);
  const after = () => Math.min(Math.max(Math.round((Date.now() - draft.at) / 1000), 0), 65535);

  /** @param {string} tube */
  const openTube = async (tube) => {
    const r = round();
    if (!r) return tell("late", "no_round");
    const odd = code.oddSerial(tube, view.state.serials ?? []);
    if (used.includes(tube)) tell("soon", "tube_again", { tube });
    else if (odd) tell("soon", "tube_" + odd, { tube });
    else tell("good", "tube_opened", { tube });
    draft = { tube, at: Date.now(), round: r.round, pool: r.pool, household: r.household, members: [] };
    await keepDraft();
    show();
  };
  /** @param {any} who a code or a number @param {number} no @param {"good" | "soon"} how @param {string} name */
  const addMember = async (who, no, how, name) => {
    if (draft.members.some((/** @type {any} */ m) => m.no === no)) return tell("late", "twice", { no });
    draft.members.push({ who, no, after: after(), flags: 0, unproven: how === "soon" });
    await keepDraft();
    show();
    if (draft.members.length > draft.pool) tell("soon", "overfull", { n: draft.members.length, pool: draft.pool });
    else tell(how, name, { no, n: draft.members.length, pool: draft.pool });
  };
  const scanned = async (/** @type {string} */ text) => {
    const x = await code.read(text, proofs);
    if (x.kind === "nothing") return tell("late", "not_read");
    if (x.kind === "badge") return x.proven ? signOn(x.no, { code: x.code }) : tell("late", "badge_unproven");
    if (!draft) {
      if (x.kind === "code") return tell("late", "tube_first");
      return openTube(x.kind === "tube" ? x.tube : code.fold(text));
    }
    if (x.kind === "code") return addMember(x.code, x.no, x.proven ? "good" : "soon", x.proven ? "added" : "unproven");
    if (code.fold(text) === draft.tube) return $("counted").focus();
    if (x.kind === "number") return addMember(x.no, x.no, "good", "added");
    tell("late", "close_first", { tube: draft.tube });
  };
  const last = () => draft?.members[draft.members.length - 1];
  /** @param {number} flag */
  const toggle = async (flag) => {
    if (!last()) return;
    last().flags ^= flag;
    await keepDraft();
    show();
  };
  const removeLast = async () => {
    const gone = draft?.members.pop();
    if (!gone) return;
    await keepDraft();
    show();
    tell("soon", "removed", { no: gone.no });
  };
  const members = (/** @type {any[]} */ list) => list.map((m) => m.after || m.flags ? [m.who, m.after, m.flags] : m.who);
  let closing = false;
  const closeTube = async () => {
    if (!draft || closing) return;
    closing = true;
    try {
      const counted = Number($("counted").value) || 0, { tube, at, members: list } = draft;
      const op = { round: draft.round, booth: view.state.booth, tube, taken: at, counted: counted || undefined, members: members(list) };
      const shown = { op: 0, tube, at, round: draft.round, members: list, closed: Date.now() };
      recent = [shown, ...recent].filter((x) => Date.now() - x.closed < CORRECTABLE).slice(0, RECENT);
      shown.op = view.state.device * 2 ** 24 + await store.counter(view.state.device) + 1;
      const id = await store.add(view.state.device, op, recent, true);
      used = [...used, tube].slice(-USED);
      await store.put("used", used);
      shown.op = id; // another window of this browser may have been quicker
      draft = null;
      $("counted").value = "";
      if (counted && counted !== list.length) tell("soon", "closed_differs", { tube, counted, n: list.length });
      else tell("good", "closed", { tube, n: list.length });
      show();
      sync.sync();
    } finally {
      closing = false;
      $("scan").focus();
    }
  };

  // ---- whose swabs they are: one sampler after the other signs on, by badge or by its number and PIN
  const LONG = 12 * 3600_000; // a shift is over by then: somebody forgot
  /** @param {number} badge 0: signs off @param {any} shown */
  const signOn = async (badge, shown) => {
    if (draft) return tell("late", "close_first_badge", { tube: draft.tube });
    if ((view.state.bad_badges ?? []).includes(badge)) return tell("late", "badge_bad");
    const device = view.state.device, before = await store.get("duty");
    const n = (before?.device === device ? before.n : 0) + 1, sampler = Math.floor(badge / 100);
    duty = { device, n, sampler, since: Date.now(), badge, shown };
    await store.addShift(duty, { device, n, from: await store.counter(device), ...shown, at_ms: Date.now() });
    tell("good", badge ? "signed_on" : "signed_off", { n: sampler });
    show();
    sync.sync();
  };
  const signOnTyped = async () => {
    const no = Number($("badge-no").value), pin = code.fold($("badge-pin").value);
    $("badge-pin").value = "";
    if (!await code.provesBadge(no, pin, proofs)) return tell("late", "badge_wrong");
    await signOn(no, { badge: no, pin });
  };

  // ---- walk-ins: people on no list
  const walkIn = async (/** @type {string} */ name) => {
    const no = await store.addPerson(view.state, { area: view.state.area, name: name.trim() });
    if (!no) return tell("late", "no_numbers");
    await addMember(no, no, "good", "walk_in_added");
  };

  // ---- corrections
  const startAmend = (/** @type {any} */ x) => {
    amending = { ...x, members: x.members.map((/** @type {any} */ m) => ({ ...m, keep: true })) };
    $("amend-tube").textContent = x.tube;
    $("amend-members").replaceChildren(...amending.members.map((/** @type {any} */ m) => make("label", { className: "check" },
      make("input", { type: "checkbox", checked: true, onchange: (/** @type {any} */ e) => { m.keep = e.target.checked; } }), String(m.no))));
    $("amend-more").value = $("amend-reason").value = $("amend-by").value = "";
    $("amend").showModal();
  };
  const amend = async () => {
    const list = amending.members.filter((/** @type {any} */ m) => m.keep);
    for (const text of $("amend-more").value.split(/[\s,，、]+/).filter(Boolean)) {
      const x = await code.read(text, proofs);
      if (x.kind !== "code" && x.kind !== "number") return tell("late", "not_read");
      list.push({ who: x.kind === "code" ? x.code : x.no, no: x.no, after: 0, flags: 0 });
    }
    const id = await store.add(view.state.device, { round: amending.round, booth: view.state.booth, tube: amending.tube, taken: amending.at, kind: "amend",
      amends: amending.op, reason: $("amend-reason").value.trim(), by: $("amend-by").value.trim(), members: members(list) }, recent, false);
    const shown = recent.find((x) => x.op === amending.op);
    if (shown) Object.assign(shown, { op: id, members: list });
    await store.put("recent", recent);
    tell("good", "amended", { tube: amending.tube });
    $("amend").close();
    show();
    sync.sync();
  };

  // ---- people added to a tube that is closed: handed in on paper, or somebody forgotten
  let adding = /** @type {any} */ (null);
  const local = (/** @type {number} */ ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const startAdd = (/** @type {any} */ x) => {
    adding = x;
    $("add-tube").value = x?.tube ?? "";
    $("add-tube").readOnly = !!x;
    $("add-at").value = local(x?.at ?? Date.now());
    $("add-more").value = "";
    $("add-fault").hidden = true;
    $("add").showModal();
    $(x ? "add-more" : "add-tube").focus();
  };
  const addLater = async () => {
    const fault = (/** @type {string} */ name) => { $("add-fault").textContent = say(name); $("add-fault").hidden = false; };
    const r = adding ? { round: adding.round } : round(), tube = code.fold($("add-tube").value), at = new Date($("add-at").value).getTime();
    if (!r) return fault("no_round");
    if (["code", "badge"].includes((await code.read(tube, proofs)).kind) || !/^[0-9A-Z-]{1,32}$/.test(tube)) return fault("add_tube_wrong");
    const list = /** @type {any[]} */ ([]);
    for (const text of $("add-more").value.split(/[\s,，、]+/).filter(Boolean)) {
      const x = await code.read(text, proofs);
      if (x.kind !== "code" && x.kind !== "number") return fault("not_read");
      if (!list.some((m) => m.no === x.no)) list.push({ who: x.kind === "code" ? x.code : x.no, no: x.no, after: 0, flags: 0 });
    }
    if (list.length === 0) return fault("add_nobody");
    const shown = recent.find((x) => x.tube === tube && x.round === r.round);
    if (shown && list.some((m) => shown.members.some((/** @type {any} */ o) => o.no === m.no))) return fault("add_twice");
    if (shown) shown.members = [...shown.members, ...list];
    await store.add(view.state.device, { round: r.round, booth: view.state.booth, tube, taken: at || Date.now(), kind: "add", members: members(list) }, recent, false);
    $("add").close();
    tell("good", "add_done", { tube, n: list.length });
    show();
    sync.sync();
  };

  // ---- the camera, where the browser reads codes
  const film = async () => {
    if (camera.on()) camera.stop($("video"));
    else await camera.start($("video"), (/** @type {string} */ text) => turn(() => scanned(text))).catch(() => { camera.stop($("video")); tell("late", "no_camera"); });
    show();
  };

  // ---- what everybody sees
  const show = async () => {
    if (!lang) return;
    const rows = await store.waiting(), walkIns = await store.people();
    const state = view.state, usable = state && !view.over && Date.now() < state.until_ms;
    $("enrol").hidden = !!usable;
    $("enrol-again").hidden = !state;
    $("work").hidden = !state;
    document.body.dataset.waiting = String(rows.length + walkIns.length);
    const pill = $("waiting");
    pill.hidden = !state && rows.length + walkIns.length === 0;
    if (rows.length + walkIns.length === 0) {
      pill.className = "pill good";
      pill.textContent = view.at ? say("all_sent_at", { time: time(view.at) }) : say("all_sent");
    } else {
      const oldest = Math.min(...rows.concat(walkIns).map((/** @type {any} */ r) => r.at));
      pill.className = "pill " + (Date.now() - oldest > 15 * 60_000 ? "late" : "soon");
      pill.textContent = say("waiting", { n: rows.length + walkIns.length, time: time(oldest) });
    }
    $("fault").hidden = !view.fault;
    $("fault").textContent = view.fault ? say("fault_" + view.fault) : "";
    if (!state) return ready();
    $("where").textContent = state.booth_name;
    $("device").textContent = say("device", { n: state.device, name: state.name }) + " · " + say("until", { time: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(state.until_ms) });
    const on = duty?.sampler, long = on && Date.now() - duty.since > LONG;
    $("duty").textContent = on ? say("on_duty", { n: on, time: time(duty.since) }) : say("nobody");
    $("duty").className = "pill" + (!on || long ? " soon" : " good");
    $("sign-off").hidden = !on;
    const chosen = $("round").value;
    const offered = rounds();
    $("round").replaceChildren(...offered.map((/** @type {any} */ r) => make("option", { value: r.round, selected: r.round === chosen }, r.state === "closing" ? r.name + " · " + say("closing") : r.name)));
    $("round-field").hidden = offered.length < 2;
    $("tube").hidden = !draft;
    $("idle").hidden = !!draft;
    $("idle").textContent = say(offered.length || state.last_round ? "scan_tube" : "no_round");
    if (draft) {
      $("serial").textContent = draft.tube;
      $("count").textContent = draft.members.length + " / " + draft.pool + (draft.household ? " · " + say("household") : "");
      $("count").className = "count" + (draft.members.length > draft.pool ? " late" : draft.members.length === draft.pool ? " good" : "");
      $("members").replaceChildren(...[...draft.members].reverse().map((m) => make("li", {}, make("code", {}, String(m.no)),
        ...[m.unproven && "is_unproven", m.flags & CHILD && "child", m.flags & PARTIAL && "partial", m.no >= 2 ** 31 && "is_walk_in"].filter(Boolean).map((name) => make("span", { className: "pill" + (name === "is_unproven" ? " soon" : "") }, say(String(name)))))));
      $("child").setAttribute("aria-pressed", String(!!(last()?.flags & CHILD)));
      $("partial").setAttribute("aria-pressed", String(!!(last()?.flags & PARTIAL)));
      for (const id of ["child", "partial", "undo"]) $(id).disabled = !last();
      $("counted").placeholder = String(draft.members.length);
    }
    $("recent").hidden = recent.length === 0;
    $("recent-list").replaceChildren(...recent.map((x) => make("li", {}, make("code", {}, x.tube), make("span", {}, say("people", { n: x.members.length }) + " · " + time(x.closed)),
      make("span", { className: "row-of" }, make("button", { type: "button", className: "small plain", onclick: () => startAdd(x) }, say("add_more")),
        make("button", { type: "button", className: "small plain", onclick: () => startAmend(x) }, say("correct"))))));
    $("camera").hidden = !camera.able();
    $("camera").setAttribute("aria-pressed", String(camera.on()));
    $("camera").textContent = say(camera.on() ? "camera_off" : "camera_on");
    ready();
  };
  const ready = () => { document.body.dataset.ready = "1"; };

  // ---- the scan field has the keys unless somebody types elsewhere
  const refocus = () => {
    if ($("work").hidden || document.querySelector("dialog[open]")) return;
    const at = document.activeElement;
    if (!at || at === document.body || at.tagName === "BUTTON") $("scan").focus({ preventScroll: true });
  };

  const enrol = async () => {
    $("enrol-fault").hidden = true;
    $("enrol-do").disabled = true;
    try {
      const answer = await fetch("/booth/enrol", { method: "POST", credentials: "omit", body: new URLSearchParams({ code: $("code").value }), headers: { "Accept-Language": document.documentElement.lang } });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.detail);
      await store.putProofs(said.keys);
      view.state = { ...said, keys: undefined, last_round: said.rounds.find((/** @type {any} */ r) => r.state !== "planned") };
      view.over = false;
      view.fault = "";
      await store.put("state", view.state);
      proofs = await store.proofs();
      $("code").value = "";
      if (duty?.sampler && duty.device !== view.state.device) await signOn(duty.badge, duty.shown); // the device has another number now
      await show();
      $("scan").focus();
      tell("good", "enrolled", { booth: said.booth_name });
      sync.beat();
    } catch (e) {
      $("enrol-fault").textContent = e instanceof TypeError ? say("fault_no_network") : /** @type {Error} */ (e).message;
      $("enrol-fault").hidden = false;
    }
    $("enrol-do").disabled = false;
  };

  const signOut = async () => {
    const rows = await store.waiting(), walkIns = await store.people(), open = draft ? 1 : 0;
    const n = rows.length + walkIns.length + open;
    if (n > 0) {
      $("leave-why").textContent = say("leave_loses", { n });
      $("leave-n").value = "";
      $("leave").showModal();
      return;
    }
    await leave(false);
  };
  const leave = async (/** @type {boolean} */ wipe) => {
    const told = await sync.leave(await store.counter(view.state.device), wipe).then(() => true, () => false);
    if (!told && !wipe && !view.over) { // the house does not know that nothing is left here: only on purpose
      if (!confirm(say("leave_unheard"))) return;
    }
    await store.wipe();
    localStorage.removeItem("booth-lang");
    location.reload();
  };

  const listen = () => {
    $("scan-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const text = $("scan").value;
      $("scan").value = "";
      if (text.trim()) turn(() => scanned(text));
    });
    $("scan").addEventListener("compositionstart", () => tell("soon", "input_method"));
    $("close-form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); turn(closeTube); });
    $("undo").addEventListener("click", () => turn(removeLast));
    $("child").addEventListener("click", () => turn(() => toggle(CHILD)));
    $("partial").addEventListener("click", () => turn(() => toggle(PARTIAL)));
    $("walk-in").addEventListener("click", () => { $("walk-in-name").value = ""; $("walk-in-ask").showModal(); });
    $("walk-in-form").addEventListener("submit", () => turn(() => walkIn($("walk-in-name").value)));
    $("duty-do").addEventListener("click", () => { $("badge-no").value = $("badge-pin").value = ""; $("duty-ask").showModal(); });
    $("duty-form").addEventListener("submit", () => turn(signOnTyped));
    $("sign-off").addEventListener("click", () => { $("duty-ask").close(); turn(() => signOn(0, {})); });
    $("amend-form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); turn(amend); });
    $("add-later").addEventListener("click", () => startAdd(null));
    $("add-form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); turn(addLater); });
    for (const id of ["add-tube", "add-more"]) $(id).addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { // a scanner ends with Enter: on to the next
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      if (id === "add-tube") $("add-more").focus();
      else if ($(id).value && !/\s$/.test($(id).value)) $(id).value += " ";
    });
    $("add-form").addEventListener("input", () => { $("add-fault").hidden = true; });
    $("camera").addEventListener("click", () => turn(film));
    $("enrol-form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); enrol(); });
    $("sign-out").addEventListener("click", () => turn(signOut));
    $("leave-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const n = Number(document.body.dataset.waiting) + (draft ? 1 : 0);
      if (Number($("leave-n").value) === n) turn(() => leave(true));
      else $("leave-n").select();
    });
    for (const b of document.querySelectorAll("[data-shut]")) b.addEventListener("click", () => /** @type {any} */ (b.closest("dialog")).close());
    for (const b of document.querySelectorAll("[data-lang]")) b.addEventListener("click", () => speak(/** @type {HTMLElement} */ (b).dataset.lang ?? "zh"));
    for (const id of ["queue", "tubes", "swabs"]) $(id).addEventListener("change", async () => {
      const n = (/** @type {string} */ f) => $(f).value === "" ? undefined : Math.max(0, Math.floor(Number($(f).value)) || 0);
      await store.put("stock", { queue: n("queue"), tubes: n("tubes"), swabs: n("swabs") });
      sync.beat();
    });
    document.addEventListener("click", () => setTimeout(refocus, 0));
    document.addEventListener("close", () => setTimeout(refocus, 0), true);
  };

  // one thing after the other: a scanner is quicker than a disk
  let before = Promise.resolve();
  /** @param {() => any} step */
  const turn = (step) => { before = before.then(step).catch((e) => { tell("late", "disk"); console.error(e); }); };

  const start = async () => {
    const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("booth-lang") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
    if (!isSecureContext || !globalThis.indexedDB || !crypto.subtle) {
      lang = asked;
      $("enrol").hidden = true;
      return tell("late", "insecure");
    }
    navigator.serviceWorker?.register("/booth-worker.js", { scope: "/booth" }).catch(() => tell("soon", "no_worker"));
    await store.open();
    view.state = await store.get("state") ?? null;
    if (view.state && Date.now() > view.state.until_ms + GRACE) { // nobody came back to it
      await store.wipe();
      return location.reload();
    }
    draft = await store.get("draft") ?? null;
    recent = ((await store.get("recent")) ?? []).filter((/** @type {any} */ x) => Date.now() - x.closed < CORRECTABLE);
    used = (await store.get("used")) ?? recent.map((/** @type {any} */ x) => x.tube);
    proofs = await store.proofs();
    duty = (await store.get("duty")) ?? null;
    const stock = (await store.get("stock")) ?? {};
    for (const id of ["queue", "tubes", "swabs"]) $(id).value = stock[id] ?? "";
    view.changed = async () => { proofs = await store.proofs(); show(); };
    listen();
    speak(asked === "en" ? "en" : "zh");
    setInterval(show, 30_000);
    refocus();
    sync.run();
  };
  start();
})();
