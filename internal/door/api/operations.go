package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

const (
	mostInflated  = 1 << 20 // bytes of one upload, inflated: a few thousand tubes would fit, so that mostOperations is met first
	mostOperation = 200     // operations of one upload
)

// operationsRoute is where the devices of sampling points hand in. It is no JSON document of the library's: what a whole province
// sends in a day goes through here.
func operationsRoute(p *plan) {
	op := huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/operations", OperationID: "post-operations", Tags: screeningTag,
		Summary:      "Hand in what a sampling point's device recorded: one JSON document, or lines of JSON, plain or gzip",
		Description:  operationsText,
		MaxBodyBytes: mostInflated,
		Parameters:   []*huma.Param{{Name: "round", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		RequestBody:  &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {}, "application/x-ndjson": {}}},
	}
	plainRoute(p, access.TubeClose, op, p.operations)
}

const operationsText = `A document is {"booth", "sent", "ops": [...]}; in lines, the first is {"booth", "sent"} and each further one an operation:
{"op": 1311768, "tube": "T0001", "taken": 1647216000000, "counted": 10, "members": ["04G...", 1234, [1235, 40, 2]]}.
op is made on the device: device number * 2^24 + a counter from 1. taken and sent are milliseconds since 1970 by the device's clock. A member is a
personal code, a number that was typed, or [code or number, seconds after taken, flags]. kind is close (left out), add (more members) or amend with
"amends", "reason" and "by"; "paper": true when keyed from a sheet. The same operation again changes nothing. The answer comes when everything is on
disk: acked_upto is the counter up to which nothing of the device is missing, and only what does not simply stand is listed. 503 with Retry-After: keep
everything and come back.`

// uploads are read into buffers that are used again.
var uploads = sync.Pool{New: func() any { return new(upload) }}

type upload struct {
	body bytes.Buffer
	gzip gzip.Reader
	read bufio.Reader
	text bytes.Buffer
}

func (p *plan) operations(w http.ResponseWriter, r *http.Request) error {
	began := p.house.Wall.Now()
	var round outbreak.RoundID
	if err := round.UnmarshalText([]byte(r.PathValue("round"))); err != nil {
		return outbreak.Refuse(outbreak.NotFound, "screening.no_round")
	}
	intake := p.house.Screening.Intake()
	leave, err := intake.Admit(max(r.ContentLength, 1<<10)) // before the body is read
	if err != nil {
		return err
	}
	defer leave()
	u := uploads.Get().(*upload)
	defer uploads.Put(u)
	body, err := u.receive(r)
	if err != nil {
		return err
	}
	in := incomingOps{codes: p.house.Registry}
	if err := in.parse(body, lines(r)); err != nil {
		return err
	}
	in.correct(began)
	ctx := r.Context()
	if err := p.house.Screening.Take(ctx, door.ActorOf(ctx), round, in.booth, in.ops); err != nil {
		return err
	}
	return u.answer(w, in, intake.Acked(in.device), p.house.Wall.Now())
}

// lines tells that a body comes in lines.
func lines(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-ndjson"
}

// receive reads a body, inflated, into memory that is used again.
func (u *upload) receive(r *http.Request) ([]byte, error) {
	u.body.Reset()
	var from io.Reader = r.Body
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		u.read.Reset(r.Body)
		if err := u.gzip.Reset(&u.read); err != nil {
			return nil, outbreak.Refuse(outbreak.Invalid, "api.gzip")
		}
		from = &u.gzip
	default:
		return nil, outbreak.Refuse(outbreak.Invalid, "api.not_listed", "list", "gzip")
	}
	n, err := u.body.ReadFrom(io.LimitReader(from, mostInflated+1))
	switch {
	case n > mostInflated:
		return nil, outbreak.Refuse(outbreak.Invalid, "api.upload_large", "most", mostInflated>>20)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return nil, outbreak.Refuse(outbreak.Invalid, "api.gzip")
	case err != nil:
		return nil, incoming(err)
	}
	return u.body.Bytes(), nil
}

// answer says what became of the operations; of those that simply stand, how many.
func (u *upload) answer(w http.ResponseWriter, in incomingOps, acked int64, now outbreak.Instant) error {
	stored, already := 0, 0
	b := &u.text
	b.Reset()
	b.WriteString(`{"acked_upto":`)
	b.WriteString(strconv.FormatInt(acked, 10))
	b.WriteString(`,"now":`)
	b.WriteString(strconv.FormatInt(int64(now), 10))
	b.WriteString(`,"odd":[`)
	first := true
	for _, o := range in.ops {
		status, odd := o.Status()
		switch status {
		case screening.Stored:
			stored++
		default:
			already++
		}
		if status != screening.Conflict && len(odd) == 0 {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`{"op":` + strconv.FormatInt(o.Op, 10) + `,"tube":` + strconv.Quote(string(o.Tube)) + `,"status":"` + string(status) + `","anomalies":["`)
		b.WriteString(strings.Join(odd, `","`) + `"]}`)
	}
	b.WriteString(`],"stored":` + strconv.Itoa(stored) + `,"already":` + strconv.Itoa(already) + "}\n")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // a sender who has left sends again
	return nil
}

// correct turns the device's times into the house's: the clock of the device was ahead by the difference between when it says
// it sent and when this came. A difference that the way explains is none.
func (in *incomingOps) correct(now outbreak.Instant) {
	if in.sent == 0 {
		return
	}
	ahead := time.Duration(in.sent-now) * time.Millisecond
	if ahead.Abs() <= outbreak.Drift {
		return
	}
	for _, o := range in.ops {
		o.Skew = ahead
		o.Taken -= outbreak.Instant(ahead.Milliseconds())
	}
}
