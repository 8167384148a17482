package drill

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
)

// process is a server in a process of its own.
type process struct {
	line          []string
	url           string // for staff
	booth, public string // addresses for sampling points and for residents
	token         string
	cmd           *exec.Cmd
	said          *tail
	gone          chan struct{} // closed when the process has ended
	mu            sync.Mutex
	pid           int
}

// launch starts the server on a free port of this machine.
func (c RehearseConfig) launch(ctx context.Context, flags ...string) (*process, error) {
	var at [3]string
	for i := range at {
		var err error
		if at[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	line := append(slices.Clone(c.Program), "rehearse", "house", "--addr", at[0], "--booth-addr", at[1], "--public-addr", at[2])
	line = append(line, flags...)
	for flag, value := range map[string]string{"--data": c.Data, "--db": c.DB, "--key": c.Key} {
		if value != "" {
			line = append(line, flag, value)
		}
	}
	p := &process{line: line, url: "http://" + at[0], booth: at[1], public: at[2], token: c.Token}
	return p, p.start(ctx)
}

// freeAddress finds a free port of this machine.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// start starts the program and returns when it answers.
func (p *process) start(ctx context.Context) error {
	if err := p.begin(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asker := NewClient(p.url, p.token)
	asker.Tries = 0
	for {
		err := asker.Get(ctx, "/outbreaks", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-p.gone:
			return fmt.Errorf("the server ended while it was to start: %s", p.said)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w: %s", err, p.said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// begin starts the program.
func (p *process) begin() error {
	p.said, p.gone = &tail{}, make(chan struct{})
	p.cmd = exec.Command(p.line[0], p.line[1:]...)
	p.cmd.Stderr = p.said
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	p.mu.Lock()
	p.pid = p.cmd.Process.Pid
	p.mu.Unlock()
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait()
		close(gone)
	}(p.cmd, p.gone)
	return nil
}

// id is the number of the process that runs.
func (p *process) id() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// kill ends the process at once, as a power cut would end it.
func (p *process) kill() error {
	select {
	case <-p.gone:
		return fmt.Errorf("the server ended by itself: %s", p.said)
	default:
	}
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing the server: %w", err)
	}
	<-p.gone
	return nil
}

// stop ends the process in order.
func (p *process) stop() error {
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
		return nil
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		return errors.New("the server did not stop when it was told to")
	}
}

// tail keeps the last of what a process says.
type tail struct {
	mu  sync.Mutex
	end bytes.Buffer
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end.Write(b)
	if over := t.end.Len() - 4096; over > 0 {
		t.end.Next(over)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.end.String())
}

// admit makes an administrator for the rehearsal, before the server runs, and gives a token of his.
func (c RehearseConfig) admit(ctx context.Context) (token string, err error) {
	err = c.beside(ctx, func(a *app.App) (err error) {
		token, err = administrator(ctx, a)
		return err
	})
	return token, err
}

// senders makes so many more, each with a token of his own: a house counts the requests of each of its users.
func (c RehearseConfig) senders(ctx context.Context, n int) (tokens []string, err error) {
	err = c.beside(ctx, func(a *app.App) error {
		for range n {
			token, err := administrator(ctx, a)
			if err != nil {
				return err
			}
			tokens = append(tokens, token)
		}
		return nil
	})
	return tokens, err
}

// administrator adds one to a house, whether it has users already or not, and gives a token of his.
func administrator(ctx context.Context, a *app.App) (token string, err error) {
	s, console := a.House.Access, outbreak.SystemActor("console")
	login, password := "rehearsal-"+strings.ToLower(rand.Text()[:8]), rand.Text()
	u, err := s.Bootstrap(ctx, login, password, "")
	if outbreak.KindOf(err) == outbreak.Conflict {
		if u, err = s.AddUser(ctx, console, access.NewUser{Login: login, Name: login, Lang: "en", Password: password}, ""); err != nil {
			return "", err
		}
		_, err = s.Grant(ctx, console, u.ID, outbreak.Grant{Role: string(access.Administrator)}, 0, "")
	}
	if err != nil {
		return "", err
	}
	by := outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	token, _, err = s.MakeToken(ctx, by, access.NewToken{Name: "rehearsal", Until: outbreak.WallClock{}.Now().Add(7 * 24 * time.Hour)}, "")
	return token, err
}

// verify looks at the journal's chain beside the running server, and lets go of the database again before it is killed. A database
// server that is still getting up is waited for.
func (c RehearseConfig) verify(ctx context.Context) (v journal.Verification, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err = c.beside(ctx, func(a *app.App) (err error) {
			v, err = journal.Verify(ctx, a.House.DB)
			return err
		})
		if outbreak.KindOf(err) != outbreak.Busy || ctx.Err() != nil {
			return v, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// beside opens the database in this process for a moment.
func (c RehearseConfig) beside(ctx context.Context, do func(*app.App) error) error {
	a, err := app.New(ctx, c.config())
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Stop(context.WithoutCancel(ctx)))
}

// unserved tells whether a rehearsal can open the database of the house itself.
func (c RehearseConfig) unserved() bool { return c.Data == "" && c.DB == "" }
