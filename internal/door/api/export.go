package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/exchange"
)

// totals are the trailers behind rows that went out, for whoever counts again.
var totals = []string{"Breakwater-Rows", "Breakwater-Things", "Breakwater-Digest", "Breakwater-Entry"}

const totalsDoc = "Behind the rows follow the trailers Breakwater-Rows, Breakwater-Things (tubes or entries), Breakwater-Digest (SHA-256 of all bytes, hexadecimal) " +
	"and Breakwater-Entry (the journal entry that says who took them). An answer without them is not whole."

func exportRoutes(p *plan) {
	csv := map[string]*huma.Response{"200": {Description: totalsDoc, Content: map[string]*huma.MediaType{"text/csv": {}}}}
	plainRoute(p, access.ExportRows, huma.Operation{Method: http.MethodGet, Path: "/export/tubes", OperationID: "get-export-tubes", Tags: []string{"files"},
		Summary: "The tubes of rounds as CSV, one row for each member, without names; journalled", Responses: csv,
		Parameters: []*huma.Param{query("round", huma.TypeString, "Empty: every round one may see")}},
		func(w http.ResponseWriter, r *http.Request) error {
			if err := knownQuery(r, "round"); err != nil {
				return err
			}
			round, err := outbreak.ParseID[outbreak.RoundID](r.URL.Query().Get("round"))
			if err != nil {
				return err
			}
			return p.give(w, r, "tubes.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				return p.house.Exchange.ExportTubes(ctx, door.ActorOf(ctx), round, w)
			})
		})
	plainRoute(p, access.ExportRows, huma.Operation{Method: http.MethodGet, Path: "/export/missing", OperationID: "get-export-missing", Tags: []string{"files"},
		Summary: "Who is missing in a round as CSV, with doors and without names; needs outcome.record as well; journalled", Responses: csv,
		Parameters: []*huma.Param{query("round", huma.TypeString, "The round"), query("below", huma.TypeString, "The path of an area; empty: all one may see"),
			query("building", huma.TypeString, "The name of a building; empty: all")}},
		func(w http.ResponseWriter, r *http.Request) error {
			if err := knownQuery(r, "round", "below", "building"); err != nil {
				return err
			}
			q := r.URL.Query()
			round, err := outbreak.ParseID[outbreak.RoundID](q.Get("round"))
			if err != nil {
				return err
			}
			return p.give(w, r, "missing.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				return p.house.Exchange.ExportMissing(ctx, door.ActorOf(ctx), round, screening.MissingFilter{Below: outbreak.Path(q.Get("below")), Building: q.Get("building")}, w)
			})
		})
	plainRoute(p, access.ExportRows, huma.Operation{Method: http.MethodGet, Path: "/export/contacts", OperationID: "get-export-contacts", Tags: []string{"files"},
		Summary: "Who exposed whom as CSV, by codes and without names; needs contact.read as well; journalled", Responses: csv,
		Parameters: []*huma.Param{query("outbreak", huma.TypeString, "The outbreak: name or id; empty: all one may see")}}, p.giveContacts)
	plainRoute(p, access.JournalRead, huma.Operation{Method: http.MethodGet, Path: "/export/journal", OperationID: "get-export-journal", Tags: []string{"files"},
		Summary: "The journal as CSV, oldest first; needs export.rows as well; journalled", Responses: csv,
		Parameters: []*huma.Param{query("after", huma.TypeInteger, "Entries after this one; empty: from the first")}},
		func(w http.ResponseWriter, r *http.Request) error {
			if err := knownQuery(r, "after"); err != nil {
				return err
			}
			var after int64
			if text := r.URL.Query().Get("after"); text != "" {
				var err error
				if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
					return outbreak.Refuse(outbreak.Invalid, "api.wrong_type", "type", huma.TypeInteger)
				}
			}
			return p.give(w, r, "journal.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				return p.house.Exchange.ExportJournal(ctx, door.ActorOf(ctx), after, w)
			})
		})
}

func (p *plan) giveContacts(w http.ResponseWriter, r *http.Request) error {
	if err := knownQuery(r, "outbreak"); err != nil {
		return err
	}
	var ob outbreak.OutbreakID
	if name := r.URL.Query().Get("outbreak"); name != "" {
		var err error
		if ob, err = p.house.Exchange.OutbreakCalled(r.Context(), door.ActorOf(r.Context()), name); err != nil {
			return err
		}
	}
	return p.give(w, r, "contacts.csv", func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
		return p.house.Exchange.ExportContacts(ctx, door.ActorOf(ctx), ob, w)
	})
}

// give streams rows out. A failure before the first row is refused as any other; after it the connection breaks, so that
// nobody takes a part for the whole.
func (p *plan) give(w http.ResponseWriter, r *http.Request, name string, write func(context.Context, io.Writer) (exchange.Exported, error)) error {
	ctx, cancel := atLength(w, r)
	defer cancel()
	out := &rowsOut{w: w, name: name}
	done, err := write(ctx, out)
	if err != nil && !out.begun {
		return err
	}
	if err != nil {
		p.house.Log.ErrorContext(ctx, "an export broke off", "reference", door.ReferenceOf(ctx), "error", err)
		panic(http.ErrAbortHandler)
	}
	for i, text := range []string{strconv.Itoa(done.Rows), strconv.Itoa(done.Things), done.Digest, strconv.FormatInt(done.Seq, 10)} {
		w.Header().Set(totals[i], text)
	}
	return nil
}

// rowsOut begins the answer with the first row, not before: until then it can still be a refusal.
type rowsOut struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (o *rowsOut) Write(b []byte) (int, error) {
	if !o.begun {
		o.begun = true
		attachment(o.w, o.name)
		for _, t := range totals {
			o.w.Header().Add("Trailer", t)
		}
	}
	return o.w.Write(b)
}
