// Shows the house's own page when the connection is lost, instead of the browser's. It keeps that page and its style, and
// nothing else: no page with people, no answer of the house. It is served at /offline-worker.js, for all pages.
/// <reference lib="webworker" />
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PAGE = "/offline";
const KEPT = "breakwater-offline";

worker.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const answer = await fetch(PAGE, { credentials: "omit", cache: "reload" });
    if (!answer.ok) throw new Error("no offline page: " + answer.status);
    const kept = await caches.open(KEPT);
    await kept.put(PAGE, answer.clone());
    for (const [path] of (await answer.text()).matchAll(/\/static\/[\w.-]+\.(?:css|svg|js)/g)) await kept.add(path);
    await worker.skipWaiting();
  })());
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || request.mode !== "navigate" && !path.startsWith("/static/")) return;
  event.respondWith(fetch(request).catch(async () => (await caches.match(request.mode === "navigate" ? PAGE : path)) ?? Response.error()));
});
