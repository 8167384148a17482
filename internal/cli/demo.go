package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/drill"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

type demoCmd struct {
	Addr   string  `help:"Address to listen on." default:"127.0.0.1:8300"`
	Data   string  `help:"Folder to keep the data in. Default: a temporary one, removed at the end." placeholder:"DIR"`
	People int     `help:"People of the city." default:"100000"`
	Days   int     `help:"Days, and so rounds, to play." default:"3"`
	Speed  float64 `help:"City seconds per second: 240 plays a day in six minutes. 0: as fast as it goes." default:"240"`
	Seed   uint64  `help:"The same seed gives the same city." default:"1"`
	Exit   bool    `help:"Play one round as fast as it goes, report and exit."`
	JSON   bool    `name:"json" help:"One JSON object on standard output: how to sign in, or with --exit the report."`
	Log    bool    `name:"verbose" short:"v" help:"Log what happens to standard error."`
}

// demoStart is when the city's time begins: 14 March 2022, 08:00 in its time zone.
var demoStart = outbreak.At(time.Date(2022, 3, 14, 0, 0, 0, 0, time.UTC))

// Run starts a house with an embedded database and plays the city's outbreak against its interface.
func (c demoCmd) Run(r *run) error {
	if c.People < 300 || c.People > 2_000_000 || c.Days < 1 {
		return fmt.Errorf("%w: --people takes 300 to 2,000,000 and --days at least 1", errUsage)
	}
	data, tidy, err := c.folder()
	if err != nil {
		return err
	}
	defer tidy()
	clock := outbreak.NewHandClock(demoStart)
	config := site{Data: data, Verbose: c.Log}.config(r)
	config.Addr, config.Clock, config.SecondFactor = c.Addr, clock, access.FactorNone
	if c.Exit {
		config.Addr = "127.0.0.1:0"
	}
	a, err := app.New(r.ctx, config)
	if err != nil {
		return err
	}
	if err := a.Start(r.ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(r.ctx)))
	}
	return c.play(r, a, clock)
}

// folder gives the data folder and how to be rid of it.
func (c demoCmd) folder() (string, func(), error) {
	if c.Data != "" {
		return c.Data, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "breakwater-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	return dir + "/data", func() { _ = os.RemoveAll(dir) }, nil
}

func (c demoCmd) play(r *run, a *app.App, clock *outbreak.HandClock) error {
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 20*time.Second)
		defer cancel()
		return a.Stop(ctx)
	}
	user, password := "demo", newPassword()
	u, err := a.House.Access.Bootstrap(r.ctx, user, password, r.lang)
	if err != nil {
		return errors.Join(err, stop())
	}
	token, err := tokenFor(r.ctx, a, u)
	if err != nil {
		return errors.Join(err, stop())
	}
	if !c.Exit {
		c.greet(r, a.URL(), user, password, token)
	}
	d := drill.Demo{People: c.People, Days: c.Days, Speed: c.Speed, Seed: c.Seed, Clock: clock}
	if c.Exit {
		d.Days, d.Speed = 1, 0
	}
	report, err := d.Play(r.ctx, a, drill.NewClient(a.URL(), token), c.told(r))
	if err != nil {
		if r.ctx.Err() != nil {
			err = nil // the user had enough
		}
		return errors.Join(err, stop())
	}
	if !c.Exit {
		r.say("cli.demo_over")
		return wait(r, a)
	}
	if err := stop(); err != nil {
		return err
	}
	return c.judge(r, report)
}

// greet says where the demo is and how to sign in.
func (c demoCmd) greet(r *run, url, user, password, token string) {
	if c.JSON {
		_ = r.print(map[string]string{"url": url, "user": user, "password": password, "token": token})
	}
	r.say("cli.demo_sign_in", "url", url, "user", user, "password", password)
	r.say("cli.demo_no_factor")
	if c.Data != "" {
		r.say("cli.demo_kept", "data", c.Data)
	}
}

// judge prints the report; a broken invariant is a failed demo.
func (c demoCmd) judge(r *run, report drill.Report) error {
	if c.JSON {
		if err := r.print(report); err != nil {
			return err
		}
	} else {
		e := json.NewEncoder(r.streams.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(report); err != nil {
			return err
		}
	}
	if report.InvariantsViolated > 0 {
		return errFailed
	}
	return nil
}

// told shows how far the demo is.
func (c demoCmd) told(r *run) drill.Told {
	p := progressOn(r.streams.Err)
	last := -1
	return drill.Told{
		Doing: func(what drill.Doing) {
			p.end()
			r.say("cli.demo_" + string(what))
		},
		Loading: func(done, all int) {
			p.show("roll", words.Text(r.lang, "cli.demo_roll", nil), float64(done), float64(all))
			if done == all {
				p.end()
			}
		},
		City: func(s drill.Started) {
			r.say("cli.demo_city", "city", s.City, "people", s.People, "communities", s.Communities, "booths", s.Booths, "labs", s.Labs, "beds", s.Beds, "vehicles", s.Vehicles)
		},
		Round: func(day int, opens, now, until outbreak.Instant) {
			step := int(now.Sub(opens).Minutes()) / 15
			if step == last {
				return
			}
			last = step
			p.show(fmt.Sprint("day ", day), words.Text(r.lang, "cli.demo_round", map[string]any{"day": day, "time": now.Time().Add(8 * time.Hour).Format("15:04")}), now.Sub(opens).Seconds(), until.Sub(opens).Seconds())
			if now.Sub(opens) >= 24*time.Hour-15*time.Minute {
				p.end()
			}
		},
	}
}
