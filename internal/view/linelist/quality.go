package linelist

import "breakwater/internal/engine/columns"

func checkNames() []string { return nil }

func (p picture) keepFound(*columns.Set, Condition) {}
