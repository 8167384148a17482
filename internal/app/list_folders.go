package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/view/exchange"
)

// asideFolder is where files go that could not be read, inside the folder of their party.
const asideFolder = "set-aside"

// quiet is how long a file must not have been written to: who copies it in may not be through.
const quiet = 5 * time.Second

// WatchLists takes in what parties' systems put into their folders. A file that was seen before is nothing new; one that cannot be
// read is moved aside, with its reason on the party's page and somebody asked to look at it.
func (a *App) WatchLists(ctx context.Context) error {
	parties, seen, err := a.House.Reconcile.Watched(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range parties {
		faults = append(faults, a.watchFolder(ctx, p, filepath.Join(a.config.Lists, p.Folder), seen[p.Code]))
	}
	return errors.Join(faults...)
}

func (a *App) watchFolder(ctx context.Context, p reconcile.Party, dir string, seen map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("looking into the folder of a party: %w", err)
	}
	type file struct {
		name string
		at   time.Time
	}
	var files []file
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") && info.Size() > 0 && a.config.Wall.Now().Time().Sub(info.ModTime()) >= quiet {
			files = append(files, file{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(x, y file) int { return x.at.Compare(y.at) }) // the newest is compared last
	for _, f := range files {
		if err := a.takeFile(ctx, p, dir, f.name, seen); err != nil {
			return err
		}
	}
	return nil
}

// takeFile takes in one file, unless its contents were seen before.
func (a *App) takeFile(ctx context.Context, p reconcile.Party, dir, name string, seen map[string]bool) error {
	path := filepath.Join(dir, name)
	digest, err := digestOfFile(path)
	if err != nil || seen[digest] {
		return err
	}
	by := outbreak.SystemActor("reconcile")
	l, err := a.readList(ctx, by, p, path, name)
	if kind := outbreak.KindOf(err); err != nil && (kind == outbreak.Internal || kind == outbreak.Busy) {
		return err // of the house, not of the file: at the next turn
	}
	if err == nil {
		return a.House.Reconcile.Seen(ctx, by, l)
	}
	if err := a.House.Reconcile.SetAside(ctx, by, reconcile.SetAside{Party: p.Code, Name: name, Digest: digest, Why: err}); err != nil {
		return err
	}
	aside := filepath.Join(dir, asideFolder)
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("making the folder for files set aside: %w", err)
	}
	if err := os.Rename(path, filepath.Join(aside, name)); err != nil {
		return fmt.Errorf("setting a file aside: %w", err)
	}
	return nil
}

func (a *App) readList(ctx context.Context, by outbreak.Actor, p reconcile.Party, path, name string) (l reconcile.PartyList, err error) {
	f, err := os.Open(path)
	if err != nil {
		return l, fmt.Errorf("opening a list: %w", err)
	}
	defer f.Close()
	sheet, err := exchange.ReadSheet(f)
	if err != nil {
		return l, err
	}
	if l, err = a.House.Reconcile.LoadList(ctx, by, reconcile.LoadList{Party: p.Code, Name: name, Digest: sheet.Digest, Rows: sheet.Rows}); err != nil {
		return l, err
	}
	_, err = a.House.Reconcile.Compare(ctx, by, reconcile.Compare{Party: p.Code})
	return l, err
}

func digestOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("opening a list: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("reading a list: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
