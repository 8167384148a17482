// Passkeys: asks the browser for one, or to make one, and sends its answer with the form the button stands in.
// @ts-check
(() => {
  "use strict";
  const able = isSecureContext && "PublicKeyCredential" in window && !!navigator.credentials;
  for (const e of document.querySelectorAll("[data-passkey]")) /** @type {HTMLElement} */ (e).hidden = !able;
  for (const e of document.querySelectorAll("[data-passkey-missing]")) /** @type {HTMLElement} */ (e).hidden = able;

  /** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  /** @param {ArrayBuffer | null} data @returns {string | undefined} */
  const text = (data) => data ? btoa(String.fromCharCode(...new Uint8Array(data))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : undefined;
  /** @param {{id: string, type: "public-key"}[]} list */
  const known = (list) => list.map((c) => ({ ...c, id: bytes(c.id) }));

  /** @param {string} address @returns {Promise<any>} */
  const ask = async (address) => {
    const answer = await fetch(address, { method: "POST", credentials: "same-origin" });
    if (answer.ok && answer.headers.get("Content-Type") === "application/json") return answer.json();
    const said = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#fault");
    if (!said) location.reload();
    throw new Error(said?.textContent ?? "");
  };

  /** @param {any} options */
  const show = (options) => navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) } });

  /** @param {any} options */
  const make = (options) => navigator.credentials.create({ publicKey: { ...options, challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: known(options.excludeCredentials) } });

  /** @param {any} made */
  const written = (made) => {
    const r = made.response;
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, authenticatorAttachment: made.authenticatorAttachment ?? undefined, clientExtensionResults: {},
      response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), authenticatorData: r.attestationObject ? undefined : text(r.authenticatorData),
        signature: text(r.signature), userHandle: text(r.userHandle) } });
  };

  document.addEventListener("click", async (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest?.("button[data-passkey]");
    const form = /** @type {HTMLFormElement | null | undefined} */ (button?.closest("form"));
    const field = /** @type {HTMLInputElement | null | undefined} */ (form?.querySelector("input[name=passkey]"));
    if (!button || !form || !field) return;
    const name = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=name]"));
    if (name && !name.reportValidity()) return;
    const fault = /** @type {HTMLElement | null} */ (document.querySelector("[data-passkey-fault]"));
    if (fault) fault.hidden = true;
    try {
      const options = form.dataset.passkeyOptions;
      field.value = written(options ? await make(JSON.parse(options)) : await show(await ask(form.dataset.passkeyAsk ?? "")));
      form.noValidate = true; // the passkey stands in for the code
      form.requestSubmit();
    } catch (e) {
      if (!fault) return;
      const word = e instanceof DOMException ? (e.name === "InvalidStateError" ? "known" : "cancelled") : "";
      fault.textContent = word ? fault.getAttribute("data-word-" + word) : /** @type {Error} */ (e).message || fault.getAttribute("data-word-cancelled");
      fault.hidden = false;
    }
  });
})();
