package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// bell is a journal that moves when it is told to.
type bell struct {
	mu    sync.Mutex
	head  int64
	moved chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.head++
	close(b.moved)
	b.moved = make(chan struct{})
}

func (b *bell) wait(ctx context.Context, after int64) (int64, error) {
	for {
		b.mu.Lock()
		head, moved := b.head, b.moved
		b.mu.Unlock()
		if head > after {
			return head, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-moved:
		}
	}
}

func TestOnePictureForAThousandReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bell{moved: make(chan struct{})}
		h := newHub(b.wait, time.Second, 15*time.Second)
		var drawn atomic.Int64
		draw := func(context.Context) (picture, error) {
			n := drawn.Add(1)
			return picture{head: n, html: []byte(fmt.Sprintf("<p>%d</p>\n<p>end</p>", n))}, nil
		}
		var readers []<-chan []byte
		var leavers []func()
		for range 1000 {
			frames, leave := h.join("page", draw)
			readers, leavers = append(readers, frames), append(leavers, leave)
		}
		synctest.Wait()
		if n := drawn.Load(); n != 1 {
			t.Fatalf("%d pictures for the first look", n)
		}
		for range 50 { // fifty entries in one second are one picture
			b.ring()
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := drawn.Load(); n < 2 || n > 4 {
			t.Errorf("%d pictures of fifty entries in a second", n)
		}
		want := fmt.Sprintf("id: %[1]d\ndata: <p>%[1]d</p>\ndata: <p>end</p>\n\n", drawn.Load())
		for i, frames := range readers { // nobody has read yet: everybody holds the newest alone
			if got := string(<-frames); got != want {
				t.Fatalf("reader %d got %q, want %q", i, got, want)
			}
			select {
			case f := <-frames:
				t.Fatalf("reader %d holds a second picture %q", i, f)
			default:
			}
		}
		before := drawn.Load()
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if n := drawn.Load(); n != before+1 {
			t.Errorf("%d pictures in a quiet quarter of a minute", n-before)
		}
		for _, leave := range leavers {
			leave()
		}
		synctest.Wait()
		b.ring()
		time.Sleep(5 * time.Second)
		if n := drawn.Load(); n != before+1 {
			t.Error("pictures are drawn for nobody")
		}
		h.close()
		if _, open := <-mustJoin(h, draw); open {
			t.Error("a closed hub takes readers")
		}
	})
}

func mustJoin(h *hub, draw func(context.Context) (picture, error)) <-chan []byte {
	frames, _ := h.join("page", draw)
	return frames
}

func TestTwoReachesNeverShareAPicture(t *testing.T) {
	key := func(path string, lang words.Lang, grants ...outbreak.Grant) string {
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		c := &call{by: outbreak.Actor{Grants: grants}, view: &View{Lang: lang}}
		return topicKey(c, at)
	}
	north, south := outbreak.Grant{Role: "command", Area: "/1/"}, outbreak.Grant{Role: "command", Area: "/2/"}
	seen := map[string]string{}
	for what, k := range map[string]string{
		"north":       key("/cases", "en", north),
		"south":       key("/cases", "en", south),
		"both":        key("/cases", "en", north, south),
		"Chinese":     key("/cases", "zh", north),
		"filtered":    key("/cases?state=open", "en", north),
		"other page":  key("/beds", "en", north),
		"other role":  key("/cases", "en", outbreak.Grant{Role: "auditor", Area: "/1/"}),
		"one disease": key("/cases", "en", outbreak.Grant{Role: "command", Area: "/1/", Outbreak: 7}),
	} {
		if with, twice := seen[k]; twice {
			t.Errorf("%s and %s share a picture", what, with)
		}
		seen[k] = what
	}
	if key("/cases?a=1&b=2", "en", north, south) != key("/cases?b=2&a=1", "en", south, north) {
		t.Error("the same reader in another order gets his own picture")
	}
	if strings.Contains(key("/cases", "en", north), "user") {
		t.Error("a picture is kept per user")
	}
}
