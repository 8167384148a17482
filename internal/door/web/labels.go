package web

import (
	"bytes"
	"net/http"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/label"
)

// labelsPage is what is printed, and where serials of tubes are.
type labelsPage struct {
	Runs          []screening.SerialRun
	Boxes         []registry.Box
	Booths        []screening.Booth
	Outbreaks     []outbreakChoice
	CodeAt        []areaChoice // where the reader may print personal codes; nil: nowhere
	BoxAt         []areaChoice // where he may make serials
	Issues        bool         // he may hand serials out
	Purposes      []outbreak.Purpose
	Ends          []string
	People, Tubes []label.Format
	Labels        []label.Format // of boxes
	Full          bool
}

// mostRuns is how many runs are shown: each is counted anew.
const mostRuns = 60

func (s *Server) readLabels(c *call) (any, error) {
	p := labelsPage{Purposes: outbreak.Purposes, Ends: screening.SerialEnds, Issues: access.Anywhere(c.by, access.SerialIssue),
		People: label.FormatsFor(label.Person), Tubes: label.FormatsFor(label.Tube), Labels: label.FormatsFor(label.Box)}
	booth, err := outbreak.ParseID[outbreak.BoothID](c.query.Get("booth"))
	if err != nil {
		return nil, err
	}
	if p.Runs, err = s.House.Screening.ListSerials(c.ctx, c.by, screening.SerialFilter{Booth: booth, Most: mostRuns}); err != nil {
		return nil, err
	}
	p.Full = len(p.Runs) == mostRuns
	if p.Boxes, err = s.Registry.ListBoxes(c.ctx, c.by, mostRuns); err != nil {
		return nil, err
	}
	if p.Booths, err = s.House.Screening.ListBooths(c.ctx, c.by); err != nil {
		return nil, err
	}
	for may, into := range map[access.Permission]*[]areaChoice{access.CodePrint: &p.CodeAt, access.AreaManage: &p.BoxAt} {
		if !access.Anywhere(c.by, may) {
			continue
		}
		if *into, err = s.namedAreas(c, may); err != nil {
			return nil, err
		}
	}
	p.Outbreaks, err = s.outbreakChoices(c)
	return p, err
}

// Size is how many serials a box has; 0 when they do not count.
func (labelsPage) Size(b registry.Box) int {
	n, ok := b.First.Until(b.Last, b.Checked)
	if !ok {
		return 0
	}
	return n + 1
}

func (s *Server) makeBox(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	n := registry.MakeBox{Key: c.key(), Prefix: c.form.Get("prefix"), Area: outbreak.Path(c.form.Get("area")).Code(), Outbreak: ob}
	n.Count, _ = strconv.Atoi(c.form.Get("count")) // no number is none, and refused
	_, err = s.Registry.MakeBox(c.ctx, c.by, n)
	return "/labels?done=box_made", err
}

func (s *Server) issueSerials(c *call) (string, error) {
	booth, err := outbreak.ParseID[outbreak.BoothID](c.form.Get("booth"))
	if err != nil {
		return "", err
	}
	n := screening.IssueSerials{Key: c.key(), Booth: booth, First: outbreak.TubeCode(c.form.Get("first"))}
	n.Device, _ = strconv.ParseInt(c.form.Get("device"), 10, 64) // none: to the point
	if n.Count, err = strconv.Atoi(c.form.Get("count")); err != nil || n.Count < 1 {
		return "", refuseField("run-count", "registry.serial_count", "most", 100_000)
	}
	_, err = s.House.Screening.IssueSerials(c.ctx, c.by, n)
	return "/labels?done=serials_issued", err
}

func (s *Server) endSerials(c *call) (string, error) {
	run, err := strconv.ParseInt(c.path("run"), 10, 64)
	if err != nil {
		return "", outbreak.Refuse(outbreak.NotFound, "screening.no_serials")
	}
	_, err = s.House.Screening.EndSerials(c.ctx, c.by, screening.EndSerials{Key: c.key(), Run: run, How: c.form.Get("how"), From: outbreak.TubeCode(c.form.Get("from"))})
	return "/labels?done=serials_ended", err
}

// giveSerialLabels sends the labels of a run of serials: they are about nobody, and may stand in an address.
func (s *Server) giveSerialLabels(w http.ResponseWriter, _ *http.Request, c *call) error {
	d, err := s.House.SerialLabels(c.ctx, c.by, c.query.Get("kind"), outbreak.TubeCode(c.query.Get("first")), outbreak.TubeCode(c.query.Get("last")), c.query.Get("format"), c.view.Lang)
	if err != nil {
		return err
	}
	return s.sendLabels(w, c, d)
}

// givePeopleLabels sends personal codes: they are in this answer alone, and at no address.
func (s *Server) givePeopleLabels(w http.ResponseWriter, _ *http.Request, c *call) error {
	by, err := forPurpose(c)
	if err != nil {
		return err
	}
	n := registry.GiveCodes{Below: outbreak.Path(c.form.Get("area")), Building: c.form.Get("building"), Door: c.form.Get("door")}
	n.After, _ = strconv.ParseInt(c.form.Get("after"), 10, 64) // none: from the first
	d, _, err := s.House.PeopleLabels(c.ctx, by, n, c.form.Get("format"), c.view.Lang)
	if err != nil {
		return err
	}
	return s.sendLabels(w, c, d)
}

func (s *Server) sendLabels(w http.ResponseWriter, c *call, d label.Document) error {
	d.Style, d.Script, d.Print = s.asset("labels.css"), s.asset("labels.js"), c.view.T("labels.print")
	d.Back, d.BackTo = c.view.T("labels.back"), "/labels"
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		return err
	}
	send(w, c, http.StatusOK, b.Bytes())
	return nil
}

// codePage is one person's code on a screen: the form, or the code in its answer.
type codePage struct {
	Person   outbreak.PersonID
	Purposes []outbreak.Purpose
	Given    *registry.PersonalCode
	Groups   []string
	QR       label.Square
}

func (s *Server) readCode(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := codePage{Person: id, Purposes: outbreak.Purposes}
	if given, ok := c.remind.(registry.PersonalCode); ok {
		p.Given, p.Groups = &given, label.Groups(given.Code)
		p.QR, err = label.QR(given.Code)
	}
	return p, err
}

// showCode shows a person's code in its own answer, for the purpose that was named.
func (s *Server) showCode(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	given, err := s.Registry.GiveCode(c.ctx, by, id)
	if err != nil {
		return "", err
	}
	c.remind, c.form = given, nil
	return "", nil
}
