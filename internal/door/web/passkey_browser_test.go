package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"breakwater/internal/store"
	"breakwater/internal/words"
)

// device gives the browser a device that keeps passkeys, as if somebody held one and touched it whenever it asks.
func (v viewer) device() webauthn.AuthenticatorID {
	v.t.Helper()
	if _, err := chromedp.Call(v.tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		v.t.Fatal(err)
	}
	made, err := chromedp.Call(v.tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "usb", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	if err != nil {
		v.t.Fatal(err)
	}
	return made.AuthenticatorID
}

// told runs a command of the browser that has no answer.
func told[P any](v viewer, cmd cdp.Command[P, cdp.Empty], params P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.tab, cmd, params); err != nil {
		v.t.Fatal(err)
	}
}

const faultShown = `!document.querySelector("[data-passkey-fault]").hidden || !!document.querySelector("#fault")`

func (v viewer) says(js string) string {
	v.t.Helper()
	text, err := chromedp.Run(v.tab, chromedp.Evaluate[string](js))
	if err != nil {
		v.t.Fatal(err)
	}
	return text
}

// TestPasskeysInABrowser makes a passkey and signs in with it, in both languages, then with a copy of it and without it.
func TestPasskeysInABrowser(t *testing.T) {
	tab := chromium(t)
	s, _ := strict(t)
	url := strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	v := viewer{t: t, tab: tab, site: s}
	var f faults
	f.follow(t, tab)
	device := v.device()
	const button = `button[data-passkey]:not([hidden])`
	enter := func(l look) {
		t.Helper()
		if err := s.house.Access.SetLanguage(ctx, s.root, words.Lang(l.lang), ""); err != nil {
			t.Fatal(err)
		}
		v.do(chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(url+"/login?lang="+l.lang))
		v.do(chromedp.SendKeys(chromedp.ID("login"), "root"), chromedp.SendKeys(chromedp.ID("password"), password+"\r"))
	}
	leave := func() {
		t.Helper()
		v.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url+"/account/factor"), chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitReady(chromedp.ID("login")))
	}
	quiet := func(what string) {
		t.Helper()
		if list := f.take(); len(list) > 0 {
			t.Errorf("%s: the browser complains: %q", what, list)
		}
	}

	en, zh := look{"en", 1440, false}, look{"zh", 390, false}
	enter(en)
	v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/passkeys/begin"]`)))
	v.fits("passkey-begin", en)
	v.do(chromedp.SendKeys(chromedp.ID("name"), "key on my ring\r"), chromedp.WaitReady(chromedp.CSS(`form[data-passkey-options]`)))
	v.fits("passkey-make", en)
	v.do(chromedp.Click(chromedp.CSS(button)), chromedp.WaitReady(chromedp.CSS(".codes li:nth-child(10)")))
	v.do(chromedp.Navigate(url+"/account/factor"), chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/codes"]`)))
	v.fits("passkey-kept", en)
	v.do(chromedp.Click(chromedp.CSS(`form[action="/account/factor/codes"] `+button)), chromedp.WaitReady(chromedp.CSS(".codes li:nth-child(10)")))
	leave()

	enter(zh)
	v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/login/factor"]`)))
	v.fits("passkey-show", zh)
	v.do(chromedp.Click(chromedp.CSS(button)), chromedp.WaitReady(chromedp.CSS("#list")))
	v.do(chromedp.Navigate(url+"/account/factor"), chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/codes"]`)))
	v.fits("passkey-kept", zh)
	v.do(chromedp.Click(chromedp.CSS(`details summary`)), chromedp.Click(chromedp.CSS(`details[open] `+button)))
	v.until(`!!document.querySelector("#fault")`)
	if said := v.says(`document.querySelector("#fault").textContent`); !strings.Contains(said, "最后一个") {
		t.Errorf("the last second factor of somebody who has to have one: %q", said)
	}
	f.take() // a refused form is told in the console
	leave()

	if err := s.house.DB.Write(ctx, func(tx *store.Tx) error { return tx.Must("update user_passkey set sign_count = 1000") }); err != nil { // as a copy in use elsewhere leaves it
		t.Fatal(err)
	}
	enter(en)
	v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/login/factor"]`)), chromedp.Click(chromedp.CSS(button)))
	v.until(`!!document.querySelector("#fault")`)
	if said := v.says(`document.querySelector("#fault").textContent`); !strings.Contains(said, "counted backwards") {
		t.Errorf("a copy of the passkey: %q", said)
	}
	v.fits("passkey-copied", en)
	told(v, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: device})
	told(v, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: device})
	v.device()
	f.take()
	v.do(chromedp.Click(chromedp.CSS(button)))
	v.until(faultShown)
	v.fits("passkey-none", en)

	v.do(chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(chromedp.ID("login"), "root"), chromedp.SendKeys(chromedp.ID("password"), password+"\r"))
	v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/login/factor"]`)))
	if said := v.says(`document.querySelector("form").textContent`); !strings.Contains(said, "localhost") || v.says(`String(document.querySelectorAll("[data-passkey]").length)`) != "0" {
		t.Errorf("at an IP address: %q", said)
	}
	v.fits("passkey-elsewhere", en)
	quiet("at the end")
}
