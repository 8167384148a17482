package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

const (
	heartbeat    = 15 * time.Second // a word on a quiet stream, so that nobody between closes it
	writeWithin  = 10 * time.Second // a browser that takes longer for one picture is gone
	sessionCheck = 5 * time.Second  // how long a stream may outlive its session
)

// stream keeps one open page live: /live?at=/cases?severity=mild. It ends when the reader leaves, the session is over or the
// server stops.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	at, err := url.Parse(r.URL.Query().Get("at"))
	if err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	route, values, ok := match(http.MethodGet, at.Path)
	if !ok || !route.Live {
		http.NotFound(w, r)
		return
	}
	c, err := s.enter(r, route)
	if err != nil {
		w.WriteHeader(map[bool]int{true: http.StatusUnauthorized, false: http.StatusForbidden}[outbreak.KindOf(err) == outbreak.Expired])
		return
	}
	frames, leave := s.live.join(topicKey(c, at), s.drawer(c, route, at, values))
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	s.feed(w, r, c, frames)
}

// feed writes frames until something ends the stream.
func (s *Server) feed(w http.ResponseWriter, r *http.Request, c *call, frames <-chan []byte) {
	out := http.NewResponseController(w)
	write := func(b []byte) bool {
		if out.SetWriteDeadline(s.deadline()) != nil {
			return false
		}
		if _, err := w.Write(b); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	beat, check := time.NewTicker(heartbeat), time.NewTicker(sessionCheck)
	defer beat.Stop()
	defer check.Stop()
	for {
		var frame []byte
		select {
		case <-r.Context().Done():
			return
		case <-s.live.done:
			return
		case f, open := <-frames:
			if !open {
				return
			}
			frame = f
		case <-beat.C:
			frame = []byte(": still here\n\n")
		case <-check.C:
			if over, err := s.sessionOver(r.Context(), c); over && err == nil {
				write([]byte("event: signed-out\ndata: over\n\n"))
				return
			}
			continue
		}
		if !write(frame) {
			return
		}
	}
}

func (s *Server) deadline() time.Time { return outbreak.WallClock{}.Now().Time().Add(writeWithin) }

// sessionOver tells whether the reader's session has ended. It asks for the list of his sessions, which, unlike using one,
// does not keep it alive: a forgotten screen goes dark by itself.
func (s *Server) sessionOver(ctx context.Context, c *call) (bool, error) {
	list, err := s.House.Access.ListSessions(ctx, c.by)
	if outbreak.KindOf(err) == outbreak.Forbidden {
		return true, nil
	}
	return !slices.ContainsFunc(list, func(e access.Session) bool { return e.ID == c.visit.session.ID }), err
}

// topicKey names what two readers must share to be sent the same bytes: the page and its filters, the language, and
// everything that decides what they may see.
func topicKey(c *call, at *url.URL) string {
	var reach []string
	for _, g := range c.by.Grants {
		reach = append(reach, g.Role+"@"+string(g.Area)+"@"+g.Outbreak.String())
	}
	slices.Sort(reach)
	key := []string{at.Path, at.Query().Encode(), string(c.view.Lang), strings.Join(slices.Compact(reach), "|")}
	if c.route.Own {
		key = append(key, c.by.User.String())
	}
	return strings.Join(key, "\x00")
}

// drawer makes the pictures of a page for everybody who shares its key. It keeps nothing of the request it came from.
func (s *Server) drawer(c *call, route Route, at *url.URL, values func(string) string) func(context.Context) (picture, error) {
	by, lang, zone := c.by, c.view.Lang, c.view.Zone
	return func(ctx context.Context) (picture, error) {
		return s.draw(ctx, by, lang, zone, route, at, values)
	}
}

func (s *Server) draw(ctx context.Context, by outbreak.Actor, lang words.Lang, zone *time.Location, route Route, at *url.URL, values func(string) string) (picture, error) {
	c := &call{ctx: ctx, by: by, query: at.Query(), path: values, route: route}
	c.view = &View{Lang: lang, Actor: by, Now: s.House.Clock.Now(), Zone: zone, Path: at.Path, Query: c.query, Title: route.Title,
		Form: url.Values{}, Live: "live"}
	s.furnish(c)
	if err := s.House.DB.Read(ctx, func(tx *store.Tx) (err error) {
		c.view.Head, err = journal.Head(tx)
		return err
	}); err != nil {
		return picture{}, err
	}
	data, err := route.read(s, c)
	if err != nil {
		return picture{}, err
	}
	html, err := s.pages.write(route.Page, "live", page{View: c.view, D: data})
	return picture{head: c.view.Head, html: html}, err
}
