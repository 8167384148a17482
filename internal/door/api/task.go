package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
)

// TaskPath is embedded in the input of a route about one task.
type TaskPath struct {
	Task Ref[outbreak.TaskID] `path:"task"`
}

func taskRoutes(p *plan) {
	tags := []string{"task"}
	route(p, access.TaskRead, huma.Operation{Method: http.MethodGet, Path: "/tasks", Summary: "The work one may see, the oldest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			What  task.What            `query:"what" maxLength:"40"`
			Role  access.Role          `query:"role" maxLength:"40" doc:"Whose work"`
			Past  bool                 `query:"past" doc:"Past its deadline alone"`
			Ended bool                 `query:"ended" doc:"Ended work instead of open work"`
			Mine  bool                 `query:"mine" doc:"What one took oneself"`
			After Ref[outbreak.TaskID] `query:"after"`
		}) (*page[task.Task], error) {
			f := task.Filter{What: in.What, Role: in.Role, Past: in.Past, Ended: in.Ended, Mine: in.Mine, After: in.After.ID, Most: in.Most}
			list, err := p.house.Tasks.ListTasks(ctx, door.ActorOf(ctx), f)
			return paged(list, in.Most, func(t task.Task) string { return t.ID.String() }), err
		})
	route(p, access.TaskWork, huma.Operation{Method: http.MethodPost, Path: "/tasks/{task}/take", Summary: "Take a task", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TaskPath
		}) (*reply[task.Task], error) {
			t, err := p.house.Tasks.TakeTask(ctx, door.ActorOf(ctx), task.TakeTask{Key: in.Key, Task: in.Task.ID})
			return &reply[task.Task]{t}, err
		})
	route(p, access.TaskWork, huma.Operation{Method: http.MethodPost, Path: "/tasks/{task}/end", Summary: "End a task that no fact ends", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TaskPath
			Body struct {
				How  task.State `json:"how" enum:"done,not_executable"`
				Note string     `json:"note,omitempty" maxLength:"500" doc:"What came of it, or what was in the way; without names"`
			}
		}) (*reply[task.Task], error) {
			t, err := p.house.Tasks.EndTask(ctx, door.ActorOf(ctx), task.EndTask{Key: in.Key, Task: in.Task.ID, How: in.Body.How, Note: in.Body.Note})
			return &reply[task.Task]{t}, err
		})
}
