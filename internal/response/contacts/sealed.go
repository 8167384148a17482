package contacts

import "breakwater/internal/ledger/registry"

// SealedColumns are the columns in which this room seals what files say of links beyond our fields.
func (s *Service) SealedColumns() []registry.SealedColumn {
	return []registry.SealedColumn{s.registry.SealedAbout("contact_link", "sealed",
		"select id, to_person, sealed from contact_link where id > $1 and sealed is not null order by id limit $2")}
}
