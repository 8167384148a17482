package outbreak

// ListViewSaved says that somebody keeps a view of the line list, and with whom it is shared.
type ListViewSaved struct {
	Scope
	View ViewID `json:"view"`
	Role string `json:"role,omitempty"` // empty: with nobody
}

// ListViewDropped says that a kept view was taken away.
type ListViewDropped struct {
	Scope
	View ViewID `json:"view"`
}

func (ListViewSaved) Kind() string   { return "ListViewSaved" }
func (ListViewDropped) Kind() string { return "ListViewDropped" }
