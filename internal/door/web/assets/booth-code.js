// Reads what a scanner typed: personal codes with their proof, numbers, serials of tubes.
// @ts-check
(() => {
  "use strict";
  const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const mistaken = /** @type {Record<string, string>} */ ({ O: "0", I: "1", L: "1" });

  /** Folds what scanners, input methods and fingers do to a text. @param {string} text */
  const fold = (text) => text.normalize("NFKC").toUpperCase().replace(/\s/g, "");

  /** @param {string} text eighteen characters @returns {Uint8Array | null} */
  const bytesOf = (text) => {
    const out = new Uint8Array(11);
    let bits = 0, held = 0, at = 0;
    for (const c of text) {
      const v = LETTERS.indexOf(mistaken[c] ?? c);
      if (v < 0) return null;
      held = (held << 5 | v) & 0xfff;
      bits += 5;
      if (bits >= 8 && at < 11) {
        bits -= 8;
        out[at++] = held >> bits & 0xff;
      }
    }
    return out;
  };

  /**
   * @param {string} text @param {{epoch: number, key: CryptoKey}[]} proofs
   * @returns {Promise<{kind: "code" | "badge", code: string, no: number, proven: boolean} | {kind: "number", no: number} | {kind: "tube", tube: string} | {kind: "nothing"}>}
   */
  const read = async (text, proofs) => {
    const plain = fold(text), code = plain.replace(/-/g, "");
    if (code.length === 18) {
      const b = bytesOf(code);
      if (b && (b[0] === 1 || b[0] === 2)) {
        const no = new DataView(b.buffer).getUint32(2);
        const key = proofs.find((p) => p.epoch === b[1])?.key;
        let proven = false;
        if (key) {
          const sum = new Uint8Array(await crypto.subtle.sign("HMAC", key, b.slice(0, 6)));
          proven = b.slice(6, 11).every((v, i) => v === sum[i]);
        }
        const said = { code: [...code].map((c) => mistaken[c] ?? c).join(""), no, proven };
        if (b[0] === 1) return { kind: "code", ...said };
        if (proven || !/^\d+$/.test(code)) return { kind: "badge", ...said }; // else a long serial
      }
    }
    if (/^\d{1,10}$/.test(plain) && Number(plain) > 0 && Number(plain) < 2 ** 32) return { kind: "number", no: Number(plain) };
    if (/^[0-9A-Z-]{1,32}$/.test(plain)) return { kind: "tube", tube: plain };
    return { kind: "nothing" };
  };

  /** Whether digits prove the number of a badge that was typed. @param {number} no @param {string} pin @param {{key: CryptoKey, epoch: number}[]} proofs */
  const provesBadge = async (no, pin, proofs) => {
    for (const { epoch, key } of proofs) {
      const said = new Uint8Array(6);
      said.set([2, epoch]);
      new DataView(said.buffer).setUint32(2, no);
      const sum = new DataView(await crypto.subtle.sign("HMAC", key, said));
      if (String(sum.getUint32(0) % 1_000_000).padStart(6, "0") === pin) return true;
    }
    return false;
  };

  const SERIAL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  /** The check character of a serial's other characters: ISO/IEC 7064, MOD 37,36. @param {string} body */
  const checkOf = (body) => {
    let p = 36;
    for (const c of body) {
      const v = SERIAL.indexOf(c);
      if (v < 0) return "";
      p = 2 * ((p + v) % 36 || 36) % 37;
    }
    return SERIAL[(37 - p) % 36];
  };

  /**
   * What is odd about a serial, as far as the runs handed to this point tell. A point that was handed none can tell nothing.
   * @param {string} tube @param {{first: string, last: string, checked?: boolean}[]} runs @returns {"" | "check" | "elsewhere"}
   */
  const oddSerial = (tube, runs) => {
    let odd = /** @type {"" | "check" | "elsewhere"} */ (runs.length > 0 ? "elsewhere" : "");
    for (const r of runs) {
      const body = (/** @type {string} */ s) => r.checked ? s.slice(0, -1) : s;
      if (tube.length !== r.first.length || body(tube) < body(r.first) || body(tube) > body(r.last)) continue;
      if (!r.checked || checkOf(body(tube)) === tube.at(-1)) return "";
      odd = "check";
    }
    return odd;
  };

  Object.assign(globalThis, { BoothCode: { read, fold, provesBadge, oddSerial } });
})();
