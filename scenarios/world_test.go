package scenarios

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
)

// secretWord is the password of everybody in every story.
const secretWord = "the harbour stays open"

// world is a running house and what a story knows of it.
type world struct {
	ctx     context.Context
	app     *app.App
	clock   *outbreak.HandClock
	folder  string            // of the stories
	vars    map[string]string // kept values, by name
	files   map[string][]byte // bodies at the end of the story
	tokens  map[string]string // by user
	cookies map[string]string // sessions, by user
	client  *http.Client
}

// begin starts a house with its first administrator, admin, and listens.
func begin(ctx context.Context, c app.Config, folder string) (*world, error) {
	w := &world{ctx: ctx, clock: outbreak.NewHandClock(testkit.Start), folder: folder, vars: map[string]string{}, tokens: map[string]string{}, cookies: map[string]string{}}
	w.client = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.Clock, c.Wall, c.Log, c.Cost, c.Addr = w.clock, w.clock, testkit.Quiet(), access.Cost{Time: 1, Memory: 64, Threads: 1}, "127.0.0.1:0"
	a, err := app.New(ctx, c)
	if err != nil {
		return nil, err
	}
	w.app = a
	if err := a.Start(ctx); err != nil {
		return nil, err
	}
	u, err := a.House.Access.Bootstrap(ctx, "admin", secretWord, "")
	if err != nil {
		return nil, err
	}
	return w, w.giveToken("admin", u, 300*24*time.Hour)
}

func (w *world) end() error {
	w.client.CloseIdleConnections()
	return w.app.Stop(context.WithoutCancel(w.ctx))
}

// giveToken makes the token a user's program works with, as the command line does.
func (w *world) giveToken(name string, u access.User, lasts time.Duration) error {
	by := outbreak.Actor{User: u.ID}
	for _, g := range u.Grants {
		by.Grants = append(by.Grants, outbreak.Grant{Role: string(g.Role), Area: g.Area, Outbreak: g.Outbreak})
	}
	secret, _, err := w.app.House.Access.MakeToken(w.ctx, by, access.NewToken{Name: name, Until: w.clock.Now().Add(lasts)}, "")
	w.tokens[name] = secret
	return err
}

// settle lets everything follow that still has to, holds that ran out among it.
func (w *world) settle() error {
	root := outbreak.SystemActor("story")
	for range 2 {
		if err := w.app.House.Screening.Tick(w.ctx); err != nil {
			return err
		}
		if err := w.app.House.Journal.Settled(w.ctx); err != nil {
			return err
		}
		rounds, err := w.app.House.Screening.ListRounds(w.ctx, root)
		if err != nil {
			return err
		}
		for _, r := range rounds {
			if _, err := w.app.House.Screening.FindRound(w.ctx, root, r.ID, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// sound tells what does not agree in a house that has nothing left to follow.
func (w *world) sound() (faults []string, err error) {
	if err := w.settle(); err != nil {
		return nil, err
	}
	err = w.app.House.DB.Read(w.ctx, func(tx *store.Tx) error {
		n, err := board.Differences(tx)
		if err != nil {
			return err
		}
		if n != 0 {
			faults = append(faults, fmt.Sprintf("the kept board differs from a rebuilt one in %d rows", n))
		}
		for _, c := range board.Checks {
			n, err := c.Count(tx)
			if err != nil {
				return err
			}
			if n != 0 {
				faults = append(faults, fmt.Sprintf("%s: %d things do not agree", c.Name, n))
			}
		}
		parked, err := journal.ListParked(tx)
		if len(parked) != 0 {
			faults = append(faults, fmt.Sprintf("entries were put aside: %v", parked))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := journal.Verify(w.ctx, w.app.House.DB)
	for _, f := range v.Findings {
		faults = append(faults, fmt.Sprintf("journal: %v", f))
	}
	return faults, err
}

// request is one question to the house.
type request struct {
	method, path string
	body         []byte
	header       map[string]string
}

func (w *world) ask(q request) (answer, error) {
	r, err := http.NewRequestWithContext(w.ctx, q.method, w.app.URL()+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, err
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	res, err := w.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, header: res.Header, body: text}, err
}

// signIn starts a session on the pages.
func (w *world) signIn(name string) error {
	form := url.Values{"login": {name}, "password": {secretWord}}.Encode()
	a, err := w.ask(request{method: http.MethodPost, path: "/login", body: []byte(form), header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
	if err != nil {
		return err
	}
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != http.StatusSeeOther || cookie == "" {
		return fmt.Errorf("signing in as %s: %s", name, a)
	}
	w.cookies[name] = cookie
	return nil
}
