// What the sampling point's device keeps: sealed with a key of its own that cannot be taken out of the browser, and gone when it is
// acknowledged, signed out or over.
// @ts-check
(() => {
  "use strict";
  /** @type {IDBDatabase} */
  let db;
  /** @type {CryptoKey} */
  let key;

  /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
  const done = (request) => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
  /** @param {IDBTransaction} tx @returns {Promise<void>} */
  const kept = (tx) => new Promise((yes, no) => {
    tx.oncomplete = () => yes();
    tx.onabort = tx.onerror = () => no(tx.error);
  });

  const open = async () => {
    const request = indexedDB.open("breakwater-booth", 1);
    request.onupgradeneeded = () => {
      const d = request.result;
      d.createObjectStore("kept");
      d.createObjectStore("outbox", { keyPath: ["device", "n"] });
      d.createObjectStore("people", { keyPath: "no" });
    };
    db = await done(request);
    key = await done(db.transaction("kept").objectStore("kept").get("key"));
    if (!key) {
      const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      const tx = db.transaction("kept", "readwrite", { durability: "strict" });
      tx.objectStore("kept").put(made, "key");
      await kept(tx);
      key = made;
    }
    navigator.storage?.persist?.(); // asked for; a browser that refuses keeps it as long as it can
  };

  /** @param {unknown} value */
  const seal = async (value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(value))) };
  };
  /** @param {{iv: Uint8Array, box: ArrayBuffer} | undefined} sealed */
  const unseal = async (sealed) => sealed && JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: /** @type {BufferSource} */ (sealed.iv) }, key, sealed.box)));

  /** @param {string} name */
  const get = async (name) => unseal(await done(db.transaction("kept").objectStore("kept").get(name)));
  /** @param {string} name @param {unknown} value */
  const put = async (name, value) => {
    const sealed = await seal(value);
    const tx = db.transaction("kept", "readwrite", { durability: "strict" });
    tx.objectStore("kept").put(sealed, name);
    await kept(tx);
  };
  // keys of personal codes: the browser's own objects, out of which nobody reads the bytes
  const proofs = async () => (await done(db.transaction("kept").objectStore("kept").get("proofs"))) ?? [];
  /** @param {{epoch: number, key: string}[]} list */
  const putProofs = async (list) => {
    const made = [];
    for (const { epoch, key: text } of list) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      made.push({ epoch, key: await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]) });
      bytes.fill(0);
    }
    const tx = db.transaction("kept", "readwrite");
    tx.objectStore("kept").put(made, "proofs");
    await kept(tx);
    return made;
  };

  /**
   * Puts an operation into the outbox under the device's next counter, and the open tube away, in one step: after a crash either
   * both happened or neither.
   * @param {number} device @param {any} op @param {any} recent @param {boolean} closes @returns {Promise<number>} its id
   */
  const add = async (device, op, recent, closes) => {
    const sealed = await seal(op), list = await seal(recent);
    const tx = db.transaction(["kept", "outbox"], "readwrite", { durability: "strict" });
    const shelf = tx.objectStore("kept");
    const n = ((await done(shelf.get("counter " + device))) ?? 0) + 1;
    shelf.put(n, "counter " + device);
    shelf.put(list, "recent");
    if (closes) shelf.delete("draft");
    tx.objectStore("outbox").put({ device, n, at: Date.now(), ...sealed });
    await kept(tx);
    return device * 2 ** 24 + n;
  };
  /** @param {number} device @returns {Promise<number>} */
  const counter = async (device) => (await done(db.transaction("kept").objectStore("kept").get("counter " + device))) ?? 0;

  /** What waits, the oldest first, sealed. */
  const waiting = () => done(db.transaction("outbox").objectStore("outbox").getAll());
  const people = () => done(db.transaction("people").objectStore("people").getAll());

  /** @param {number} device @param {number} upto drops what the house has on its disk */
  const drop = async (device, upto) => {
    const tx = db.transaction("outbox", "readwrite");
    tx.objectStore("outbox").delete(IDBKeyRange.bound([device, 0], [device, upto]));
    await kept(tx);
  };
  /** @param {number} no */
  const dropPerson = async (no) => {
    const tx = db.transaction("people", "readwrite");
    tx.objectStore("people").delete(no);
    await kept(tx);
  };
  /** Gives the next number of the device's own range to somebody who is on no list. @param {any} state @param {any} person */
  const addPerson = async (state, person) => {
    const sealed = await seal(person);
    const tx = db.transaction(["kept", "people"], "readwrite", { durability: "strict" });
    const shelf = tx.objectStore("kept");
    const n = (await done(shelf.get("walk-ins " + state.device))) ?? 0;
    const no = state.first_no + n;
    if (no > state.last_no) {
      tx.abort();
      return 0;
    }
    shelf.put(n + 1, "walk-ins " + state.device);
    tx.objectStore("people").put({ no, at: Date.now(), ...sealed });
    await kept(tx);
    return no;
  };
  /**
   * Keeps who works with the device from now on, and that the house has to be told of it, in one step.
   * @param {any} duty @param {{device: number, n: number}} shift
   */
  const addShift = async (duty, shift) => {
    const on = await seal(duty), told = await seal(shift);
    const tx = db.transaction("kept", "readwrite", { durability: "strict" });
    tx.objectStore("kept").put(on, "duty");
    tx.objectStore("kept").put(told, ["shift", shift.device, shift.n]);
    await kept(tx);
  };
  const ofShifts = () => IDBKeyRange.bound(["shift"], ["shift", []]);
  /** Who signed on and off and the house does not know of, the oldest first. */
  const shifts = async () => Promise.all((await done(db.transaction("kept").objectStore("kept").getAll(ofShifts()))).map(unseal));
  /** @param {{device: number, n: number}} shift */
  const dropShift = async (shift) => {
    const tx = db.transaction("kept", "readwrite");
    tx.objectStore("kept").delete(["shift", shift.device, shift.n]);
    await kept(tx);
  };
  /** Takes everything away, the key first: what the disk may still hold cannot be read. */
  const wipe = async () => {
    const tx = db.transaction(["kept", "outbox", "people"], "readwrite", { durability: "strict" });
    for (const name of ["kept", "outbox", "people"]) tx.objectStore(name).clear();
    await kept(tx);
    db.close();
    await done(indexedDB.deleteDatabase("breakwater-booth")).catch(() => {});
  };

  Object.assign(globalThis, { BoothStore: { open, unseal, get, put, proofs, putProofs, add, counter, waiting, people, drop, dropPerson, addPerson, addShift, shifts, dropShift, wipe } });
})();
