// Runs before the first paint: the colours somebody chose, so that a dark page never flashes white.
(() => {
  const look = localStorage.getItem("look");
  if (look === "dark" || look === "light") document.documentElement.dataset.look = look;
  document.documentElement.classList.add("js");
})();
