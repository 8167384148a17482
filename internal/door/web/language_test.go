package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheLanguageFollowsTheAccount(t *testing.T) {
	s := open(t)
	in := func(door string) *browser {
		t.Helper()
		b := s.browser("en")
		b.get("/login?lang=" + door)
		if a := b.get("/login"); a.Header.Get("Content-Language") != map[string]string{"en": "en", "zh": "zh-CN"}[door] {
			t.Errorf("at the door, asking for %s: %s", door, a.Header.Get("Content-Language"))
		}
		if a := b.post("/login", "login", "root", "password", password); a.StatusCode != http.StatusSeeOther {
			t.Fatal(a.StatusCode, a.body)
		}
		return b
	}
	one := in("zh")
	if a := one.post("/account/language", "lang", "en", "key", "k"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/account") {
		t.Fatal(a.StatusCode, a.body)
	}
	other := in("zh")
	for _, b := range []*browser{one, other} {
		if a := b.get("/account"); a.Header.Get("Content-Language") != "en" {
			t.Error("the account's language does not follow:", a.Header.Get("Content-Language"))
		}
	}
	other.get("/account?lang=zh")
	if a := other.get("/account"); a.Header.Get("Content-Language") != "zh-CN" {
		t.Error("this browser was told otherwise:", a.Header.Get("Content-Language"))
	}
	if a := one.get("/account"); a.Header.Get("Content-Language") != "en" {
		t.Error("another browser follows it")
	}
}
