// Sheets of labels: the button prints them.
// @ts-check
document.querySelector("[data-print]")?.addEventListener("click", () => print());
