package watch

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/view/board"
)

// house gives the figures of a house at the moment they are asked for.
type house struct{ door.House }

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("breakwater_"+name, help, labels, nil)
}

var (
	build      = figure("build_info", "The version that runs, and the database it runs on.", "version", "database")
	up         = figure("database_up", "1 while the database can be read.")
	stopped    = figure("writing_stopped", "1 when the disk failed and nothing is taken in until the program is started again.")
	queued     = figure("writers_waiting", "Closures that wait to be written.")
	refused    = figure("writers_refused_total", "Closures sent away because the queue was full.")
	commits    = figure("commit_seconds", "Time of a commit, from its beginning to the disk.")
	closures   = figure("closures_total", "Closures written; divided by the commits it is how many share one.")
	largest    = figure("commit_closures_largest", "The most closures that shared a commit since the start.")
	size       = figure("database_bytes", "Size of the database.")
	wal        = figure("wal_bytes", "Size of the write-ahead log of an embedded database.")
	folds      = figure("wal_folds_total", "How often the write-ahead log of an embedded database was to be folded back into it.")
	unfolded   = figure("wal_folds_failed_total", "How often that failed: the log grows until the disk is full.")
	unfoldedBy = figure("wal_behind_seconds", "Since the write-ahead log was last folded back whole.")
	head       = figure("journal_head", "Sequence of the journal's last entry.")
	behind     = figure("consumer_behind", "Entries a follower of the journal has not looked at.", "consumer")
	parked     = figure("parked_entries", "Entries a follower put aside: what should have followed is missing.")
	waiting    = figure("board_waiting", "Things that wait at a step of the response.", "step")
	past       = figure("board_past_deadline", "Of them, past their deadline.", "step")
	oldest     = figure("board_oldest_seconds", "How long the oldest of them waits.", "step")
	backedUp   = figure("backup_age_seconds", "Since the last backup made by the program; -1: none so far.")
	pairs      = figure("duplicates_waiting", "Pairs of codes that may be one person, or of one household, and wait for a decision.")
	pairsSince = figure("duplicates_oldest_seconds", "How long the oldest of them waits.")
	listed     = figure("linelist_rows", "Cases of the line list in memory.")
	listBytes  = figure("linelist_bytes", "What they take there.")
	listBehind = figure("linelist_behind", "Journal entries the line list has not seen.")
	expected   = figure("lists_expected", "Other parties whose lists are expected in a rhythm.")
	overdue    = figure("lists_silent", "Of them, those whose list is overdue.")
	differing  = figure("differences_open", "Differences between the lists of others and the cases that nobody decided.")
	lookFailed = figure("look_failed", "1 when a part of these figures could not be read.")
)

// Describe tells nothing beforehand: what there is depends on the house.
func (h house) Describe(chan<- *prometheus.Desc) {}

// Collect looks at the house.
func (h house) Collect(out chan<- prometheus.Metric) {
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(build, 1, h.Version, string(h.DB.Engine()))
	gauge(stopped, one(h.DB.Fault() != nil))
	f := h.DB.Figures()
	gauge(queued, float64(f.Waiting))
	counter(refused, float64(f.Refused))
	counter(closures, float64(f.Closures))
	gauge(largest, float64(f.Largest))
	counter(folds, float64(f.Folds))
	counter(unfolded, float64(f.FoldsFailed))
	gauge(unfoldedBy, f.Behind.Seconds())
	within := map[float64]uint64{}
	for i, most := range store.Bounds {
		within[most.Seconds()] = uint64(f.Within[i])
	}
	out <- prometheus.MustNewConstHistogram(commits, uint64(f.Commits), f.Busy.Seconds(), within)

	h.intake(out)

	at, lags, err := h.Journal.Behind(ctx)
	gauge(up, one(err == nil))
	failed := err != nil
	if err == nil {
		gauge(head, float64(at))
		if h.LineList != nil {
			f := h.LineList.Memory().Figures()
			gauge(listed, float64(f.Rows))
			gauge(listBytes, float64(f.Bytes))
			gauge(listBehind, float64(max(at-f.Seq, 0)))
		}
		for name, n := range lags {
			gauge(behind, float64(n), name)
		}
	}
	if sizes, err := h.DB.Sizes(ctx); err == nil {
		gauge(size, float64(sizes.Database))
		gauge(wal, float64(sizes.WAL))
	} else {
		failed = true
	}
	if err := h.DB.Read(ctx, func(tx *store.Tx) error {
		list, err := journal.ListParked(tx)
		if err != nil {
			return err
		}
		gauge(parked, float64(len(list)))
		alike, since, err := registry.CountDuplicates(tx)
		if err != nil {
			return err
		}
		gauge(pairs, float64(alike))
		gauge(pairsSince, ageOf(tx.Now, since))
		last, err := journal.LastAbout(tx, outbreak.Backups)
		if err != nil {
			return err
		}
		age := -1.0
		if last != 0 {
			age = tx.Now.Sub(last).Seconds()
		}
		gauge(backedUp, age)
		return nil
	}); err != nil {
		failed = true
	}
	watcher := outbreak.Actor{System: "watch", Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}}}
	if b, err := h.Board.Backlog(ctx, watcher, board.Filter{}); err == nil {
		for _, l := range b.Lines {
			gauge(waiting, float64(l.Waiting), string(l.Step))
			gauge(past, float64(l.Past), string(l.Step))
			age := 0.0
			if l.Waiting > 0 {
				age = b.Now.Sub(l.Oldest).Seconds()
			}
			gauge(oldest, age, string(l.Step))
		}
	} else {
		failed = true
	}
	if w, err := h.Reconcile.Count(ctx); err == nil {
		gauge(expected, float64(w.Parties))
		gauge(overdue, float64(w.Silent))
		gauge(differing, float64(w.Open))
	} else {
		failed = true
	}
	failed = !h.sampling(ctx, watcher, out) || failed
	gauge(lookFailed, one(failed))
}

// ageOf is how long ago something was; 0 when it was not.
func ageOf(now, since outbreak.Instant) float64 {
	if since == 0 {
		return 0
	}
	return now.Sub(since).Seconds()
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
