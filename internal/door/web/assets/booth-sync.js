// Sends what the device recorded, and tells the house each minute how it stands. One request at a time; whatever fails is kept and
// sent again, later each time, at a moment drawn by chance so that a thousand devices do not come back together.
// @ts-check
(() => {
  "use strict";
  const store = /** @type {any} */ (globalThis).BoothStore;
  const MOST = 200, MINUTE = 60_000;
  const view = { state: /** @type {any} */ (null), fault: "", at: 0, over: false, changed: () => {} };
  let running = false, again = false, failed = 0, timer = 0, single = false;

  class Refusal extends Error {
    /** @param {number} status @param {string} detail @param {number} wait */
    constructor(status, detail, wait) { super(detail); this.status = status; this.wait = wait; }
  }

  /** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
  const post = async (path, body, headers = {}) => {
    let sent = /** @type {BodyInit} */ (JSON.stringify(body));
    if (typeof CompressionStream === "function" && String(sent).length > 1000 && path.endsWith("/operations")) {
      sent = await new Response(new Blob([String(sent)]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
      headers = { ...headers, "Content-Encoding": "gzip" };
    }
    const answer = await fetch(path, { method: "POST", credentials: "omit", cache: "no-store", body: sent, signal: AbortSignal.timeout(30_000),
      headers: { "Content-Type": "application/json", Authorization: "Bearer " + view.state.token, "Accept-Language": document.documentElement.lang, ...headers } });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(answer.status, said.detail ?? "", Number(answer.headers.get("Retry-After")) || 0);
    return said;
  };

  const people = async () => {
    for (const row of await store.people()) {
      const { area, name } = await store.unseal(row);
      await post("/api/v1/device/walk-ins", { no: row.no, area, name: name || undefined }, { "Idempotency-Key": "walk-in-" + row.no });
      await store.dropPerson(row.no);
    }
  };

  /** Who took the swabs is told before the tubes. What the house cannot read is dropped: it must not keep tubes back. */
  const shifts = async () => {
    for (const shift of await store.shifts()) {
      try {
        await post("/api/v1/device/shifts", { ...shift, sent_ms: Date.now() });
      } catch (e) {
        if (!(e instanceof Refusal) || ![400, 404, 422].includes(e.status)) throw e;
        if (e.status === 404) break; // a house of before: it is told later
      }
      await store.dropShift(shift);
    }
  };

  /** One way through the outbox, in the order things were made. */
  const tubes = async () => {
    const rows = await store.waiting();
    for (let at = 0; at < rows.length;) {
      const first = rows[at], head = await store.unseal(first);
      const ops = [];
      for (; at < rows.length && ops.length < (single ? 1 : MOST) && rows[at].device === first.device; at++) {
        const { round, booth, ...op } = await store.unseal(rows[at]);
        if (round !== head.round || booth !== head.booth) break;
        ops.push({ op: first.device * 2 ** 24 + rows[at].n, ...op });
      }
      const said = await post("/api/v1/rounds/" + head.round + "/operations", { booth: head.booth, sent: Date.now(), ops });
      await store.drop(first.device, said.acked_upto);
      view.at = Date.now();
      view.changed();
    }
    return (await store.waiting()).length;
  };

  const later = (/** @type {number} */ least) => {
    failed++;
    const wait = Math.max(least * 1000, 1000 + Math.random() * Math.min(60_000, 1000 * 2 ** Math.min(failed, 6)));
    clearTimeout(timer);
    timer = setTimeout(sync, wait);
  };

  const sync = async () => {
    if (running) { again = true; return; }
    if (!view.state || view.over) return;
    running = true;
    try {
      await people();
      await shifts();
      const left = await tubes();
      failed = 0;
      view.fault = "";
      if (left > 0) later(5); // on its disk, but not yet counted there: after a start of the house
    } catch (e) {
      const status = e instanceof Refusal ? e.status : 0;
      view.over = status === 401;
      view.fault = status === 0 ? "no_network" : status === 401 ? "over" : status === 503 || status === 429 ? "busy" : "refused";
      single = status === 400 || status === 422; // one that cannot be read keeps no other back
      if (!view.over) later(e instanceof Refusal ? e.wait : 0);
    } finally {
      running = false;
      view.changed();
      if (again) { again = false; setTimeout(sync, 0); }
    }
  };

  const beat = async () => {
    const state = view.state;
    if (!state || view.over) return;
    const rows = await store.waiting();
    const count = (await store.get("stock")) ?? {};
    try {
      const now = await post("/api/v1/device/beat", { sent_ms: Date.now(), last: await store.counter(state.device), outbox: rows.length,
        oldest_ms: rows[0]?.at, queue: count.queue, tubes: count.tubes, swabs: count.swabs });
      await store.drop(state.device, now.acked_upto);
      await store.putProofs(now.keys);
      view.state = { ...state, ...now, keys: undefined, last_round: now.rounds.find((/** @type {any} */ r) => r.state !== "planned") ?? state.last_round };
      await store.put("state", view.state);
      view.at = Date.now();
      if (view.fault === "no_network") view.fault = "";
      sync();
    } catch (e) {
      if (e instanceof Refusal && e.status === 401) view.over = true;
      view.fault = view.over ? "over" : e instanceof Refusal ? "busy" : "no_network";
    }
    view.changed();
  };

  /** @param {number} last @param {boolean} wipe */
  const leave = (last, wipe) => post("/api/v1/device/leave", { last, wipe });

  const run = () => {
    setInterval(beat, MINUTE);
    addEventListener("online", () => { failed = 0; beat(); sync(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });
    beat();
    sync();
  };

  Object.assign(globalThis, { BoothSync: { view, sync, beat, leave, run } });
})();
