package my

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"breakwater/internal/response/screening"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestThePageIsSmall counts what a telephone loads before it asks: page, style and script, as they are.
func TestThePageIsSmall(t *testing.T) {
	s, err := loadShell()
	if err != nil {
		t.Fatal(err)
	}
	total := len(s.html)
	for _, f := range s.files {
		total += len(f.body)
	}
	t.Logf("%d bytes: page %d, style %d, script %d", total, len(s.html), len(s.files["my.css"].body), len(s.files["my.js"].body))
	if total >= 30_000 {
		t.Errorf("the page of residents is %d bytes", total)
	}
}

// TestThePageKeepsThePolicy looks for what the content security policy forbids, and for anything from elsewhere.
func TestThePageKeepsThePolicy(t *testing.T) {
	s, err := loadShell()
	if err != nil {
		t.Fatal(err)
	}
	for what, re := range map[string]string{"a style": `<style|\sstyle=`, "an inline script": `<script(>|[^>]*>[^<\s])`, "an event attribute": `\son[a-z]+=`, "a foreign address": `(src|href|action)="(https?:)?//`} {
		if found := regexp.MustCompile(re).FindString(string(s.html)); found != "" {
			t.Errorf("the page holds %s: %q", what, found)
		}
	}
	for _, word := range []string{"location.search", "innerHTML", "eval(", "document.cookie", "sessionStorage", "?secret"} {
		if strings.Contains(string(s.files["my.js"].body), word) {
			t.Errorf("the script uses %s", word)
		}
	}
}

// TestEveryStateHasItsWords makes sure that whatever the house can answer is said on the page.
func TestEveryStateHasItsWords(t *testing.T) {
	s, err := loadShell()
	if err != nil {
		t.Fatal(err)
	}
	if len(states) != len(screening.MyStates) {
		t.Errorf("%d states are said, there are %d", len(states), len(screening.MyStates))
	}
	for _, state := range screening.MyStates {
		if !strings.Contains(string(s.html), `<template id="s-`+string(state)+`">`) {
			t.Errorf("the page says nothing of %s", state)
		}
	}
	// Whoever has to stay is not called positive, and nobody is told of a pool's result.
	for _, state := range []screening.MyState{screening.MyStay, screening.MyOwed} {
		says := regexp.MustCompile(`(?s)<template id="s-` + string(state) + `">.*?</template>`).FindString(string(s.html))
		for _, word := range []string{"positive", "阳性", "infected", "感染"} {
			if strings.Contains(says, word) {
				t.Errorf("somebody in %s reads %q", state, word)
			}
		}
	}
}

// TestTheLongestAnswerIsShort fills every field to its limit, with what a round may be called.
func TestTheLongestAnswerIsShort(t *testing.T) {
	for _, name := range []string{strings.Repeat("第一轮", 60), strings.Repeat("\"\\\n\x00", 60), strings.Repeat("😀", 60), "Round \xff\xfe 1"} {
		for _, state := range screening.MyStates {
			m := screening.Mine{State: state, At: testkit.Start, Round: name, Negative: testkit.Start, Phone: strings.Repeat("1", 20), Place: strings.Repeat("广", 20), Next: testkit.Start}
			b := append(appendTime(append(appendMine(nil, m), `,"next":"`...), m.Next), `"}`...)
			if len(b) >= 300 || !json.Valid(b) {
				t.Errorf("%d bytes: %s", len(b), b)
			}
		}
	}
	if a, b := tagOf(appendMine(nil, screening.Mine{State: "stay", Next: 1})), tagOf(appendMine(nil, screening.Mine{State: "stay", Next: 2})); a != b {
		t.Error("when to ask again changes the tag")
	}
}

func TestTheShellIsServedOnceAndKept(t *testing.T) {
	s, err := loadShell()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, tag string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", tag)
		s.page(w, r)
		return w
	}
	first := get("/my", "")
	if first.Code != 200 || first.Body.Len() == 0 {
		t.Fatal(first.Code)
	}
	if again := get("/my", first.Header().Get("Etag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("%d", again.Code)
	}
	for _, name := range []string{"my.css", "my.js"} {
		if !strings.Contains(first.Body.String(), "/my/"+name+"?v=") {
			t.Errorf("the page does not load %s", name)
		}
	}
}

func FuzzAppendName(f *testing.F) {
	f.Add("Round 1 第一轮")
	f.Fuzz(func(t *testing.T, name string) {
		b := fmt.Appendf(nil, `{"round":"%s"}`, appendName(nil, name))
		if !json.Valid(b) || len(b) > mostRound+12 {
			t.Errorf("%q gives %s", name, b)
		}
	})
}
