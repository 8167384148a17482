package web

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// callBacksPage is the people whose excusal is checked by a call.
type callBacksPage struct {
	List  []screening.CallBack
	Words []string
	More  string
}

func (s *Server) readCallBacks(c *call) (any, error) {
	anomaly, err := outbreak.ParseID[outbreak.AnomalyID](c.query.Get("anomaly"))
	if err != nil {
		return nil, err
	}
	after, err := outbreak.ParseID[screening.CallBackID](c.query.Get("after"))
	if err != nil {
		return nil, err
	}
	p := callBacksPage{Words: screening.CallBackWords}
	p.List, err = s.House.Screening.ListCallBacks(c.ctx, c.by, anomaly, c.query.Get("done_ones") != "", after, rowsPerPage+1)
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("after", p.List[rowsPerPage-1].ID)
	}
	return p, err
}

func (s *Server) recordCallBack(c *call) (string, error) {
	id, err := outbreak.ParseID[screening.CallBackID](c.path("id"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.RecordCallBack(c.ctx, c.by, screening.RecordCallBack{Key: c.key(), CallBack: id, Found: c.form.Get("found")})
	return "/call-backs?done=called", err
}
