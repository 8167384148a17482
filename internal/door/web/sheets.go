package web

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// sheetsPage is the paper sheets that wait to be keyed, and the form to make one known.
type sheetsPage struct {
	Sheets []screening.Sheet
	Booths []screening.Booth
	Rounds []screening.Round
}

func (s *Server) readSheets(c *call) (any, error) {
	var p sheetsPage
	var err error
	if p.Sheets, err = s.House.Screening.ListSheets(c.ctx, c.by, rowsPerPage); err != nil {
		return nil, err
	}
	if p.Booths, err = s.House.Screening.ListBooths(c.ctx, c.by); err != nil {
		return nil, err
	}
	p.Rounds, err = s.House.Screening.ListRounds(c.ctx, c.by)
	return p, err
}

func (s *Server) openSheet(c *call) (string, error) {
	round, err := outbreak.ParseID[outbreak.RoundID](c.form.Get("round"))
	if err != nil {
		return "", err
	}
	booth, err := outbreak.ParseID[outbreak.BoothID](c.form.Get("booth"))
	if err != nil {
		return "", err
	}
	badge, err := strconv.ParseInt("0"+strings.TrimSpace(c.form.Get("badge")), 10, 64)
	if err != nil {
		return "", refuseField("badge", "screening.sheet_badge", "badge", c.form.Get("badge"))
	}
	x, err := s.House.Screening.OpenSheet(c.ctx, c.by, screening.OpenSheet{Key: c.key(), Round: round, Booth: booth, Name: c.form.Get("name"), Badge: badge})
	if told, is := errors.AsType[*outbreak.Error](err); is && told.Msg == "screening.sheet_badge" {
		err = fieldOf("badge", err)
	}
	return "/sheets/" + x.ID.String(), err
}

// sheetPage is one sheet as its reader may see it.
type sheetPage struct {
	Sheet screening.Sheet
	Day   string
	Lines string // what the reader keyed, as he would key it
}

func (s *Server) readSheet(c *call) (any, error) {
	id, err := outbreak.ParseID[screening.SheetID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := sheetPage{Day: c.view.Now.Time().In(c.view.Zone).Format(time.DateOnly)}
	if p.Sheet, err = s.House.Screening.FindSheet(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, t := range p.Sheet.Mine {
		at := t.Taken.Time().In(c.view.Zone)
		if i == 0 {
			p.Day = at.Format(time.DateOnly)
		}
		b.WriteString(string(t.Tube) + " " + at.Format("15:04") + " " + strconv.Itoa(t.Counted) + " " + strings.Join(t.Members, " ") + "\n")
	}
	p.Lines = b.String()
	if typed := c.view.Typed("lines"); typed != "" {
		p.Day, p.Lines = c.view.Typed("day"), typed
	}
	return p, nil
}

// keySheet reads one line per tube: serial, time of day, swabs, people.
func (s *Server) keySheet(c *call) (string, error) {
	id, err := outbreak.ParseID[screening.SheetID](c.path("id"))
	if err != nil {
		return "", err
	}
	n := screening.KeySheet{Key: c.key(), Sheet: id}
	for i, line := range strings.Split(c.form.Get("lines"), "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r,，、　", r) })
		if len(words) == 0 {
			continue
		}
		if len(words) < 3 {
			return "", refuseField("lines", "screening.sheet_line", "line", i+1)
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", c.form.Get("day")+" "+strings.ReplaceAll(words[1], "：", ":"), c.view.Zone)
		swabs, wrong := strconv.Atoi(words[2])
		if err != nil || wrong != nil {
			return "", refuseField("lines", "screening.sheet_line", "line", i+1)
		}
		n.Tubes = append(n.Tubes, screening.SheetTube{Tube: outbreak.TubeCode(words[0]), Taken: outbreak.At(at), Counted: swabs, Members: words[3:]})
	}
	x, err := s.House.Screening.KeySheet(c.ctx, c.by, n)
	if err != nil {
		return "", err
	}
	switch {
	case x.AgreedAt != 0:
		return "/sheets?done=sheet_agreed", nil
	case len(x.Differences) > 0:
		return "/sheets/" + id.String() + "?done=sheet_differs", nil
	}
	return "/sheets/" + id.String() + "?done=sheet_keyed", nil
}
