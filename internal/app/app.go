// Package app wires the house: every service, every consumer of the journal, both doors. The whole product can be started
// inside a test.
//
// The order of effects is written in one place, Consumers: who follows the journal, and so what happens after what.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/door/api"
	"breakwater/internal/door/my"
	"breakwater/internal/door/watch"
	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/response/transfer"
	"breakwater/internal/response/worklist"
	"breakwater/internal/store"
	"breakwater/internal/view/board"
	"breakwater/internal/view/exchange"
	"breakwater/internal/view/linelist"
	"breakwater/protocols"
)

// Config says where the house stands.
type Config struct {
	Data         string                 // folder of the embedded database; made when absent
	DB           string                 // postgres://... instead of the embedded database
	Key          string                 // file of the master key; default: Data + ".key", beside the folder
	Addr         string                 // address to listen on; ":0" picks a free port
	BoothAddr    string                 // address for sampling points, with limits of its own; empty: none
	PublicAddr   string                 // address for residents, with limits of its own; empty: none
	Limits       map[string]door.Limits // of an entrance, instead of its own: for rehearsals
	SecondFactor access.FactorRule      // who has to show a second factor; empty: nobody. `serve` asks whoever can open names
	Directory    DirectoryConfig        // the office's own sign-in; zero: none
	TLS          TLS                    // how connections are encrypted; zero: not by the program
	HL7Addr      string                 // address for HL7 messages of laboratories; empty: none
	HL7From      []netip.Prefix         // who may connect to it; none: everybody over TLS, this machine alone without
	WatchAddr    string                 // address for programs that watch over the site; empty: none
	Backups      Backups                // that the site makes by itself
	Protocols    string                 // folder of the site's own rule books; may be empty
	Lists        string                 // folder in which parties' folders are watched for files; empty: none is
	Proxies      []netip.Prefix         // proxies whose word on a visitor's address and encryption is taken
	PlainHTTP    bool                   // unencrypted sign-in beyond this machine, asked for by name
	Clock        outbreak.Clock         // of the outbreak; nil: the machine's
	BareLog      string                 // file that takes what sampling points hand in, which is then kept nowhere else: what a rehearsal measures a house against
	Wall         outbreak.Clock         // of sessions, tokens and lock-out; nil: the machine's
	Cost         access.Cost            // of a password's hash; zero: the default
	Log          *slog.Logger           // nil: nothing is logged
	Version      string
}

// Owners are the rooms with tables, in the order of the layers.
func Owners() []store.Migrations {
	return []store.Migrations{journal.Migrations, access.Migrations, task.Migrations, registry.Migrations,
		screening.Migrations, lab.Migrations, cases.Migrations, placement.Migrations, transfer.Migrations, supplies.Migrations, contacts.Migrations,
		reconcile.Migrations, worklist.Migrations, board.Migrations, linelist.Migrations, exchange.Migrations}
}

// App is the whole product.
type App struct {
	House   door.House
	config  Config
	rules   *protocols.Set
	web     *web.Server
	my      *my.Server
	opened  []*opened // the entrances, that of staff first
	ca      *door.Authority
	files   *door.CertificateFiles // nil: certificates come from elsewhere
	watcher *http.Server
	hl7     net.Listener // nil: not open
	endHL7  context.CancelFunc
	encrypt *tls.Config // of the entrances; nil: not by the program
	stop    context.CancelFunc
	work    sync.WaitGroup
	failed  chan error
	tried   outbreak.Instant // when a backup was last begun
}

// New opens the database, brings its schema up to date and wires every room. Nothing runs yet.
func New(ctx context.Context, c Config) (*App, error) {
	if c.Clock == nil {
		c.Clock = outbreak.WallClock{}
	}
	if c.Wall == nil {
		c.Wall = outbreak.WallClock{}
	}
	c.Backups.complete()
	web.Begin()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	where, err := c.database()
	if err != nil {
		return nil, err
	}
	rules, err := c.rules()
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, where, c.Clock)
	if err != nil {
		return nil, err
	}
	a, err := wire(ctx, c, db, rules)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

// database gives the address of the database and makes the folder of an embedded one.
func (c *Config) database() (string, error) {
	if c.DB != "" {
		if c.Key == "" {
			return "", outbreak.Refuse(outbreak.Invalid, "app.key_missing")
		}
		return c.DB, nil
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return "", fmt.Errorf("making the data folder: %w", err)
	}
	if c.Key == "" {
		c.Key = strings.TrimRight(c.Data, "/\\") + ".key"
	}
	return Embedded(c.Data), nil
}

// Embedded gives where the embedded database of a data folder lies.
func Embedded(data string) string { return filepath.Join(data, "breakwater.db") }

func (c *Config) rules() (*protocols.Set, error) {
	set, err := protocols.Embedded()
	if err != nil || c.Protocols == "" {
		return set, err
	}
	return set.With(os.DirFS(c.Protocols))
}

func wire(ctx context.Context, c Config, db *store.DB, rules *protocols.Set) (*App, error) {
	if err := db.Migrate(ctx, Owners()...); err != nil {
		return nil, err
	}
	vault, err := registry.OpenKeys(ctx, db, c.Key)
	if err != nil {
		return nil, err
	}
	process, err := db.Number(ctx)
	if err != nil {
		return nil, err
	}
	var (
		wall  = c.Wall
		ids   = outbreak.NewIDs(wall)
		tasks *task.Service
		j     = journal.New(db, c.Log, func(tx *store.Tx, consumer string, e outbreak.Entry, cause error) error {
			return tasks.Parked(tx, consumer, e, cause)
		})
	)
	ids.Number(process)
	tasks = task.New(db, j, ids)
	reg := registry.New(db, j, ids, rules, vault)
	if err := keepErased(ctx, c, reg); err != nil {
		return nil, err
	}
	h := door.House{DB: db, Journal: j, Access: access.New(db, j, ids, wall, c.Cost), Registry: reg, Tasks: tasks,
		Lab: lab.New(db, j, ids, reg, tasks), Cases: cases.New(db, j, ids, reg, tasks),
		Placement: placement.New(db, j, ids, reg, tasks),
		Protocols: rules, IDs: ids, Traffic: door.NewTraffic(), Clock: c.Clock, Wall: wall, Log: c.Log, Version: c.Version, PlainHTTP: c.PlainHTTP, Proxies: c.Proxies, OwnAuthority: c.TLS.LocalCA}
	h.Access.Factor, h.Access.Seals = c.SecondFactor, vault
	if c.Directory.Issuer != "" {
		h.Directory = door.NewDirectory(c.Directory.Issuer, c.Directory.Client, c.Directory.Secret, wall)
	}
	h.SetupCode = setupCode()
	h.Screening = screening.New(db, j, ids, reg, tasks, h.Lab)
	h.Screening.Enrols(h.Access, wall)
	h.Screening.Runs(c.Version)
	h.Board = board.New(db, h.Screening.Coverage())
	if err := h.Board.Renew(ctx); err != nil {
		return nil, err
	}
	h.Transfer = transfer.New(db, j, ids, reg, tasks, h.Placement)
	h.Supplies = supplies.New(db, j, ids, reg, h.Screening, h.Lab)
	h.Contacts = contacts.New(db, j, ids, reg, h.Cases)
	h.Exchange = exchange.New(exchange.Rooms{DB: db, Journal: j, Registry: reg, Screening: h.Screening, Lab: h.Lab, Supplies: h.Supplies, Cases: h.Cases, Contacts: h.Contacts, Wall: wall})
	h.LineList = linelist.New(linelist.Rooms{DB: db, Journal: j, IDs: ids, Registry: reg, Links: linelist.Exposures{}})
	lists := caseLists{h.Cases}
	h.Reconcile = reconcile.New(db, j, ids, reg, tasks, lists)
	h.Worklist = worklist.New(db, j, ids, reg, lists)
	h.Cases.Owned(h.Reconcile)
	reg.Seals(slices.Concat(h.Cases.SealedColumns(), h.Contacts.SealedColumns(), h.Reconcile.SealedColumns(), h.Worklist.SealedColumns(), h.Exchange.SealedColumns())...)
	pages, err := web.New(web.Rooms{House: h, Registry: reg})
	if err != nil {
		return nil, err
	}
	residents, err := my.New(h)
	if err != nil {
		return nil, err
	}
	return &App{House: h, config: c, rules: rules, web: pages, my: residents, failed: make(chan error, 8)}, nil
}

// Consumers are who follows the journal. A positive tube goes down this list: screening holds its members, cases opens a
// case for a person, placement looks for a bed, transfer for the way there; the board shows each of them.
func (a *App) Consumers() []journal.Consumer {
	return []journal.Consumer{a.House.Screening.Consumer(), a.House.Cases.Consumer(), a.House.Placement.Consumer(), a.House.Transfer.Consumer(), a.House.Supplies.Consumer(), a.House.Board.Consumer()}
}

// Handler answers every address: /api/ for programs, /my for residents, everything else for staff.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	residents := a.my.Handler()
	mux.Handle("/api/", api.New(a.House))
	mux.HandleFunc("GET /healthz", watch.Alive)
	mux.HandleFunc("GET /readyz", watch.Ready(a.House))
	mux.Handle("/my", residents)
	mux.Handle("/my/", residents)
	mux.Handle("/", a.web.Handler())
	return mux
}

// Run starts what works behind the doors: consumers, coverage, clocks.
func (a *App) Run(ctx context.Context) {
	ctx, a.stop = context.WithCancel(ctx)
	a.work.Go(func() { a.House.Journal.Run(ctx, a.Consumers()...) })
	a.work.Go(func() { a.patiently(ctx, "coverage", a.House.Screening.Coverage().Run) })
	a.work.Go(func() { a.patiently(ctx, "line list", a.House.LineList.Memory().Run) })
	a.work.Go(func() { a.every(ctx, 2*time.Second, "holds", a.House.Screening.Tick) })
	a.work.Go(func() { a.every(ctx, 2*time.Second, "rounds", a.House.Screening.TickRounds) })
	a.work.Go(func() { a.every(ctx, time.Minute, "laboratories", a.House.Lab.Tick) })
	a.work.Go(func() { a.every(ctx, time.Minute, "supplies", a.House.Supplies.Tick) })
	a.work.Go(func() { a.every(ctx, 2*time.Second, "editions", a.House.Registry.Tick) })
	a.work.Go(func() { a.every(ctx, time.Minute, "lists of others", a.House.Reconcile.Tick) })
	a.work.Go(func() { a.every(ctx, time.Minute, "working lists", a.House.Worklist.Tick) })
	a.work.Go(func() { a.every(ctx, time.Minute, "lists being worked on", a.House.Exchange.TickKept) })
	if a.config.Lists != "" {
		a.work.Go(func() { a.every(ctx, 30*time.Second, "folders of lists", a.WatchLists) })
	}
	a.work.Go(func() { a.every(ctx, time.Hour, "answers", a.forget) })
	a.work.Go(func() { a.every(ctx, time.Hour, "names", a.fileNames) })
	a.work.Go(func() { a.every(ctx, time.Hour, "linkage", a.linkPeople) })
	a.work.Go(func() { a.every(ctx, time.Hour, "visits", a.expireVisits) })
	a.work.Go(func() { a.every(ctx, time.Hour, "second factors", a.House.Access.Reseal) })
	a.work.Go(func() { a.every(ctx, time.Minute, "personal codes", a.House.Registry.LoadCodes) })
	a.work.Go(func() { a.every(ctx, time.Hour, "keys of personal codes", a.House.Registry.ResealCodes) })
	a.work.Go(func() { a.patiently(ctx, "result secrets", a.House.Registry.Secrets().Run) })
	a.work.Go(func() { a.every(ctx, time.Hour, "keys of result secrets", a.House.Registry.ResealSecrets) })
	a.work.Go(func() { a.every(ctx, time.Hour, "heads", a.signDaily) })
	a.work.Go(func() { a.every(ctx, time.Minute, "keys", a.rereadKeys) })
	a.work.Go(func() {
		a.every(ctx, time.Minute, "log", func(context.Context) error { return a.House.DB.Figures().FoldError })
	})
	if a.config.Backups.Dir != "" {
		a.work.Go(func() { a.every(ctx, time.Minute, "backup", a.backUp) })
	}
}

// Start runs everything and listens.
func (a *App) Start(ctx context.Context) error {
	if a.config.BareLog != "" {
		if err := a.divert(a.config.BareLog); err != nil {
			return err
		}
	}
	if err := a.listenAll(); err != nil {
		return err
	}
	if err := errors.Join(a.watch(), a.listenHL7()); err != nil {
		return errors.Join(err, a.closeAll())
	}
	a.Run(ctx)
	a.serveAll()
	return nil
}

// Failed tells when the server can listen no more.
func (a *App) Failed() <-chan error { return a.failed }

// Stop lets requests end, stops what works behind the doors and closes the database.
func (a *App) Stop(ctx context.Context) error {
	err := errors.Join(a.closeHL7(), a.shutAll(ctx))
	a.web.Close()
	a.web.Wait()
	if a.watcher != nil {
		err = errors.Join(err, a.watcher.Shutdown(ctx))
	}
	if a.stop != nil {
		a.stop()
		a.work.Wait()
		a.signAtStop(ctx)
	}
	return errors.Join(err, a.House.DB.Close())
}

// every calls do until ctx ends; a failure is logged and met again at the next turn.
func (a *App) every(ctx context.Context, pause time.Duration, what string, do func(context.Context) error) {
	turn := time.NewTicker(pause)
	defer turn.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.config.Log.Error("a clock's work failed", "what", what, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
	}
}

// patiently starts again what ends before ctx does.
func (a *App) patiently(ctx context.Context, what string, do func(context.Context) error) {
	for ctx.Err() == nil {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.config.Log.Error("a follower stopped and starts again", "what", what, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

// forget drops answers to requests that nobody repeats any more.
func (a *App) forget(ctx context.Context) error {
	return a.House.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := store.ForgetAnswers(tx, tx.Now.Add(-7*24*time.Hour))
		return err
	})
}

// expireVisits deletes visits whose time is over.
func (a *App) expireVisits(ctx context.Context) error {
	_, err := a.House.Registry.ExpireVisits(ctx)
	return err
}

// fileNames puts people who were there before the index of names into it.
func (a *App) fileNames(ctx context.Context) error {
	n, err := a.House.Registry.FileNames(ctx)
	if n > 0 {
		a.config.Log.Info("people were put into the index of names", "people", n)
	}
	return err
}

// linkPeople files people by keys who came before there were any, looks for those of them who are on rolls loaded since, and learns
// the weights by which they are compared; pairs that wait are weighed anew by them.
func (a *App) linkPeople(ctx context.Context) error {
	n, err := a.House.Registry.FileLinks(ctx)
	if n > 0 {
		a.config.Log.Info("people were compared with those who were there before", "people", n)
	}
	if err != nil {
		return err
	}
	if _, err := a.House.Registry.LearnLinks(ctx); err != nil {
		return err
	}
	anew, err := a.House.Registry.ReweighLinks(ctx)
	if anew.Done > 0 {
		a.config.Log.Info("pairs that may be one person were weighed anew", "pairs", anew.Done)
	}
	return err
}

// Protocols lists the installed rule books.
func (a *App) Protocols() []outbreak.Protocol { return a.rules.List() }
