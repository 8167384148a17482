package board

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// flows are the steps at which tubes wait, and what screening calls them.
var flows = map[screening.Flow]Step{screening.InTransit: Transit, screening.InTesting: Testing}

// tubes turns the filter into screening's; false when it asks for another step.
func (f Filter) tubes(by outbreak.Actor) (screening.TubeFilter, bool) {
	t := screening.TubeFilter{Past: f.Past, Since: f.Since, After: outbreak.TubeCode(f.After), Most: f.Most, See: func(sc outbreak.Scope) bool {
		return f.Below.Contains(sc.Area) && (f.Outbreak == 0 || f.Outbreak == sc.Outbreak) && access.Can(by, access.BoardRead, sc)
	}}
	for flow, step := range flows {
		if step == f.Step {
			t.Flow = flow
		}
	}
	return t, f.Step == "" || t.Flow != ""
}

func (s *Service) countTubes(ctx context.Context, by outbreak.Actor, f Filter) (map[Step]screening.TubeQueue, error) {
	queues := map[Step]screening.TubeQueue{}
	filter, asked := f.tubes(by)
	if !asked {
		return queues, nil
	}
	found, err := s.tubes.TubesWaiting(ctx, filter)
	for flow, q := range found {
		queues[flows[flow]] = q
	}
	return queues, err
}

func (s *Service) listTubes(ctx context.Context, by outbreak.Actor, f Filter) (rows []Row, err error) {
	filter, asked := f.tubes(by)
	if !asked {
		return nil, nil
	}
	found, err := s.tubes.ListTubesWaiting(ctx, filter)
	for _, t := range found {
		rows = append(rows, Row{Step: flows[t.Flow], Key: string(t.Tube), Outbreak: t.Outbreak, Area: t.Area, Subject: outbreak.Ref{Kind: "tube", ID: string(t.Tube)}, Since: t.Since, Due: t.Due})
	}
	return rows, err
}
