// What the line list does by itself in a browser: a case opens beside the list, rows are chosen by X, Ctrl+S saves. Without it every
// page works: links lead to pages, forms are sent by their buttons.
// @ts-check
(() => {
  "use strict";
  /** @param {string} css @returns {HTMLElement | null} */
  const find = (css) => document.querySelector(css);
  const pane = find("#pane");
  const wide = matchMedia("(min-width: 1101px)");

  // ---- a case beside the list
  /** @param {HTMLElement} row */
  const open = async (row) => {
    const id = row.dataset.case ?? "";
    const answer = await fetch("/cases/" + encodeURIComponent(id), { headers: { "HX-Request": "true" } });
    if (!pane || !answer.ok) {
      location.assign("/cases/" + encodeURIComponent(id));
      return;
    }
    pane.innerHTML = await answer.text(); // a part of our own pages, escaped where it was made
    pane.hidden = false;
    for (const other of document.querySelectorAll("tr.here")) other.classList.remove("here");
    row.classList.add("here");
    const at = new URL(location.href);
    at.searchParams.set("show", id);
    history.replaceState(null, "", at);
  };
  const close = () => {
    if (!pane) return;
    pane.hidden = true;
    for (const row of document.querySelectorAll("tr.here")) row.classList.remove("here");
    const at = new URL(location.href);
    at.searchParams.delete("show");
    history.replaceState(null, "", at);
  };
  document.addEventListener("click", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (at.closest("[data-pane-close]")) {
      close();
      return;
    }
    const row = /** @type {HTMLElement | null} */ (at.closest("tr[data-case]"));
    const link = at.closest("a");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!row || !pane || !wide.matches || !plain || at.closest("input, label, button") || (link && !link.closest(".pin"))) return;
    event.preventDefault();
    open(row);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pane && !pane.hidden) close();
  });

  // ---- rows that are chosen
  const all = /** @type {HTMLInputElement | null} */ (find("[data-all-rows]"));
  const boxes = () => /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("input[name=case][form=bulk]")]);
  const told = find("[data-chosen]");
  const hint = told?.textContent ?? "";
  const tell = () => {
    const n = boxes().filter((box) => box.checked).length;
    if (told) told.textContent = n ? (told.dataset.word ?? "").replace("{n}", String(n)) : hint;
    if (all) all.checked = n > 0 && n === boxes().length;
  };
  all?.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    tell();
  });
  document.addEventListener("change", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.name === "case") tell();
    const many = field.closest(".many-field"); // what is filled in is to be set
    const set = /** @type {HTMLInputElement | null} */ (many?.querySelector("[data-set]"));
    if (set && field !== set) set.checked = true;
  });
  tell();

  // ---- keys: X chooses the row, Ctrl+S sends the form one is in, or the only one that saves
  document.addEventListener("keydown", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (event.isComposing || event.keyCode === 229) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const form = /** @type {HTMLFormElement | null} */ (at.closest("form[data-save]") ?? find("form[data-save]"));
      if (form) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || at.matches("input:not([type=checkbox]), textarea, select") || localStorage.getItem("keys") === "off") return;
    if (event.key !== "x" && event.key !== "X") return;
    const box = /** @type {HTMLInputElement | null} */ (at.closest("tr[data-case]")?.querySelector("input[name=case]") ?? null);
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    tell();
  });

  // ---- the search of names opens before it is gone to
  document.addEventListener("keydown", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "/" || at.matches("input, textarea, select") || localStorage.getItem("keys") === "off") return;
    const tool = /** @type {HTMLDetailsElement | null} */ (find("[data-search]")?.closest("details") ?? null);
    if (tool) tool.open = true;
  }, true);

  // ---- one tool is open at a time
  document.addEventListener("toggle", (event) => {
    const tool = /** @type {HTMLDetailsElement} */ (event.target);
    if (!tool.matches?.("details.tool") || !tool.open) return;
    for (const other of document.querySelectorAll("details.tool[open]")) if (other !== tool) /** @type {HTMLDetailsElement} */ (other).open = false;
  }, true);
})();
