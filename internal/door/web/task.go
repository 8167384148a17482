package web

import (
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
)

// tasksPage is the work of everybody, the oldest first.
type tasksPage struct {
	Tasks []task.Task
	Kinds []task.What
	Roles []access.Role
	More  string
}

func (s *Server) readTasks(c *call) (any, error) {
	after, err := outbreak.ParseID[outbreak.TaskID](c.query.Get("after"))
	if err != nil {
		return nil, err
	}
	p := tasksPage{Kinds: task.Kinds(), Roles: access.Roles}
	slices.Sort(p.Kinds)
	f := task.Filter{What: task.What(c.query.Get("what")), Role: access.Role(c.query.Get("role")), Past: c.query.Get("past") != "",
		Ended: c.query.Get("ended") != "", Mine: c.query.Get("mine") != "", After: after, Most: rowsPerPage + 1}
	p.Tasks, err = s.House.Tasks.ListTasks(c.ctx, c.by, f)
	if len(p.Tasks) > rowsPerPage {
		p.Tasks = p.Tasks[:rowsPerPage]
		p.More = c.view.With("after", p.Tasks[rowsPerPage-1].ID)
	}
	return p, err
}

// ByHand tells whether a reader may say that work of a kind is done; work of every other kind ends by what it waits for.
func (tasksPage) ByHand(what task.What) bool { return what.ByHand() }

func aboutTask(c *call, done string, do func(outbreak.TaskID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.TaskID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/tasks?done=" + done, do(id)
}

func (s *Server) takeTask(c *call) (string, error) {
	return aboutTask(c, "taken", func(id outbreak.TaskID) error {
		_, err := s.House.Tasks.TakeTask(c.ctx, c.by, task.TakeTask{Key: c.key(), Task: id})
		return err
	})
}

func (s *Server) endTask(c *call) (string, error) {
	return aboutTask(c, "ended", func(id outbreak.TaskID) error {
		_, err := s.House.Tasks.EndTask(c.ctx, c.by, task.EndTask{Key: c.key(), Task: id, How: task.State(c.form.Get("how")), Note: c.form.Get("note")})
		return err
	})
}
