package web

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// doorsPage is the door sheets of a round: how many are out, and where one that came back is typed in.
type doorsPage struct {
	Round  screening.Round
	Sheets []screening.DoorSheet
	Counts screening.DoorCounts
	States []string
	More   string
}

func (s *Server) readDoors(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := doorsPage{States: []string{screening.SheetOut, screening.SheetBack, screening.SheetLost}}
	st, err := s.House.Screening.FindRound(c.ctx, c.by, id, "")
	if err != nil {
		return nil, err
	}
	p.Round = st.Round
	p.Sheets, p.Counts, err = s.House.Screening.ListDoorSheets(c.ctx, c.by, screening.DoorFilter{Round: id, State: c.query.Get("state"), After: screening.DoorNumber(c.query.Get("after")), Most: rowsPerPage + 1})
	if len(p.Sheets) > rowsPerPage {
		p.Sheets = p.Sheets[:rowsPerPage]
		p.More = c.view.With("after", p.Sheets[rowsPerPage-1].Number)
	}
	return p, err
}

// findDoor opens the sheet whose number somebody typed.
func (s *Server) findDoor(c *call) (string, error) {
	list, err := s.House.Screening.FindDoorSheets(c.ctx, c.by, []screening.DoorNumber{screening.DoorNumber(c.form.Get("number"))})
	if err != nil {
		return "", err
	}
	return "/doors/" + string(list[0].Number), nil
}

// doorSheetPage is one sheet, to be filled in from the paper.
type doorSheetPage struct {
	Sheet screening.DoorSheet
	Words []string
}

func (s *Server) readDoor(c *call) (any, error) {
	list, err := s.House.Screening.FindDoorSheets(c.ctx, c.by, []screening.DoorNumber{screening.DoorNumber(c.path("id"))})
	if err != nil {
		return nil, err
	}
	return doorSheetPage{Sheet: list[0], Words: screening.DoorWords}, nil
}

// Line names a field of a line.
func (doorSheetPage) Line(name string, line int) string { return name + "-" + strconv.Itoa(line) }

// fillDoor reads what was chosen for the lines of a sheet; a line left as it was says nothing new.
func (s *Server) fillDoor(c *call) (string, error) {
	n := screening.FillDoorSheet{Key: c.key(), Sheet: screening.DoorNumber(c.path("id")), Back: c.form.Get("back") != ""}
	at, err := c.moment("at")
	if err != nil {
		return "", err
	}
	for field, values := range c.form {
		line, is := strings.CutPrefix(field, "said-")
		if !is || values[0] == "" {
			continue
		}
		i, err := strconv.Atoi(line)
		if err != nil {
			return "", outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
		}
		if values[0] == c.form.Get("was-"+line) && c.form.Get("reason-"+line) == c.form.Get("because-"+line) {
			continue
		}
		n.Items = append(n.Items, screening.DoorSaid{Line: i, Said: values[0], Reason: c.form.Get("reason-" + line), At: at})
	}
	slices.SortFunc(n.Items, func(a, b screening.DoorSaid) int { return a.Line - b.Line }) // the same form is the same command
	d, err := s.House.Screening.FillDoorSheet(c.ctx, c.by, n)
	done := "door_filled"
	if n.Back {
		done = "door_back"
	}
	return "/doors/" + string(d.Number) + "?done=" + done, err
}

func (s *Server) loseDoor(c *call) (string, error) {
	d, err := s.House.Screening.LoseDoorSheet(c.ctx, c.by, screening.LoseDoorSheet{Key: c.key(), Sheet: screening.DoorNumber(c.path("id")), Reason: c.form.Get("reason")})
	return "/doors/" + string(d.Number) + "?done=door_lost", err
}

// doorPrintPage is sheets as they are printed, each on a page of its own.
type doorPrintPage struct {
	Sheets []screening.DoorSheet
	Words  []string
}

func (s *Server) readDoorPrint(c *call) (any, error) {
	var numbers []screening.DoorNumber
	for _, n := range strings.Split(c.query.Get("sheets"), ",") {
		if n != "" {
			numbers = append(numbers, screening.DoorNumber(n))
		}
	}
	list, err := s.House.Screening.FindDoorSheets(c.ctx, c.by, numbers)
	return doorPrintPage{Sheets: list, Words: screening.DoorWords}, err
}
