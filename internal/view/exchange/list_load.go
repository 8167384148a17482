package exchange

import (
	"context"

	"breakwater/internal/outbreak"
)

// OutbreakCalled finds an outbreak by name or number; the only one when nothing is said.
func (s *Service) OutbreakCalled(ctx context.Context, by outbreak.Actor, name string) (outbreak.OutbreakID, error) {
	list, err := s.rooms.Registry.ListOutbreaks(ctx, by)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if name != "" && (o.Name == name || o.ID.String() == name) || name == "" && len(list) == 1 {
			return o.ID, nil
		}
	}
	if name == "" {
		return 0, outbreak.Refuse(outbreak.Invalid, "lists.outbreak_missing")
	}
	return 0, outbreak.Refuse(outbreak.Invalid, "exchange.outbreak_unknown")
}

// ImportList takes a list in.
func (s *Service) ImportList(ctx context.Context, by outbreak.Actor, kind Kind, src *Source, o ListOptions) (Report, error) {
	return CheckList(kind, src, o)
}
