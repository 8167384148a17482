// Package cli holds the commands of breakwater. They are stable: users script them.
//
// Machine-readable output is one JSON object on standard output, everything for people goes to standard error. Exit status:
// 0 done, 1 the work failed, 2 wrong usage or input.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
	"breakwater/protocols"
)

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// grammar is the command line.
type grammar struct {
	Lang string `help:"Language of messages: zh or en. Default: from the environment." enum:",zh,en" default:""`

	Demo      demoCmd      `cmd:"" help:"Play the outbreak of a synthetic city against this program, with an embedded database and no set-up."`
	Serve     serveCmd     `cmd:"" help:"Serve a site."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to date."`
	Doctor    doctorCmd    `cmd:"" help:"Check the invariants of a site and print the protocols in force."`
	Protocol  protocolCmd  `cmd:"" help:"Rule books: list them, read one, compare two."`
	User      userCmd      `cmd:"" help:"Users of a site."`
	Journal   journalCmd   `cmd:"" help:"The record of everything that happened."`
	Key       keyCmd       `cmd:"" help:"The keys that identities are sealed with: rotate, split, join, check."`
	Person    personCmd    `cmd:"" help:"What the law wants done with one person's data."`
	Board     boardCmd     `cmd:"" help:"The backlog board."`
	Import    importCmd    `cmd:"" help:"Take a file in: areas, roster, places, visits, tubes, results, stock, line lists or lists of contacts."`
	Export    exportCmd    `cmd:"" help:"Give rows out: tubes, the line list, stock or journal."`
	Labels    labelsCmd    `cmd:"" help:"Labels to be printed: personal codes, tubes, boxes."`
	Backup    backupCmd    `cmd:"" help:"Write an encrypted backup of a site, running or not."`
	Restore   restoreCmd   `cmd:"" help:"Restore a backup into an empty site, or check it."`
	BackupKey backupKeyCmd `cmd:"" help:"Make the pair of keys that backups are sealed with."`
	Rehearse  rehearseCmd  `cmd:"" help:"Rehearse load and crashes before a real round."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// run is what every command gets.
type run struct {
	ctx     context.Context
	streams Streams
	lang    words.Lang
}

// errUsage is a wrong way to call a command.
var errUsage = errors.New("wrong usage")

// errFailed says that the work failed and everything about it has been printed.
var errFailed = errors.New("failed")

// Main runs one command and gives its exit status.
func Main(ctx context.Context, args []string, streams Streams) int {
	var g grammar
	exit := -1
	parser, err := kong.New(&g, kong.Name("breakwater"), kong.Description("The working system of an outbreak response."),
		kong.Writers(streams.Out, streams.Err), kong.Exit(func(code int) { exit = code }), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(streams.Err, err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit // help was printed
	}
	if err != nil {
		fmt.Fprintln(streams.Err, "breakwater:", err)
		return 2
	}
	r := &run{ctx: ctx, streams: streams, lang: language(g.Lang)}
	return r.status(command.Run(r))
}

// status prints an error for a person and gives the exit status.
func (r *run) status(err error) int {
	var (
		ours *outbreak.Error
		list protocols.Problems
	)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
		return 1
	case errors.As(err, &list):
		for _, p := range list {
			fmt.Fprintf(r.streams.Err, "%s:%d:%d: %s\n", p.File, p.Line, p.Column, words.Text(r.lang, p.Fault.Msg, p.Fault.Slots))
		}
		return 2
	case errors.As(err, &ours):
		fmt.Fprintln(r.streams.Err, "breakwater:", words.Text(r.lang, ours.Msg, ours.Slots))
		if ours.Err != nil {
			fmt.Fprintln(r.streams.Err, "  ", ours.Err)
		}
		if ours.Kind == outbreak.Invalid {
			return 2
		}
		return 1
	}
	fmt.Fprintln(r.streams.Err, "breakwater:", err)
	if errors.Is(err, errUsage) || errors.Is(err, os.ErrNotExist) {
		return 2
	}
	return 1
}

// print writes one JSON object on standard output.
func (r *run) print(v any) error {
	e := json.NewEncoder(r.streams.Out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say writes a line for people.
func (r *run) say(key string, slots ...any) { r.line(r.streams.Err, key, slots) }

func (r *run) line(to io.Writer, key string, slots []any) {
	m := map[string]any{}
	for i := 0; i+1 < len(slots); i += 2 {
		m[fmt.Sprint(slots[i])] = slots[i+1]
	}
	fmt.Fprintln(to, words.Text(r.lang, key, m))
}

// site says which database a command works on.
type site struct {
	Data      string `help:"Folder of the embedded database." default:"breakwater-data" placeholder:"DIR"`
	DB        string `name:"db" help:"PostgreSQL address, instead of the embedded database." placeholder:"postgres://..." env:"BREAKWATER_DB"`
	Key       string `help:"File of the master key. Default: DIR.key beside the data folder." placeholder:"FILE" env:"BREAKWATER_KEY"`
	Protocols string `help:"Folder with the site's own rule books." placeholder:"DIR"`
	Verbose   bool   `help:"Log what happens to standard error." short:"v"`
}

// config turns the flags into the house's configuration.
func (s site) config(r *run) app.Config {
	level := slog.LevelWarn
	if s.Verbose {
		level = slog.LevelInfo
	}
	return app.Config{Data: s.Data, DB: s.DB, Key: s.Key, Protocols: s.Protocols, Version: version(),
		Log: slog.New(slog.NewTextHandler(r.streams.Err, &slog.HandlerOptions{Level: level}))}
}

// open opens the site without starting it; close ends it.
func (s site) open(r *run) (*app.App, func(), error) {
	a, err := app.New(r.ctx, s.config(r))
	if err != nil {
		return nil, nil, err
	}
	return a, func() { _ = a.Stop(context.WithoutCancel(r.ctx)) }, nil
}

// console is who acts on the command line: whoever may read the data folder may do everything, and the journal says so.
func console(p outbreak.Purpose) outbreak.Actor {
	return outbreak.Actor{System: "console", Purpose: p}
}

func language(asked string) words.Lang {
	if asked != "" {
		return words.Lang(asked)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return words.Chinese
			}
			return words.English
		}
	}
	return words.English
}

// version tells which build this is.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += "+" + s.Value[:12]
		}
	}
	return strings.Trim(v, "()")
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(r *run) error {
	_, err := fmt.Fprintln(r.streams.Out, version())
	return err
}
