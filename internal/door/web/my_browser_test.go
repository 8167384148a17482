package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

// resident is somebody with a telephone at the page of residents.
type resident struct {
	viewer
	w *ward
	l look
}

// sync waits until what residents are told is of now.
func (r resident) sync() {
	r.t.Helper()
	if err := r.w.house.Journal.Settled(ctx); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.w.house.Screening.FindRound(ctx, r.w.root, r.w.round, ""); err != nil {
		r.t.Fatal(err)
	}
}

// add gives the page a secret as a person types it: in groups as printed, in small letters.
func (r resident) add(secret, label string, keep bool) {
	r.t.Helper()
	r.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#adding").open = true; document.querySelector("#add").reset()`),
		chromedp.SendKeys(chromedp.ID("secret"), strings.ToLower(secret)), chromedp.SendKeys(chromedp.ID("label"), label))
	if keep {
		r.do(chromedp.Click(chromedp.ID("keep")))
	}
	r.do(chromedp.Click(chromedp.CSS("#add button.main")))
}

// card is what the page shows of the nth person.
func card(n int) string { return fmt.Sprintf(`document.querySelectorAll("#people article")[%d]`, n) }

// sees waits until a card shows a state, in the reader's language alone, legible, within the window.
func (r resident) sees(n int, state screening.MyState) {
	r.t.Helper()
	r.until(card(n) + fmt.Sprintf(`?.dataset.state === %q`, state))
	said, err := chromedp.Run(r.tab, chromedp.Evaluate[string](card(n)+`.innerText`))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, lang := range words.Langs {
		if shown := strings.Contains(said, words.Text(lang, "my.do."+string(state), nil)); shown != (string(lang) == r.l.lang) {
			r.t.Errorf("%s in %s shows %v of the other language: %q", state, r.l, lang, said)
		}
	}
	if wide, err := chromedp.Run(r.tab, chromedp.Evaluate[bool](overflow)); err != nil || wide {
		r.t.Errorf("%s %s is wider than its window: %v", state, r.l, err)
	}
	if small, err := chromedp.Run(r.tab, chromedp.Evaluate[string](tooSmall)); err != nil || small != "" {
		r.t.Errorf("%s %s: %s %v", state, r.l, small, err)
	}
	r.picture("my-"+string(state), r.l)
}

// tooSmall names what a finger misses or an eye does not read.
const tooSmall = `[...document.querySelectorAll("button, summary, input:not([type=radio]):not([type=checkbox]), .call a")].filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 43).map(e => e.tagName + " " + e.textContent.trim() + " is low")
	.concat([...document.querySelectorAll("p, h2, label")].filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.tagName + " " + e.textContent.trim().slice(0, 30) + " is small")).slice(0, 4).join("; ")`

// harmless looks for anybody's identity in the page, its address, its history and what the browser keeps.
func (r resident) harmless(given []registry.GivenSecret, kept string) {
	r.t.Helper()
	for what, js := range map[string]string{"page": `document.documentElement.outerHTML`, "address": `location.href`, "title": `document.title`, "cookies": `document.cookie`, "session": `JSON.stringify(sessionStorage)`} {
		text, err := chromedp.Run(r.tab, chromedp.Evaluate[string](js))
		if err != nil {
			r.t.Fatal(err)
		}
		tidy := func(secret string) string { return strings.ReplaceAll(secret, "-", "") }
		for _, g := range given {
			for _, secret := range []string{g.Secret, tidy(g.Secret), g.Code, g.Person.String(), "李"} {
				if strings.Contains(strings.ToUpper(text), secret) {
					r.t.Errorf("the %s holds %s", what, secret)
				}
			}
		}
	}
	if text, err := chromedp.Run(r.tab, chromedp.Evaluate[string](`JSON.stringify(Object.fromEntries(Object.entries(localStorage).filter(([k, v]) => k !== "breakwater-lang" || v.length !== 2)))`)); err != nil || text != kept {
		r.t.Errorf("the browser keeps %s, not %s: %v", text, kept, err)
	}
}

// TestMyResultInABrowser is a resident's way with a telephone, in both languages: a slip, a secret that opens nothing, each state, a
// child looked after, a lost secret.
func TestMyResultInABrowser(t *testing.T) {
	tab := chromium(t)
	if screens != "" {
		if err := os.MkdirAll(screens, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []look{{"zh", 390, false}, {"en", 390, false}} {
		t.Run(l.lang, func(t *testing.T) {
			w := newWard(t)
			var complaints faults
			complaints.follow(t, tab)
			r := resident{viewer{t: t, tab: tab, site: w.site}, w, l}
			if _, err := w.house.Screening.SetLine(ctx, w.root, screening.SetLine{Area: "220204", Phone: "0432 6666 1234", Place: "文化广场"}); err != nil {
				t.Fatal(err)
			}
			given, err := w.house.Registry.GiveSecrets(ctx, w.root, registry.GiveSecrets{Most: 10})
			if err != nil || len(given) != 3 {
				t.Fatal(given, err)
			}
			r.sync()
			r.do(chromedp.EmulateViewport(l.width, 844), chromedp.Navigate(w.url+"/my"))
			r.until(`document.body?.dataset.ready === "1"`)
			if at, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.documentElement.lang`)); err != nil || at != l.lang {
				r.do(chromedp.Click(chromedp.ID("lang")))
			}
			loaded, err := chromedp.Run(tab, chromedp.Evaluate[int](`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((n, e) => n + e.decodedBodySize, 0)`))
			if err != nil || loaded == 0 || loaded >= 30_000 {
				t.Errorf("a telephone loads %d bytes: %v", loaded, err)
			}
			r.picture("my-empty", l)
			r.slips(given)
			r.walk(given)
			r.cares(given)
			for _, complaint := range complaints.take() {
				if !strings.Contains(complaint, "401") && !strings.Contains(complaint, "410") { // a secret that opens nothing
					t.Error(complaint)
				}
			}
			if n := w.log.broken.Load(); n != 0 {
				t.Errorf("the page broke the policy %d times", n)
			}
		})
	}
}

// slips types a secret wrong, and one that was replaced.
func (r resident) slips(given []registry.GivenSecret) {
	r.t.Helper()
	wrong := []byte(given[0].Secret)
	if wrong[7] = 'A'; wrong[7] == given[0].Secret[7] {
		wrong[7] = 'B'
	}
	r.add(string(wrong), "", false)
	r.until(`!document.querySelector("#mistyped").hidden && !document.querySelector("#people article")`)
	r.picture("my-mistyped", r.l)
	before := given[0].Secret
	again, err := r.w.house.Registry.ChangeSecret(ctx, r.w.root, registry.ChangeSecret{Person: given[0].Person, What: registry.SecretReissued, Checked: "document"})
	if err != nil {
		r.t.Fatal(err)
	}
	given[0].Secret = again.Secret
	r.add(before, "", false)
	r.until(card(0) + `?.querySelector(".trouble").innerText.includes(` + fmt.Sprintf("%q", words.Text(words.Lang(r.l.lang), "my.secret_wrong", nil)) + `)`)
	r.until(card(0) + `.querySelector(".said").innerText === "" && !` + card(0) + `.querySelector(".mine").offsetParent`) // nothing is shown of it, nothing asked
	r.picture("my-wrong", r.l)
	r.do(chromedp.Click(chromedp.CSS("#people article .forget")))
	r.until(`!document.querySelector("#people article")`)
	// a printed link: the secret behind # is gone from the address at once
	r.do(chromedp.Navigate(r.w.url + "/my#" + given[0].Secret))
	r.sees(0, screening.MyNotSampled)
	r.harmless(given, "{}")
}

// walk takes one person through a negative, another through a positive that nobody told.
func (r resident) walk(given []registry.GivenSecret) {
	r.t.Helper()
	who := map[outbreak.PersonID]screening.Standing{}
	for _, p := range r.w.people {
		who[p.ID] = p
	}
	hand := func(tube outbreak.TubeCode, g registry.GivenSecret) {
		r.w.post("/rounds/"+r.w.round.String()+"/tubes", map[string]any{"booth": r.w.booth, "tubes": []any{map[string]any{"tube": tube, "members": []any{map[string]any{"no": g.No}}}}}, nil)
		r.sync()
	}
	says := func(tube outbreak.TubeCode, result string) {
		r.w.clock.Move(time.Second)
		r.w.post("/tubes/"+string(tube)+"/result", map[string]any{"lab": r.w.lab, "result": result}, nil)
		r.sync()
	}
	ask := func() { r.do(chromedp.Click(chromedp.CSS("#people article .again"))) }
	hand("W0000101", given[0])
	ask()
	r.sees(0, screening.MySampled)
	r.w.post("/labs/"+r.w.lab.String()+"/received", map[string]any{"tubes": []any{"W0000101"}}, nil)
	r.sync()
	ask()
	r.sees(0, screening.MyWaiting)
	says("W0000101", "negative")
	ask()
	r.sees(0, screening.MyNegative)
	r.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.told = ""; (async () => { const ask = (tag) => fetch("/my/result", {headers: {Authorization: "Bearer %s", ...(tag ? {"If-None-Match": tag} : {})}, cache: "no-store"});
		const one = await ask(), two = await ask(one.headers.get("ETag")); window.told = one.status + " " + two.status + " " + (await two.text()).length + " " + ((await one.text()).length < 300); })(); 0`, given[0].Secret)))
	r.until(`window.told !== ""`)
	tagged, err := chromedp.Run(r.tab, chromedp.Evaluate[string](`window.told`))
	if err != nil || tagged != "200 304 0 true" {
		r.t.Errorf("asked again it answers %s: %v", tagged, err)
	}

	// the call comes first; after an hour it shows by itself
	r.do(chromedp.Click(chromedp.CSS("#people article .forget")))
	hand("W0000102", given[1])
	r.add(given[1].Secret, "", false)
	r.sees(0, screening.MySampled)
	says("W0000102", "positive")
	r.w.clock.Move(59 * time.Minute)
	ask()
	time.Sleep(300 * time.Millisecond)
	r.sees(0, screening.MySampled)
	r.w.clock.Move(time.Minute)
	ask()
	r.sees(0, screening.MyPositive)
	if call, err := chromedp.Run(r.tab, chromedp.Evaluate[string](`document.querySelector(".call a").getAttribute("href")`)); err != nil || call != "tel:043266661234" {
		r.t.Errorf("it calls %s: %v", call, err)
	}
	r.do(chromedp.Click(chromedp.CSS("#people article .forget")))
	r.until(`!document.querySelector("#people article")`)
}

// codeOf is what is printed on somebody's card for sampling points.
func (r resident) codeOf(g registry.GivenSecret) string {
	r.t.Helper()
	by := r.w.root
	by.Purpose = outbreak.PurposeSampling
	c, err := r.w.house.Registry.GiveCode(ctx, by, g.Person)
	if err != nil {
		r.t.Fatal(err)
	}
	return c.Code
}

// cares looks after a child beside oneself, on a telephone that keeps the child's secret alone.
func (r resident) cares(given []registry.GivenSecret) {
	r.t.Helper()
	label := map[string]string{"zh": "孩子", "en": "Child"}[r.l.lang]
	r.add(given[0].Secret, "", false)
	r.sees(0, screening.MyNegative)
	r.add(given[2].Secret, label, true)
	r.sees(1, screening.MyNotSampled)
	r.picture("my-two", r.l)
	// each shows the own code at a sampling point, the child's on the same telephone
	for n, i := range []int{0, 2} {
		r.do(chromedp.Evaluate[chromedp.Void](card(n) + `.querySelector(".mine").click()`))
		r.until(fmt.Sprintf(`!%s.querySelector(".code").hidden && %s.querySelector(".code .text").textContent.replaceAll("-", "") === %q && %s.querySelector(".code path").getAttribute("d").length > 500`,
			card(n), card(n), r.codeOf(given[i]), card(n)))
	}
	if wide, err := chromedp.Run(r.tab, chromedp.Evaluate[bool](overflow)); err != nil || wide {
		r.t.Errorf("with codes it is wider than its window: %v", err)
	}
	r.picture("my-code", r.l)
	r.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".code .hide").forEach(b => b.click())`))
	kept := func(list string) string {
		text, err := json.Marshal(map[string]string{"breakwater-my": list})
		if err != nil {
			r.t.Fatal(err)
		}
		return string(text)
	}
	only := kept(fmt.Sprintf(`[{"s":%q,"l":%q}]`, strings.ReplaceAll(given[2].Secret, "-", ""), label))
	r.harmless(given, only)
	r.do(chromedp.Navigate(r.w.url + "/my"))
	r.until(`document.body?.dataset.ready === "1" && document.querySelectorAll("#people article").length === 1`)
	if said, err := chromedp.Run(r.tab, chromedp.Evaluate[string](card(0)+`.querySelector(".label").textContent`)); err != nil || said != label {
		r.t.Errorf("after a reload it shows %q: %v", said, err)
	}
	// a self-test that was positive, told to somebody who keeps apart
	r.do(chromedp.Evaluate[chromedp.Void](card(0) + `.querySelector("details.test").open = true`))
	r.do(chromedp.Click(chromedp.CSS(`#people input[value=positive]`)))
	r.picture("my-report", r.l)
	r.do(chromedp.Click(chromedp.CSS(`#people article form button`)))
	r.until(card(0) + `.querySelector(".sent") && !` + card(0) + `.querySelector(".sent").hidden`)
	r.sync()
	r.sees(0, screening.MySelfTest)
	r.do(chromedp.Click(chromedp.CSS("#people article .forget")))
	r.until(`!document.querySelector("#people article") && !localStorage.getItem("breakwater-my")`)
	r.harmless(given, "{}")
}
