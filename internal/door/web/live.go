package web

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"time"
)

// picture is one rendering of a live page: what changes on it, and the journal's head it was read at.
type picture struct {
	head int64
	html []byte
}

// frame writes the picture as an unnamed server-sent event.
func (p picture) frame() []byte {
	var b bytes.Buffer
	b.WriteString("id: " + strconv.FormatInt(p.head, 10) + "\n")
	for line := range bytes.Lines(p.html) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// hub makes one picture per live page, language and reach, however many people look at it, and hands the same bytes to all
// of them. A slow reader holds one picture at most: the newest replaces the one he has not taken.
type hub struct {
	wait  func(ctx context.Context, after int64) (int64, error) // returns when the journal has moved
	gap   time.Duration                                         // at least this long between two pictures of one page
	stale time.Duration                                         // at most this long: ages on a page grow without any entry

	mu     sync.Mutex
	topics map[string]*topic
	moved  chan struct{} // closed when the journal moves
	stop   context.CancelFunc
	closed bool
	done   chan struct{}
}

// topic is one live page being watched.
type topic struct {
	readers map[chan []byte]struct{}
	last    []byte
	stop    context.CancelFunc
}

func newHub(wait func(context.Context, int64) (int64, error), gap, stale time.Duration) *hub {
	return &hub{wait: wait, gap: gap, stale: stale, topics: map[string]*topic{}, moved: make(chan struct{}), done: make(chan struct{})}
}

// join adds a reader to the page named by key; draw makes its pictures when this reader is the first. leave must be called.
func (h *hub) join(key string, draw func(context.Context) (picture, error)) (frames <-chan []byte, leave func()) {
	ch := make(chan []byte, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch, func() {}
	}
	t := h.topics[key]
	if t == nil {
		ctx, stop := context.WithCancel(context.Background())
		t = &topic{readers: map[chan []byte]struct{}{}, stop: stop}
		h.topics[key] = t
		if len(h.topics) == 1 {
			var watching context.Context
			watching, h.stop = context.WithCancel(context.Background())
			go h.watch(watching)
		}
		go h.work(ctx, t, draw)
	}
	t.readers[ch] = struct{}{}
	if t.last != nil {
		ch <- t.last
	}
	return ch, func() { h.leave(key, t, ch) }
}

func (h *hub) leave(key string, t *topic, ch chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(t.readers, ch)
	if len(t.readers) > 0 || h.topics[key] != t {
		return
	}
	t.stop()
	delete(h.topics, key)
	if len(h.topics) == 0 {
		h.stop()
	}
}

// watch tells every topic that the journal has moved, until nobody watches any more.
func (h *hub) watch(ctx context.Context) {
	var head int64
	for {
		at, err := h.wait(ctx, head)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the database is away for a moment; the pictures say how old they are
			at = head
			if !pause(ctx, h.gap) {
				return
			}
		}
		head = at
		h.mu.Lock()
		close(h.moved)
		h.moved = make(chan struct{})
		h.mu.Unlock()
		if !pause(ctx, h.gap/4) {
			return
		}
	}
}

// work draws the pictures of one topic until its last reader leaves.
func (h *hub) work(ctx context.Context, t *topic, draw func(context.Context) (picture, error)) {
	for {
		h.mu.Lock()
		moved := h.moved
		h.mu.Unlock()
		p, err := draw(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			h.hand(t, p.frame())
		}
		if !pause(ctx, h.gap) {
			return
		}
		wait := time.NewTimer(h.stale - h.gap)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-moved:
			wait.Stop()
		case <-wait.C:
		}
	}
}

// hand gives every reader the newest picture and takes back one he has not read.
func (h *hub) hand(t *topic, frame []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.last = frame
	for ch := range t.readers {
		select {
		case <-ch:
		default:
		}
		ch <- frame
	}
}

// close ends every stream: a server that shuts down would wait for them otherwise.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.done)
	for _, t := range h.topics {
		t.stop()
	}
	if len(h.topics) > 0 {
		h.stop()
	}
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
