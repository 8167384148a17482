package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/testkit"
)

// samplingSite is a house on the machine's own clock, with a round, a roll and a booth: a device's clock is the machine's, too.
type samplingSite struct {
	*site
	outbreak outbreak.OutbreakID
	round    outbreak.RoundID
	booth    outbreak.BoothID
	codes    []registry.PersonalCode
}

func sampling(t *testing.T) *samplingSite {
	t.Helper()
	log := &policyLog{}
	a, err := app.New(ctx, app.Config{Data: testkit.Folder(t, app.Owners()), Addr: "127.0.0.1:0", BoothAddr: "127.0.0.1:0",
		Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}, Log: slog.New(log), Version: "test"})
	if err == nil {
		err = a.Start(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		soon, stop := context.WithTimeout(ctx, 10*time.Second)
		defer stop()
		if err := a.Stop(soon); err != nil {
			t.Error(err)
		}
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &samplingSite{site: &site{TB: t, app: a, house: a.House, url: a.URLOf("booth"), log: log}}
	u, err := s.house.Access.Bootstrap(ctx, "root", password, "")
	must(err)
	s.root = outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	_, err = s.house.Registry.LoadAreas(ctx, s.root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "2201", Name: "长春", TimeZone: "Asia/Shanghai"}}})
	must(err)
	ob, err := s.house.Registry.DeclareOutbreak(ctx, s.root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	must(err)
	var roll []registry.NewPerson
	for i := range 30 {
		roll = append(roll, registry.NewPerson{Area: "2201", Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
	}
	_, err = s.house.Registry.LoadPeople(ctx, s.root, registry.LoadPeople{People: roll})
	must(err)
	_, err = s.house.Registry.IssueBox(ctx, s.root, registry.IssueBox{First: "T000001", Last: "T000099", Area: "2201", Outbreak: ob})
	must(err)
	b, err := s.house.Screening.AddBooth(ctx, s.root, screening.AddBooth{Outbreak: ob, Area: "2201", Name: "东门采样点"})
	must(err)
	r, err := s.house.Screening.OpenRound(ctx, s.root, screening.OpenRound{Outbreak: ob, Name: "第一轮", Areas: []string{"2201"}})
	must(err)
	must(s.house.Registry.LoadCodes(ctx))
	sampling := s.root
	sampling.Purpose = outbreak.PurposeSampling
	s.codes, err = s.house.Registry.GiveCodes(ctx, sampling, registry.GiveCodes{Most: 30})
	must(err)
	s.outbreak, s.booth, s.round = ob, b.ID, r.ID
	return s
}

// sampler drives the sampling point's page as a person with a scanner does.
type sampler struct {
	viewer
	*samplingSite
	serial outbreak.TubeCode // with a check character, in the hands of the sampling point
}

func (p sampler) wait(js string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.tab, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		said, _ := chromedp.Run(p.tab, chromedp.Evaluate[string](`document.body.innerText`))
		p.t.Fatalf("waiting for %s: %v\n%s", js, err, said)
	}
}

// scan types what a scanner types, which ends with Enter.
func (p sampler) scan(text, until string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.ID("scan"), text+"\r"))
	p.wait(until)
}

func (p sampler) count(n int) string {
	return fmt.Sprintf(`document.querySelectorAll("#members li").length === %d && !document.querySelector("#tube").hidden`, n)
}

// fill opens a tube, scans people into it and closes it.
func (p sampler) fill(tube string, codes ...string) {
	p.t.Helper()
	p.scan(tube, p.count(0))
	for i, c := range codes {
		p.scan(c, p.count(i+1))
	}
	p.scan(tube, `document.activeElement.id === "counted"`)
	p.do(chromedp.SendKeys(chromedp.ID("counted"), fmt.Sprint(len(codes))+"\r"))
	p.wait(`document.querySelector("#tube").hidden`)
}

func (p sampler) reload() {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url + "/booth"))
	p.wait(`document.body?.dataset.ready === "1"`)
}

// cable is the way from the browser to the house, which can be cut.
type cable struct {
	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func lay(t *testing.T, house string) (*cable, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := &cable{conns: map[net.Conn]bool{}}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go c.join(near, strings.TrimPrefix(house, "http://"))
		}
	}()
	return c, "http://" + l.Addr().String()
}

func (c *cable) join(near net.Conn, house string) {
	defer near.Close()
	c.mu.Lock()
	cut := c.cut
	c.conns[near] = true
	c.mu.Unlock()
	if cut {
		return
	}
	far, err := net.Dial("tcp", house)
	if err != nil {
		return
	}
	defer far.Close()
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
}

// set cuts the cable, with everything that is under way, or mends it.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for conn := range c.conns {
			_ = conn.Close()
		}
		clear(c.conns)
	}
}

func (p sampler) waits(n int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.body.dataset.waiting === "%d"`, n))
}

func TestASamplingPointWithoutANetwork(t *testing.T) {
	tab := chromium(t)
	p := sampler{samplingSite: sampling(t)}
	wire, url := lay(t, p.url)
	p.url = url
	p.viewer = viewer{t: t, tab: tab, site: p.samplingSite.site}
	var complaints faults
	complaints.follow(t, tab)
	hears := func() {
		t.Helper()
		for _, complaint := range complaints.take() {
			if !strings.Contains(complaint, "net::ERR_") { // the wire was cut, and a connection of then may be tried once more
				t.Error(complaint)
			}
		}
	}
	looks := func(name string) {
		for _, l := range []string{"zh", "en"} {
			p.do(chromedp.EmulateViewport(390, 844), chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-lang="`+l+`"]').click()`))
			time.Sleep(100 * time.Millisecond)
			if wide, err := chromedp.Run(tab, chromedp.Evaluate[bool](overflow)); err != nil || wide {
				t.Errorf("%s %s is wider than its window: %v", name, l, err)
			}
			p.picture("booth-"+name, look{l, 390, false})
		}
	}
	p.serial = p.hands()
	code, err := p.house.Screening.NewDeviceCode(ctx, p.root, screening.NewDeviceCode{Booth: p.booth, Name: "1"})
	if err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(p.url+"/booth?lang=zh"))
	p.wait(`document.body.dataset.ready === "1"`)
	looks("enrol")
	p.do(chromedp.SendKeys(chromedp.ID("code"), strings.ToLower(code.Code)+"\r"))
	p.wait(`!document.querySelector("#work").hidden && document.querySelector("#enrol").hidden`)
	p.wait(`navigator.serviceWorker.controller !== null`)
	p.wait(`caches.open("breakwater-booth").then(c => c.keys()).then(k => k.length >= 8)`)

	wire.set(true)
	ann := p.signsOn(looks)
	p.fill("T000001", p.codes[0].Code, p.codes[1].Code)
	forged := []byte(p.codes[2].Code)
	forged[17] = map[bool]byte{true: '4', false: '0'}[forged[17] == '0']
	forged[16] = map[bool]byte{true: 'Z', false: '0'}[forged[16] == '0']
	p.fill("T000002", string(forged), fmt.Sprint(p.codes[3].No))
	p.waits(2)
	p.scan("T000003", p.count(0))
	p.scan(p.codes[4].Code, p.count(1))
	p.do(chromedp.Click(chromedp.ID("child")))
	p.wait(`document.querySelector("#child").getAttribute("aria-pressed") === "true"`)
	p.do(chromedp.Click(chromedp.ID("walk-in")), chromedp.SendKeys(chromedp.ID("walk-in-name"), "Zhang San\r"))
	p.wait(p.count(2))
	looks("tube")
	p.reload() // without a network, with a tube open
	p.wait(p.count(2))
	p.waits(3)
	p.scan("T000003", `document.activeElement.id === "counted"`)
	p.do(chromedp.SendKeys(chromedp.ID("counted"), "2\r"))
	p.wait(`document.querySelector("#tube").hidden`)
	p.reload()
	p.waits(4)
	looks("offline")
	if list, err := p.house.Screening.ListTubes(ctx, p.root, p.round, 0, 10); err != nil || len(list) != 0 {
		t.Fatal("tubes came in without a network:", list, err)
	}
	hears()

	wire.set(false)
	p.reload()
	p.waits(0)
	looks("sent")
	if err := p.house.Journal.Settled(ctx); err != nil {
		t.Fatal(err)
	}
	if list, err := p.house.Screening.ListSamplers(ctx, p.root, 0, 9); err != nil || len(list) != 1 || list[0].ID != ann || list[0].LastAtID != p.booth {
		t.Errorf("who signed on without a network: %+v %v", list, err)
	}
	p.compare()
	p.adds(looks)
	p.films()
	hears()
	wire.set(true)
	p.warns(looks)
	hears()
	wire.set(false)
	p.reload()
	p.waits(0)
	hears()
	if n := p.log.broken.Load(); n != 0 {
		t.Errorf("the page broke the policy %d times", n)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("details").open = true`), chromedp.Click(chromedp.ID("sign-out")))
	for range 100 { // a poll would end with the page that is left
		if gone, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.body?.dataset.ready === "1" && document.querySelector("#work").hidden`)); err == nil && gone {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	devices, err := p.house.Screening.ListDevices(ctx, p.root, p.booth, 10)
	if err != nil || len(devices) != 1 || devices[0].Ended != screening.Left {
		t.Errorf("after signing out: %+v %v", devices, err)
	}
}

// signsOn lets a sampler sign on without a network: with a wrong PIN, then by number and PIN, off, and by the badge.
func (p sampler) signsOn(looks func(string)) int64 {
	p.t.Helper()
	x, err := p.house.Screening.AddSampler(ctx, p.root, screening.AddSampler{Outbreak: p.outbreak, Area: "2201", Name: "Ann"})
	if err != nil {
		p.t.Fatal(err)
	}
	badge, err := p.house.Screening.ShowBadge(ctx, p.root, screening.ShowBadge{Sampler: x.ID})
	if err != nil {
		p.t.Fatal(err)
	}
	pin := func(digits string) {
		p.do(chromedp.Click(chromedp.ID("duty-do")), chromedp.SendKeys(chromedp.ID("badge-no"), fmt.Sprint(badge.No)))
		looks("sign-on")
		p.do(chromedp.SendKeys(chromedp.ID("badge-pin"), digits+"\r"))
	}
	on, off := `document.querySelector("#duty").classList.contains("good")`, `document.querySelector("#duty").classList.contains("soon")`
	wrong := []byte(badge.Pin)
	wrong[5] = '0' + ('9'-wrong[5])%10
	if wrong[5] == badge.Pin[5] {
		wrong[5]++
	}
	pin(string(wrong))
	p.wait(`document.querySelector("#said").className === "notice late"`)
	p.wait(off)
	pin(badge.Pin)
	p.wait(on)
	p.do(chromedp.Click(chromedp.ID("duty-do")), chromedp.Click(chromedp.ID("sign-off")))
	p.wait(off)
	p.scan(badge.Code, on)
	p.reload()
	p.wait(on)
	looks("signed-on")
	return x.ID
}

// hands gives the sampling point two runs of serials, the second with check characters.
func (p sampler) hands() (checked outbreak.TubeCode) {
	p.t.Helper()
	box, err := p.house.Registry.MakeBox(ctx, p.root, registry.MakeBox{Prefix: "QA", Count: 10, Area: "2201"})
	if err == nil {
		_, err = p.house.Screening.IssueSerials(ctx, p.root, screening.IssueSerials{Booth: p.booth, First: box.First, Last: box.Last})
	}
	if err == nil {
		_, err = p.house.Screening.IssueSerials(ctx, p.root, screening.IssueSerials{Booth: p.booth, First: "T000001", Last: "T000050"})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return box.First
}

// warns scans tubes that are odd, without a network: one that was closed here before and after a reload, one of another point, one
// that was misread, and one that is not.
func (p sampler) warns(looks func(name string)) {
	p.t.Helper()
	misread := []byte(p.serial)
	misread[len(misread)-1] = map[bool]byte{true: 'B', false: 'A'}[misread[len(misread)-1] == 'A']
	p.reload()
	for _, x := range []struct{ tube, says, as string }{
		{"T000001", "T000001 在本机用过", "soon"},
		{"T000090", "T000090 不在发给本采样点的号段内", "soon"},
		{string(misread), string(misread) + " 的校验位不符", "soon"},
		{string(p.serial), string(p.serial), "good"},
	} {
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-lang="zh"]').click()`))
		p.scan(x.tube, p.count(0))
		p.wait(fmt.Sprintf(`document.querySelector("#said").className === "notice %s" && document.querySelector("#said").textContent.includes(%q)`, x.as, x.says))
		if x.tube == "T000090" {
			looks("warned")
		}
		p.scan(x.tube, `document.activeElement.id === "counted"`)
		p.do(chromedp.SendKeys(chromedp.ID("counted"), "1\r"))
		p.wait(`document.querySelector("#tube").hidden`)
	}
}

// compare looks whether the house has what was scanned, once.
func (p sampler) compare() {
	p.t.Helper()
	list, err := p.house.Screening.ListTubes(ctx, p.root, p.round, 0, 10)
	if err != nil || len(list) != 3 {
		p.t.Fatalf("the house has %d tubes: %v", len(list), err)
	}
	var nos [][]int64
	for i, tube := range list {
		nos = append(nos, nil)
		for _, m := range tube.Members {
			nos[i] = append(nos[i], m.No)
		}
		if tube.Ops != 1 {
			p.t.Errorf("%s came in %d times", tube.Code, tube.Ops)
		}
	}
	want := fmt.Sprint([][]int64{{p.codes[0].No, p.codes[1].No}, {p.codes[2].No, p.codes[3].No}, {p.codes[4].No, registry.DeviceNo(registry.FirstDevice, 0)}})
	if got := fmt.Sprint(nos); got != want {
		p.t.Errorf("the house has %s, scanned was %s", got, want)
	}
	if f := list[1].Members[0].Flags; f&screening.Unproven == 0 {
		p.t.Error("a code without its proof is not marked")
	}
	if f := list[2].Members[0].Flags; f&screening.Child == 0 {
		p.t.Error("the child is not marked")
	}
	anomalies, err := p.house.Screening.ListAnomalies(ctx, p.root, "", false, 0, 10)
	if err != nil || len(anomalies) != 1 || anomalies[0].What != screening.CodeUnproven {
		p.t.Errorf("anomalies: %+v %v", anomalies, err)
	}
	people, err := p.house.Screening.ListWalkIns(ctx, p.root, p.round, 0, 10)
	if err != nil || len(people) != 1 {
		p.t.Errorf("walk-ins: %+v %v", people, err)
	}
}

// adds puts somebody who was forgotten into a tube that is closed, and people into a tube that was handed in on paper: the house has
// them beside those who were there.
func (p sampler) adds(looks func(name string)) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#recent-list li:last-child button").click()`)) // the first tube that was closed
	p.wait(`document.querySelector("#add").open && document.querySelector("#add-tube").readOnly`)
	p.do(chromedp.SendKeys(chromedp.ID("add-more"), p.codes[0].Code+"\r"), chromedp.Click(chromedp.CSS("#add-form button[type=submit]")))
	p.wait(`!document.querySelector("#add-fault").hidden`) // is in it already
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#add-more").value = ""`), chromedp.SendKeys(chromedp.ID("add-more"), p.codes[5].Code+"\r"+fmt.Sprint(p.codes[6].No)+"\r"))
	looks("add")
	p.do(chromedp.Click(chromedp.CSS("#add-form button[type=submit]")))
	p.wait(`!document.querySelector("#add").open`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("details").open = true`), chromedp.Click(chromedp.ID("add-later")),
		chromedp.SendKeys(chromedp.ID("add-tube"), "T000050\r"))
	p.wait(`document.activeElement.id === "add-more"`)
	p.do(chromedp.SendKeys(chromedp.ID("add-more"), p.codes[7].Code+"\r"), chromedp.Click(chromedp.CSS("#add-form button[type=submit]")))
	p.wait(`!document.querySelector("#add").open`)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) { // the page's own count may be of before
		if _, _, err := p.house.Screening.FindTube(ctx, p.root, "T000050"); err == nil {
			break
		}
	}
	p.waits(0)
	if err := p.house.Journal.Settled(ctx); err != nil {
		p.t.Fatal(err)
	}
	for code, want := range map[outbreak.TubeCode][]int64{"T000001": {p.codes[0].No, p.codes[1].No, p.codes[5].No, p.codes[6].No}, "T000050": {p.codes[7].No}} {
		tube, _, err := p.house.Screening.FindTube(ctx, p.root, code)
		if err != nil {
			p.t.Fatal(code, err)
		}
		var nos []int64
		for _, m := range tube.Members {
			nos = append(nos, m.No)
		}
		if fmt.Sprint(nos) != fmt.Sprint(want) {
			p.t.Errorf("%s holds %v, not %v", code, nos, want)
		}
	}
	if anomalies, err := p.house.Screening.ListAnomalies(ctx, p.root, "", false, 0, 10); err != nil || len(anomalies) != 1 {
		p.t.Errorf("adding people is odd: %+v %v", anomalies, err)
	}
}

// films scans with a camera that the test holds: the browser here reads no codes itself, so that what it would read is given to it.
// Without it the page offers no camera. A tube that stays in the picture is not scanned twice.
func (p sampler) films() {
	p.t.Helper()
	p.wait(`document.querySelector("#camera").hidden === !("BarcodeDetector" in globalThis)`)
	if allowed, err := chromedp.Run(p.tab, chromedp.Evaluate[bool](`document.featurePolicy ? document.featurePolicy.allowsFeature("camera") && !document.featurePolicy.allowsFeature("microphone") : true`)); err != nil || !allowed {
		p.t.Errorf("the page may not use the camera, or may listen: %v", err)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`window.inView = []; window.stopped = 0;
		window.BarcodeDetector = class { detect() { return Promise.resolve(window.inView.map(rawValue => ({rawValue}))); } };
		navigator.mediaDevices.getUserMedia = async () => { const c = document.createElement("canvas"); c.getContext("2d").fillRect(0, 0, 9, 9); const s = c.captureStream(5); const t = s.getVideoTracks()[0], stop = t.stop.bind(t); t.stop = () => { window.stopped++; stop(); }; return s; };
		document.querySelector('[data-lang="en"]').click()`))
	p.wait(`!document.querySelector("#camera").hidden && document.querySelector("#video").hidden`)
	p.do(chromedp.Click(chromedp.ID("camera")))
	p.wait(`!document.querySelector("#video").hidden && document.querySelector("#camera").getAttribute("aria-pressed") === "true"`)
	p.do(chromedp.Evaluate[chromedp.Void](`window.inView = ["T000060"]`))
	p.wait(p.count(0))
	p.do(chromedp.Evaluate[chromedp.Void](`window.inView = ["T000060", "` + p.codes[8].Code + `"]`))
	p.wait(p.count(1))
	time.Sleep(600 * time.Millisecond)
	p.wait(p.count(1) + ` && document.activeElement.id !== "counted"`)
	p.scan(p.codes[9].Code, p.count(2)) // the scanner works beside it
	p.do(chromedp.Evaluate[chromedp.Void](`window.inView = []`), chromedp.Click(chromedp.ID("camera")))
	p.wait(`document.querySelector("#video").hidden && window.stopped === 1`)
	p.scan("T000060", `document.activeElement.id === "counted"`)
	p.do(chromedp.SendKeys(chromedp.ID("counted"), "2\r"))
	p.wait(`document.querySelector("#tube").hidden`)
	p.waits(0)
}
