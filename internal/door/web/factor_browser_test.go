package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestSecondFactorInABrowser sets a telephone up and signs in with it, as somebody does who was told nothing.
func TestSecondFactorInABrowser(t *testing.T) {
	tab := chromium(t)
	s, wall := strict(t)
	var f faults
	telephone := ""
	f.follow(t, tab)
	v := viewer{t: t, tab: tab, site: s}
	for _, l := range []look{{"en", 1440, false}, {"zh", 390, false}} {
		v.do(chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(s.url+"/login?lang="+l.lang))
		v.do(chromedp.SendKeys(chromedp.ID("login"), "root"), chromedp.SendKeys(chromedp.ID("password"), password+"\r"))
		if l.lang == "en" {
			v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/begin"]`)))
			v.picture("enrol-begin", l)
			v.do(chromedp.Click(chromedp.CSS(`form[action="/account/factor/begin"] button`)), chromedp.WaitReady(chromedp.CSS("img.qr")))
			v.until(`document.querySelector("img.qr").naturalWidth > 100`)
			v.picture("enrol-scan", l)
			secret, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector(".secret").textContent`))
			if err != nil {
				t.Fatal(err)
			}
			telephone = typedSecret.FindString(secret)
			v.do(chromedp.SendKeys(chromedp.ID("code"), codeOf(t, telephone, wall.Now())+"\r"), chromedp.WaitReady(chromedp.CSS(".codes li:nth-child(10)")))
			v.fits("enrol-codes", l)
			wall.Move(time.Minute)
			v.do(chromedp.Navigate(s.url+"/account/factor"), chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/codes"]`)))
			v.fits("enrol-kept", l)
			v.do(chromedp.Click(chromedp.CSS(`form[action="/logout"] button`)), chromedp.WaitReady(chromedp.ID("login")))
			continue
		}
		v.do(chromedp.WaitReady(chromedp.CSS(`form[action="/login/factor"]`)))
		v.fits("factor", l)
		v.do(chromedp.SendKeys(chromedp.ID("code"), codeOf(t, telephone, wall.Now())+"\r"), chromedp.WaitReady(chromedp.CSS("#list")))
		v.do(chromedp.Navigate(s.url+"/account/factor"), chromedp.WaitReady(chromedp.CSS(`form[action="/account/factor/codes"]`)))
		v.fits("enrol-kept", l)
	}
	if list := f.take(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
}

// fits looks whether the page is as wide as its window, and takes its picture.
func (v viewer) fits(name string, l look) {
	v.t.Helper()
	wide, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](overflow))
	if err != nil {
		v.t.Fatal(err)
	}
	if wide {
		v.t.Errorf("%s %s is wider than its window", name, l)
	}
	v.picture(name, l)
}
