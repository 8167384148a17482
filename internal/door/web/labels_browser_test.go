package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// submit sends a form of the page the browser is on, filled in, and waits for what the answer holds.
func (v viewer) submit(form, fill, holds string) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.before = 1; { const f = document.querySelector(%q); %s; f.requestSubmit ? f.requestSubmit(f.querySelector("button[type=submit]")) : f.submit(); }`, form, fill)))
	for range 100 { // a poll would end with the page that is left
		if there, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](`!window.before && document.readyState === "complete" && !!(`+holds+`)`)); err == nil && there {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	said, _ := chromedp.Run(v.tab, chromedp.Evaluate[string](`document.body.innerText`))
	v.t.Fatalf("the form %s has no answer with %s: %s", form, holds, said)
}

// shot takes a picture of an element as the browser draws it.
func (v viewer) shot(css string) image.Image {
	v.t.Helper()
	raw, err := chromedp.Run(v.tab, chromedp.Screenshot(chromedp.CSS(css)))
	if err != nil {
		v.t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	return picture
}

func decode(t *testing.T, picture image.Image, with gozxing.Reader) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	read, err := with.Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "unread: " + err.Error()
	}
	return read.GetText()
}

// TestLabelsInABrowser makes serials, hands some to a sampling point, prints them and people's codes, and reads what the browser
// drew with another library than the one that made it.
func TestLabelsInABrowser(t *testing.T) {
	tab := chromium(t)
	w := newWard(t)
	var complaints faults
	complaints.follow(t, tab)
	v := viewer{t: t, tab: tab, site: w.site}
	if screens != "" {
		if err := os.MkdirAll(screens, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	v.enter()
	looks := []look{{"en", 1440, false}, {"zh", 390, false}, {"zh", 1440, true}}
	v.see("labels-none", "/labels", look{"zh", 1440, false})
	v.submit(`form[action="/labels/boxes"]`, `f.querySelector("[name=prefix]").value = "ab"; f.querySelector("[name=count]").value = "200"`, `document.querySelector(".notice.good")`)
	boxes, err := w.house.Registry.ListBoxes(ctx, w.root, 10)
	if err != nil || len(boxes) != 2 {
		t.Fatal(boxes, err)
	}
	box := boxes[0]
	v.submit(`form[action="/labels/serials"]`, fmt.Sprintf(`f.querySelector("[name=first]").value = %q; f.querySelector("[name=count]").value = "30"`, box.First), `document.querySelector("[id^=r]")`)
	runs, err := w.house.Screening.ListSerials(ctx, w.root, screening.SerialFilter{Most: 10})
	if err != nil || len(runs) != 1 || runs[0].Booth != w.booth || runs[0].Count != 30 {
		t.Fatal(runs, err)
	}
	for _, l := range looks {
		v.see("labels", "/labels", l)
		v.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
		if wide, err := chromedp.Run(tab, chromedp.Evaluate[bool](overflow)); err != nil || wide {
			t.Errorf("labels, all open, are wider than their window %s: %v", l, err)
		}
		v.picture("labels-open", l)
	}

	// tubes: the first and the second page's last
	v.do(chromedp.EmulateViewport(1600, 900), chromedp.Navigate(w.url+"/labels/print?kind=tube&first="+string(runs[0].First)+"&last="+string(runs[0].Last)+"&format=a4-24&lang=zh"))
	v.picture("labels-tubes", look{"zh", 1600, false})
	if n, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.querySelectorAll("svg.sheet").length`)); err != nil || n != 2 {
		t.Errorf("30 labels are on %d pages: %v", n, err)
	}
	v.do(chromedp.Navigate(w.url + "/labels/print?kind=tube&first=" + string(runs[0].First) + "&last=" + string(runs[0].First) + "&format=roll-50x25"))
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("svg").setAttribute("width", "1200px"); document.querySelector("svg").removeAttribute("height")`))
	if got := decode(t, v.shot("svg.sheet"), oned.NewCode128Reader()); got != string(runs[0].First) {
		t.Errorf("the tube's label says %q, not %s", got, runs[0].First)
	}
	v.picture("labels-roll", look{"en", 1600, false})
	v.do(chromedp.Navigate(w.url + "/labels/print?kind=box&first=" + string(runs[0].First) + "&last=" + string(runs[0].Last) + "&format=roll-100x50&lang=en"))
	v.picture("labels-box", look{"en", 1600, false})
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("svg").setAttribute("width", "1200px"); document.querySelector("svg").removeAttribute("height")`))
	if got := decode(t, v.shot("svg.sheet"), oned.NewCode128Reader()); got != string(runs[0].First) {
		t.Errorf("the box's label says %q, not %s", got, runs[0].First)
	}

	// people
	sampling := w.root
	sampling.Purpose = outbreak.PurposeSampling
	codes, err := w.house.Registry.GiveCodes(ctx, sampling, registry.GiveCodes{Most: 10})
	if err != nil || len(codes) != 3 {
		t.Fatal(codes, err)
	}
	v.see("labels", "/labels", look{"en", 1440, false})
	v.submit(`form[action="/labels/people"]`, `f.noValidate = true; f.querySelector("[name=area]").value = "/220200/220204/"`, `document.querySelector("#fault")`) // no purpose
	v.submit(`form[action="/labels/people"]`, `f.querySelector("[name=area]").value = "/220200/220204/"; f.querySelector("[name=purpose]").value = "sampling"; f.querySelector("[name=format]").value = "a4-8"`, `document.querySelector("svg.sheet")`)
	v.picture("labels-people", look{"en", 1440, false})
	if at, err := chromedp.Run(tab, chromedp.Location()); err != nil || strings.Contains(at, codes[0].Code) || !strings.HasSuffix(at, "/labels/people") {
		t.Errorf("the codes are at %s: %v", at, err)
	}
	text, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	if err != nil || strings.Contains(text, "李") {
		t.Error("a name is on the sheets", err)
	}
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("svg").setAttribute("width", "1500px"); document.querySelector("svg").setAttribute("viewBox", "0 0 105 74"); document.querySelector("svg").removeAttribute("height")`))
	if got := decode(t, v.shot("svg.sheet"), qrcode.NewQRCodeReader()); got != codes[0].Code {
		t.Errorf("the first person's label says %q, not %s", got, codes[0].Code)
	}

	// one person's, on a telephone
	for _, l := range []look{{"zh", 390, false}, {"en", 390, true}} {
		v.see("code-form", "/people/"+codes[0].Person.String()+"/code", l)
		v.submit(`form[action$="/code"]`, `f.querySelector("[name=purpose]").value = "sampling"`, `document.querySelector(".qr-card")`)
		v.picture("code", l)
		if got := decode(t, v.shot(".qr-card svg"), qrcode.NewQRCodeReader()); got != codes[0].Code {
			t.Errorf("the screen says %q, not %s", got, codes[0].Code)
		}
	}
	for _, complaint := range complaints.take() {
		if !strings.Contains(complaint, "403") && !strings.Contains(complaint, "422") && !strings.Contains(complaint, "400") {
			t.Error(complaint)
		}
	}
	if n := w.log.broken.Load(); n != 0 {
		t.Errorf("the pages broke the policy %d times", n)
	}
}
