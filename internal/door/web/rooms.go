package web

import (
	"breakwater/internal/door"
	"breakwater/internal/ledger/registry"
)

// Rooms are what the pages show: the house, and one service per capability. Only app makes one.
type Rooms struct {
	House    door.House
	Registry *registry.Service
}
