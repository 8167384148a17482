"use strict";
// The page of residents. Secrets stay in this browser: in memory, or in its storage when the reader asks for that. They are
// sent in a header, never in an address.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", STORE = "breakwater-my", LANG = "breakwater-lang", MOST = 12;
const $ = (id) => document.getElementById(id);
const people = [];

const tidy = (text) => text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

// right tells whether a secret was typed without a slip: Luhn's check over 32 letters.
function right(s) {
  if (s.length !== 25) return false;
  let sum = 0, factor = 1;
  for (let i = 24; i >= 0; i--) {
    const d = ALPHABET.indexOf(s[i]);
    if (d < 0) return false;
    sum += Math.floor(d * factor / 32) + d * factor % 32;
    factor = 3 - factor;
  }
  return sum % 32 === 0;
}

function setLang(lang) {
  document.documentElement.lang = lang;
  for (const p of people) if (p.said) show(p, p.said);
}

const clone = (id) => $(id).content.cloneNode(true);

function say(el, id) {
  el.replaceChildren(...(id ? [clone(id)] : []));
  el.hidden = !id;
}

function time(el, text) {
  el.dateTime = text;
  el.textContent = new Date(text).toLocaleString(document.documentElement.lang === "zh" ? "zh-CN" : "en-GB", {month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit"});
}

function show(p, m) {
  p.said = m;
  const said = $("s-" + m.state) ? clone("s-" + m.state) : document.createDocumentFragment();
  const part = (css, value, fill) => {
    const el = said.querySelector(css);
    if (!el) return;
    if (!value) el.remove(); else fill(el);
  };
  part(".at", m.at, (el) => time(el.querySelector("time"), m.at));
  part(".negative", m.negative, (el) => time(el.querySelector("time"), m.negative));
  part(".where", m.where, (el) => el.querySelector("b").textContent = m.where);
  part(".call", m.call, (el) => {
    const a = el.querySelector("a");
    a.textContent = m.call;
    a.href = "tel:" + m.call.replace(/[^0-9+]/g, "");
  });
  part(".round", m.round, (el) => el.textContent = m.round);
  p.card.querySelector(".said").replaceChildren(said);
  p.card.dataset.state = m.state;
}

const later = (p, ms) => {
  clearTimeout(p.timer);
  p.timer = setTimeout(() => ask(p), Math.min(Math.max(ms, 5000) * (1 + Math.random() / 5), 2 ** 31 - 1));
};

async function ask(p) {
  clearTimeout(p.timer);
  if (document.hidden) return; // asked again when somebody looks
  const trouble = p.card.querySelector(".trouble");
  try {
    const headers = {Authorization: "Bearer " + p.secret};
    if (p.tag) headers["If-None-Match"] = p.tag;
    const res = await fetch("/my/result", {headers, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer"});
    if (res.status === 401) return refused(p, trouble);
    if (!res.ok && res.status !== 304) {
      say(trouble, "t-busy");
      return later(p, 1000 * (res.headers.get("Retry-After") || 30));
    }
    say(trouble, "");
    p.tag = res.headers.get("ETag");
    if (res.status !== 304) show(p, await res.json());
    const age = /max-age=(\d+)/.exec(res.headers.get("Cache-Control") || "");
    later(p, 1000 * (age ? age[1] : 300));
  } catch {
    say(trouble, "t-offline");
    later(p, 30000);
  }
}

// The secret opens nothing: what it showed before is shown no longer.
function refused(p, trouble) {
  p.said = p.tag = undefined;
  p.card.dataset.state = "wrong";
  p.card.querySelector(".said").replaceChildren();
  hideCode(p.card.querySelector(".code"));
  say(trouble, "t-wrong");
}

function save() {
  const kept = people.filter((p) => p.keep).map((p) => ({s: p.secret, l: p.label}));
  try {
    if (kept.length) localStorage.setItem(STORE, JSON.stringify(kept)); else localStorage.removeItem(STORE);
  } catch { /* a browser that keeps nothing */ }
}

function add(secret, label, keep) {
  if (people.length >= MOST || people.some((p) => p.secret === secret)) return;
  const p = {secret, label, keep, card: clone("person").firstElementChild};
  p.card.querySelector(".label").textContent = label;
  p.card.querySelector(".again").addEventListener("click", () => ask(p));
  p.card.querySelector(".forget").addEventListener("click", () => {
    clearTimeout(p.timer);
    people.splice(people.indexOf(p), 1);
    p.card.remove();
    save();
    $("adding").open = !people.length;
  });
  const code = p.card.querySelector(".code");
  p.card.querySelector(".mine").addEventListener("click", () => showCode(p, code));
  code.querySelector(".hide").addEventListener("click", () => hideCode(code));
  code.querySelector(".print").addEventListener("click", () => {
    for (const c of document.querySelectorAll(".code")) c.classList.toggle("printed", c === code);
    print();
  });
  const form = p.card.querySelector("form");
  form.addEventListener("submit", (e) => { e.preventDefault(); report(p, form); });
  people.push(p);
  $("people").append(p.card);
  $("adding").open = false;
  save();
  ask(p);
}

// The code for the sampling point: fetched when somebody asks for it, kept nowhere.
async function showCode(p, code) {
  const trouble = p.card.querySelector(".trouble");
  try {
    const res = await fetch("/my/code", {method: "POST", headers: {Authorization: "Bearer " + p.secret}, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer"});
    if (res.status === 401) return refused(p, trouble);
    if (!res.ok) return say(trouble, "t-busy");
    const c = await res.json(), svg = code.querySelector("svg");
    say(trouble, "");
    svg.setAttribute("viewBox", `0 0 ${c.side} ${c.side}`);
    svg.firstElementChild.setAttribute("d", c.path);
    code.querySelector(".text").textContent = c.code;
    code.querySelector(".for").textContent = p.label;
    code.hidden = false;
    code.scrollIntoView({block: "nearest"});
  } catch {
    say(trouble, "t-offline");
  }
}

function hideCode(code) {
  code.hidden = true;
  code.querySelector("path").removeAttribute("d");
  code.querySelector(".text").textContent = "";
}

async function report(p, form) {
  const body = new URLSearchParams(new FormData(form));
  p.key ||= Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  body.set("key", p.key);
  const sent = p.card.querySelector(".sent"), trouble = p.card.querySelector(".trouble");
  try {
    const res = await fetch("/my/self-tests", {method: "POST", body, headers: {Authorization: "Bearer " + p.secret, "Accept-Language": document.documentElement.lang}, credentials: "omit", referrerPolicy: "no-referrer"});
    if (!res.ok) {
      trouble.textContent = (await res.json()).text;
      trouble.hidden = false;
      return;
    }
    p.key = "";
    say(trouble, "");
    say(sent, body.get("result") === "positive" ? "t-sent-positive" : "t-sent");
    form.hidden = true;
    setTimeout(() => ask(p), 1500);
  } catch {
    say(trouble, "t-offline");
  }
}

// A printed link carries the secret behind #, which browsers send to nobody. It is taken out of the address at once.
function fromAddress() {
  const s = tidy(decodeURIComponent(location.hash.slice(1)));
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (right(s)) add(s, "", false);
}

$("lang").addEventListener("click", () => {
  setLang(document.documentElement.lang === "zh" ? "en" : "zh");
  try { localStorage.setItem(LANG, document.documentElement.lang); } catch { /* a browser that keeps nothing */ }
});
$("add").addEventListener("submit", (e) => {
  e.preventDefault();
  const s = tidy($("secret").value);
  $("mistyped").hidden = right(s);
  if (!right(s)) return $("secret").focus();
  add(s, $("label").value.trim(), $("keep").checked);
  e.target.reset();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) people.forEach(ask); });
addEventListener("hashchange", fromAddress);
setLang(/^zh/i.test(navigator.language) ? "zh" : "en");
try {
  if (/^(zh|en)$/.test(localStorage.getItem(LANG))) setLang(localStorage.getItem(LANG));
  for (const k of JSON.parse(localStorage.getItem(STORE) || "[]")) if (right(k.s)) add(k.s, String(k.l || ""), true);
} catch { /* nothing kept, or not by this page */ }
fromAddress();
document.body.dataset.ready = "1";
