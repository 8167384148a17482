// Keeps the sampling point's page, its style and its scripts, so that it opens without a network. It keeps nothing else: what was
// scanned is the page's own, sealed. It is served at /booth-worker.js, for /booth alone.
/// <reference lib="webworker" />
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PAGE = "/booth";
const KEPT = "breakwater-booth";

/** Fetches the page with everything it names, and keeps them together: a new page never stands beside old scripts. */
const renew = async () => {
  const answer = await fetch(PAGE, { credentials: "omit", cache: "reload" });
  if (!answer.ok) throw new Error("no page: " + answer.status);
  const kept = await caches.open(KEPT);
  const names = [...(await answer.clone().text()).matchAll(/\/static\/[\w.-]+\.(?:css|svg|js)/g)].map(([path]) => path);
  for (const path of names) if (!await kept.match(path)) await kept.add(path);
  await kept.put(PAGE, answer);
  for (const { url } of await kept.keys()) {
    const path = new URL(url).pathname;
    if (path !== PAGE && !names.includes(path)) await kept.delete(path);
  }
};

worker.addEventListener("install", (event) => event.waitUntil(renew().then(() => worker.skipWaiting())));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || path !== PAGE && !path.startsWith("/static/")) return;
  event.respondWith(caches.open(KEPT).then((kept) => kept.match(path)).then((found) => found ?? fetch(request)));
  if (path === PAGE) event.waitUntil(renew().catch(() => { /* no network: what is kept serves on */ }));
});
