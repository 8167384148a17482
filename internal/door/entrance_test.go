package door_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// through sends a request in by an entrance.
func through(h door.House, e *door.Entrance, r *http.Request, do http.HandlerFunc) *httptest.ResponseRecorder {
	return knock(h, door.Chain{Stream: "/people/live"}, r.WithContext(e.Through(r.Context())), do)
}

func narrow() door.Limits {
	return door.Limits{Connections: 10, AtOnce: 1, Streams: 1, Wait: time.Millisecond, Body: 10, PerAddress: door.Rate{PerSecond: 1, Burst: 5}}
}

func TestAnAddressThatAsksTooOftenWaits(t *testing.T) {
	h, clock := house(io.Discard), outbreak.NewHandClock(testkit.Start)
	e := door.NewEntrance("public", narrow(), clock)
	ask := func(from string) *httptest.ResponseRecorder {
		r := get()
		r.RemoteAddr = from
		return through(h, e, r, func(http.ResponseWriter, *http.Request) {})
	}
	for range 5 {
		if w := ask("127.0.0.1:1"); w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
	}
	w := ask("127.0.0.1:2")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "door.too_many") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask("127.0.0.2:1"); w.Code != http.StatusOK {
		t.Errorf("another address waits too: %d", w.Code)
	}
	clock.Move(2 * time.Second)
	if w := ask("127.0.0.1:1"); w.Code != http.StatusOK {
		t.Errorf("it waits for ever: %d", w.Code)
	}
}

func TestAFullEntranceSendsAwayWithASentence(t *testing.T) {
	h := house(io.Discard)
	e := door.NewEntrance("booth", narrow(), outbreak.NewHandClock(testkit.Start))
	busy, end := make(chan struct{}), make(chan struct{})
	done := make(chan int)
	go func() {
		done <- through(h, e, get(), func(http.ResponseWriter, *http.Request) { close(busy); <-end }).Code
	}()
	<-busy
	w := through(h, e, get(), func(http.ResponseWriter, *http.Request) {})
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "door.crowded") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	stream := httptest.NewRequest("GET", "/people/live", nil)
	if w := through(h, e, stream, func(http.ResponseWriter, *http.Request) {}); w.Code != http.StatusOK {
		t.Errorf("streams are counted with the others: %d", w.Code)
	}
	other := door.NewEntrance("staff", narrow(), outbreak.NewHandClock(testkit.Start))
	if w := through(h, other, get(), func(http.ResponseWriter, *http.Request) {}); w.Code != http.StatusOK {
		t.Errorf("one entrance's crowd stands in another: %d", w.Code)
	}
	close(end)
	if code := <-done; code != http.StatusOK {
		t.Error(code)
	}
	if w := through(h, e, get(), func(http.ResponseWriter, *http.Request) { panic("fault") }); w.Code != http.StatusInternalServerError {
		t.Errorf("%d", w.Code)
	}
	if w := through(h, e, get(), func(http.ResponseWriter, *http.Request) {}); w.Code != http.StatusOK {
		t.Errorf("a fault keeps its turn: %d", w.Code)
	}
}

func TestAnEntranceLimitsBodies(t *testing.T) {
	h := house(io.Discard)
	e := door.NewEntrance("public", narrow(), outbreak.NewHandClock(testkit.Start))
	r := httptest.NewRequest("POST", "/people/1", strings.NewReader(strings.Repeat("x", 11)))
	var err error
	through(h, e, r, func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) })
	if err == nil {
		t.Error("more than the entrance takes")
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	if w := through(h, e, get().WithContext(gone), func(http.ResponseWriter, *http.Request) {}); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code) // there is a turn, so nobody waits
	}
}

func TestRequestsInChunksEndTheirConnection(t *testing.T) {
	h := house(io.Discard)
	for chunked, want := range map[bool]string{true: "close", false: ""} {
		r := get()
		if chunked {
			r.TransferEncoding = []string{"chunked"}
		}
		w := httptest.NewRecorder()
		h.Front(http.NotFoundHandler()).ServeHTTP(w, r)
		if got := w.Header().Get("Connection"); got != want || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("chunked %t: %q", chunked, got)
		}
	}
}
