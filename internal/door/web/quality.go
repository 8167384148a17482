package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// qualityPage is how well the swabs of a round were taken, point by point or device by device.
type qualityPage struct {
	screening.RoundQuality
	Rows  []screening.SwabQuality
	By    string // device, sampler; empty: point
	More  string
	Booth outbreak.BoothID // whose invalid tubes are listed
	Tubes []screening.Tube
}

func (s *Server) readQuality(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := qualityPage{By: qualityBy(c)}
	if p.Booth, err = outbreak.ParseID[outbreak.BoothID](c.query.Get("booth")); err != nil {
		return nil, err
	}
	if p.RoundQuality, err = s.House.Screening.ListSwabQuality(c.ctx, c.by, id, p.By); err != nil {
		return nil, err
	}
	from, _ := strconv.Atoi(c.query.Get("after")) // no number: from the first
	p.Rows = p.RoundQuality.Rows[max(min(from, len(p.RoundQuality.Rows)), 0):]
	if len(p.Rows) > rowsPerPage {
		p.Rows = p.Rows[:rowsPerPage]
		p.More = c.view.With("after", from+rowsPerPage)
	}
	if p.Booth != 0 {
		p.Tubes, err = s.House.Screening.ListInvalid(c.ctx, c.by, id, p.Booth)
	}
	return p, err
}

// qualityBy is whose swabs the address asks for.
func qualityBy(c *call) string {
	if by := c.query.Get("by"); by == screening.QualityByDevice || by == screening.QualityBySampler {
		return by
	}
	return screening.QualityByPoint
}

// giveQuality sends the figures as a file. Those of samplers are for whoever runs the round alone, as on the page.
func (s *Server) giveQuality(w http.ResponseWriter, _ *http.Request, c *call) error {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return err
	}
	q, err := s.House.Screening.ListSwabQuality(c.ctx, c.by, id, qualityBy(c))
	if err != nil {
		return err
	}
	attachment(w, "swabs.csv")
	out := csv.NewWriter(w)
	_ = out.Write([]string{"booth", "name", "area", "device", "sampler", "who", "tested", "invalid", "share", "lower", "upper", "wells", "no_human_gene", "mean_ct", "poor"})
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
	for _, x := range q.Rows {
		_ = out.Write([]string{x.Booth.ID.String(), cell(x.Booth.Name), string(x.Booth.Area), fmt.Sprint(x.Device), fmt.Sprint(x.Sampler), cell(x.Name), fmt.Sprint(x.Tested), fmt.Sprint(x.Invalid),
			number(x.Share), number(x.Lower), number(x.Upper), fmt.Sprint(x.Wells), fmt.Sprint(x.None), number(x.Mean), x.Poor})
	}
	out.Flush() // who left needs no answer
	return nil
}

// cell keeps a spreadsheet from reading what somebody typed as a formula.
func cell(text string) string {
	if text != "" && (text[0] == '=' || text[0] == '+' || text[0] == '-' || text[0] == '@' || text[0] == '\t' || text[0] == '\r') {
		return "'" + text
	}
	return text
}

// Ct writes cycles.
func (v *View) Ct(cycles float64) string { return strconv.FormatFloat(cycles, 'f', 1, 64) }
