package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"breakwater/internal/app"
)

// hotspot tells the test binary inside the other network where the house is: its encrypted and its plain address.
const hotspot = "BREAKWATER_TEST_HOTSPOT"

// TestAPhoneOnTheHotspot stands for a phone in a hall without the Internet: a browser in a network of its own, joined to this
// machine by one cable, installs the authority of the house from its page, signs in over TLS, and is shown the house's own
// page when the cable is pulled. A network of one's own needs the right to make one.
func TestAPhoneOnTheHotspot(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a network and starts a browser")
	}
	for _, tool := range []string{"ip", "chromium", "certutil"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the hotspot was not tried", tool)
		}
	}
	name := "bw" + strings.ToLower(rand.Text()[:6])
	ip := func(args ...string) error {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	if err := ip("netns", "add", name); err != nil {
		t.Skipf("a network cannot be made here (%v): the hotspot was not tried", err)
	}
	t.Cleanup(func() { _ = ip("netns", "del", name) })
	for _, step := range []string{
		"link add " + name + "a type veth peer name " + name + "b", "link set " + name + "b netns " + name,
		"addr add 10.231.7.1/24 dev " + name + "a", "link set " + name + "a up",
		"-n " + name + " addr add 10.231.7.2/24 dev " + name + "b", "-n " + name + " link set " + name + "b up", "-n " + name + " link set lo up",
	} {
		if err := ip(strings.Fields(step)...); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = ip("link", "del", name+"a") })
	s := serving(t, app.Config{Addr: "10.231.7.1:0", TLS: app.TLS{LocalCA: true, PlainAddr: "10.231.7.1:0"}})
	inside := exec.Command("ip", "netns", "exec", name, os.Args[0], "-test.run", "^TestInsideTheHotspot$", "-test.v", "-test.timeout", "3m")
	inside.Env = append(os.Environ(), hotspot+"="+s.URL()+" "+s.URLOf("plain")+" "+name+"b", "HOME="+t.TempDir())
	out, err := inside.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInsideTheHotspot") {
		t.Errorf("inside the hotspot: %v\n%s", err, out)
	}
}

// TestInsideTheHotspot is the phone; it runs in a process of its own, in a network of its own.
func TestInsideTheHotspot(t *testing.T) {
	told := strings.Fields(os.Getenv(hotspot))
	if len(told) != 3 {
		t.Skip("runs inside the network that TestAPhoneOnTheHotspot makes")
	}
	house, plain, cable := told[0], told[1], told[2]
	res, err := http.Get(plain + "/breakwater-authority.crt")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	der, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	home := os.Getenv("HOME")
	tab, faults := phone(t, home)
	if err := chromedp.Do(tab, chromedp.Navigate(house+"/login")); err == nil {
		t.Error("a phone that does not know the authority is not warned")
	}
	_ = faults() // the warning is meant
	install(t, home, der)
	tab, faults = phone(t, home)
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(tab, steps...); err != nil {
			t.Fatal(err)
		}
	}
	until := func(js string) { // a page on its way to another answers nothing, and is asked again
		t.Helper()
		var is bool
		var err error
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if is, err = chromedp.Run(tab, chromedp.Evaluate[bool](js)); is && err == nil {
				return
			}
		}
		t.Fatalf("waiting for %s: %v", js, err)
	}
	do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(house+"/login?lang=en"))
	do(chromedp.SendKeys(chromedp.ID("login"), "root"), chromedp.SendKeys(chromedp.ID("password"), "the harbour stays open\r"))
	until(`document.body.dataset.ready === "1" && !location.pathname.startsWith("/login")`)
	until(`isSecureContext && navigator.serviceWorker.controller !== null`)
	if list := faults(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
	if out, err := exec.Command("ip", "link", "set", cable, "down").CombinedOutput(); err != nil {
		t.Fatalf("pulling the cable: %v: %s", err, out)
	}
	do(chromedp.Navigate(house + "/about"))
	until(`document.querySelector("h1")?.textContent === "连接中断" || document.querySelector("h1")?.textContent === "No connection"`)
	until(`document.styleSheets.length > 0`)
	if out, err := exec.Command("ip", "link", "set", cable, "up").CombinedOutput(); err != nil {
		t.Fatalf("joining the cable: %v: %s", err, out)
	}
	for n := 0; ; n++ {
		if res, err := http.Get(plain + "/"); err == nil {
			_ = res.Body.Close()
			break
		} else if n > 50 {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	do(chromedp.Navigate(house + "/account?lang=en"))
	until(`document.body.dataset.ready === "1" && location.pathname === "/account" && document.querySelector(".rail") !== null`)
}

// phone starts a browser with a home of its own; faults gives what it complained of.
func phone(t *testing.T, home string) (tab context.Context, faults func() []string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	base, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(stop)
	alloc, done := chromedp.NewExecAllocator(base, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Env("HOME="+home))...)
	t.Cleanup(done)
	tab, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	var mu sync.Mutex
	var list []string
	messages := chromedp.Console(tab)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError {
				mu.Lock()
				list = append(list, m.String())
				mu.Unlock()
			}
		}
	}()
	return tab, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// install does what the page of the authority tells a person to do.
func install(t *testing.T, home string, der []byte) {
	t.Helper()
	store := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "authority.crt")
	if err := os.WriteFile(file, der, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-n", "Breakwater", "-t", "C,,", "-i", file}} {
		if out, err := exec.Command("certutil", append([]string{"-d", "sql:" + store}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("installing the authority: %v: %s", err, out)
		}
	}
}
