package cases

import "breakwater/internal/ledger/registry"

// SealedColumns are the columns in which this room seals what files say of cases beyond our fields.
func (s *Service) SealedColumns() []registry.SealedColumn {
	return []registry.SealedColumn{s.registry.SealedAbout("case_more", "sealed",
		"select m.case_id, f.person, m.sealed from case_more m join case_file f on f.id = m.case_id where m.case_id > $1 order by m.case_id limit $2")}
}
